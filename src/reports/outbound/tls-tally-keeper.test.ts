import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { TALLY_EVERY_MS } from "../limits.ts";
import type { TlsCount } from "./tls-counts.ts";
import { TlsTallyKeeper } from "./tls-tally-keeper.ts";

const COUNT: TlsCount = {
  day: "2030-01-01",
  domain: "far.example",
  policy: "sts",
  applied: undefined,
  successes: 2,
  failures: 0,
  details: [],
};

function keeper(store: Pick<Store, "addReportTallies">, takes: (readonly TlsCount[])[]) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const keeping = new TlsTallyKeeper({ store, clock, log, take: () => takes.shift() ?? [] });
  return { clock, log, keeping };
}

async function kept(store: Store): Promise<number | undefined> {
  return (await store.listReportTallies("tls", COUNT.day, COUNT.domain))[0]?.count;
}

async function until(isThere: () => Promise<boolean>): Promise<void> {
  while (!(await isThere())) await new Promise((resolve) => setImmediate(resolve));
}

suite("counted TLS results", () => {
  test("are written down every minute, and at the end", async (context) => {
    const store = await openTemporaryStore(context);
    const { clock, keeping } = keeper(store, [[COUNT], [COUNT, { ...COUNT, successes: 0 }], [COUNT]]);
    clock.advance(TALLY_EVERY_MS - 1);
    assert.equal(await kept(store), undefined);
    clock.advance(1);
    await until(async () => (await kept(store)) === 2);
    await until(async () => clock.pending === 1);
    clock.advance(TALLY_EVERY_MS);
    await until(async () => (await kept(store)) === 4);
    await keeping.close();
    assert.equal(await kept(store), 6);
    assert.equal(clock.pending, 0);
  });

  test("that cannot be written are lost, and said to be", async () => {
    const { log, keeping } = keeper({ addReportTallies: () => Promise.reject(new Error("full")) }, [[COUNT]]);
    await keeping.close();
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ["tls-results-lost"],
    );
  });
});
