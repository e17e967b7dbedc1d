import assert from "node:assert/strict";
import { test } from "node:test";
import { prettyLogLine } from "./pretty-log-line.ts";

test("a log line for people has time, level, event and facts, on one line whatever the facts hold", () => {
  const json = JSON.stringify({
    level: 40,
    time: "2026-11-24T10:00:00.000Z",
    session: "01ABC",
    cause: 'two words and a "quote"\nand a line end',
    recipients: ["a@b.test"],
    msg: "message-refused",
  });
  assert.equal(
    prettyLogLine(json),
    '2026-11-24 10:00:00.000 WARN  message-refused session=01ABC cause="two words and a \\"quote\\"\\nand a line end" recipients=["a@b.test"]\n',
  );
});
