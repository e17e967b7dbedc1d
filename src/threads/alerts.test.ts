import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { Alert, RaisedAlert } from "./alert.ts";
import { Alerts } from "./alerts.ts";

const MINUTE_MS = 60_000;

suite("alerts", () => {
  test("the same again is counted, and the newest stands first", () => {
    const { alerts, clock } = new World();
    alerts.raise(alert("list-dead", "a.test"));
    alerts.raise(alert("list-dead", "b.test"));
    clock.advance(1000);
    alerts.raise(alert("list-dead", "a.test"));
    assert.deepEqual(
      alerts.current().map(({ subject, times, firstMs, lastMs }) => [subject, times, lastMs - firstMs]),
      [
        ["a.test", 2, 1000],
        ["b.test", 1, 0],
      ],
    );
  });

  test("what is settled, and what nobody raised for a day, is over", () => {
    const { alerts, clock } = new World();
    alerts.raise(alert("list-dead", "a.test"));
    alerts.raise(alert("list-dead", "b.test"));
    alerts.settle("list-dead", "a.test");
    assert.deepEqual(
      alerts.current().map(({ subject }) => subject),
      ["b.test"],
    );
    clock.advance(24 * 60 * MINUTE_MS);
    assert.deepEqual(alerts.current(), []);
  });

  test("never more than a bound are kept", () => {
    const { alerts } = new World();
    for (let number = 0; number < 1000; number++) alerts.raise(alert("many", `198.51.100.${number}`));
    assert.equal(alerts.current().length, 200);
    assert.equal(alerts.current()[0]?.subject, "198.51.100.999");
  });

  test("one mail an hour about a kind of alert, with the number of those that were not mailed", () => {
    const { alerts, clock, mails } = new World();
    for (const subject of ["a", "b", "c"]) alerts.raise(alert("guessing", subject));
    alerts.raise(alert("other", "a"));
    clock.advance(59 * MINUTE_MS);
    alerts.raise(alert("guessing", "d"));
    clock.advance(MINUTE_MS);
    alerts.raise(alert("guessing", "e"));
    assert.deepEqual(mails, [
      ["guessing", "a", 0],
      ["other", "a", 0],
      ["guessing", "e", 3],
    ]);
  });

  test("an alert that goes on has a line in the log at first, and after a pause", () => {
    const { alerts, clock, log } = new World();
    for (let minute = 0; minute < 60; minute++) {
      alerts.raise(alert("guessing", "a"));
      clock.advance(MINUTE_MS);
    }
    clock.advance(10 * MINUTE_MS);
    alerts.raise(alert("guessing", "a"));
    assert.equal(log.lines.length, 2);
  });

  test("a mail that cannot be delivered is in the log, and nothing else happens", async () => {
    const { alerts, log } = new World(() => Promise.reject(new Error("no-space")));
    alerts.raise(alert("guessing", "a"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ["alert", "alert-not-mailed"],
    );
  });
});

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly mails: (readonly [string, string, number])[] = [];
  readonly alerts: Alerts;

  constructor(deliver: () => Promise<void> = () => Promise.resolve()) {
    const mail = ({ name, subject }: RaisedAlert, unmailed: number): Promise<void> => {
      this.mails.push([name, subject, unmailed]);
      return deliver();
    };
    this.alerts = new Alerts({ clock: this.clock, log: this.log, mail });
  }
}

function alert(name: string, subject: string): Alert {
  return { name, subject, text: `${subject} is in trouble.`, remedy: "", evidence: [] };
}
