import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { ListReport } from "#evidence/dnsbl/list-watch.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { ListFigures, type ListsTold, tellOfLists } from "./list-figures.ts";

function report(changes: Partial<ListReport> = {}): ListReport {
  const numbers = { listed: 1, clean: 3, unusable: 0, judged: 1, disagreed: 0 };
  const rates = { hitRate: 0.25, disagreement: 0 };
  const about = { list: "zen", title: "ZEN", zone: "zen.test", state: "healthy" } as const;
  return { ...about, ...numbers, ...rates, lastAtMs: 1000, lastAnswer: "clean", ...changes };
}

suite("how the lists are, of all fronts together", () => {
  test("numbers add up, the worst state and the latest answer are shown", () => {
    const figures = new ListFigures(new FakeClock());
    figures.heard({ front: "a", lists: [report()] });
    figures.heard({
      front: "b",
      lists: [
        report({ state: "refuses-us", listed: 3, clean: 1, disagreed: 1, lastAtMs: 5000, lastAnswer: "127.0.0.2" }),
      ],
    });
    const [zen, ...others] = figures.report();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [zen?.state, zen?.listed, zen?.clean, zen?.hitRate, zen?.disagreement, zen?.lastAnswer],
      ["refuses-us", 4, 4, 0.5, 0.5, "127.0.0.2"],
    );
  });

  test("a front that tells again replaces what it told; one that is gone is forgotten", () => {
    const clock = new FakeClock();
    const figures = new ListFigures(clock);
    figures.heard({ front: "old", lists: [report()] });
    figures.heard({ front: "old", lists: [report({ listed: 2 })] });
    assert.equal(figures.report()[0]?.listed, 2);
    clock.advance(91_000);
    figures.heard({ front: "new", lists: [report({ listed: 7 })] });
    assert.equal(figures.report()[0]?.listed, 7);
  });

  test("a front tells what is new within a second, and now and then that it is still there", () => {
    const clock = new FakeClock();
    let lists = [report()];
    const told: ListsTold[] = [];
    const stop = tellOfLists({ report: () => lists }, { front: "a", clock, tell: (one) => void told.push(one) });
    assert.equal(told.length, 1);
    clock.advance(5000);
    assert.equal(told.length, 1);
    lists = [report({ listed: 2 })];
    clock.advance(1000);
    assert.equal(told.at(-1)?.lists[0]?.listed, 2);
    clock.advance(31_000);
    assert.equal(told.length, 3);
    stop();
    assert.equal(clock.pending, 0);
  });
});
