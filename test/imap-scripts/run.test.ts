/** The interpreter against a server of a few lines that says exactly what a case wants: it has to notice every fault. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import * as fc from "fast-check";
import { ReplyCutter } from "./connection.ts";
import { runScript } from "./run.ts";
import { parseScript } from "./script.ts";
import { SequenceMap } from "./sequence-map.ts";

/** Commands in the order they come, and the replies to each; `T` stands for the tag. */
type Conversation = readonly (readonly [RegExp, string])[];

async function serve(conversation: Conversation): Promise<{ port: number; server: Server }> {
  const steps = [...conversation];
  const server = createServer((socket: Socket) => {
    socket.write("* OK ready\r\n");
    let pending = "";
    socket.on("error", () => undefined);
    socket.on("data", (octets) => {
      pending += octets.toString("latin1");
      for (let end = pending.indexOf("\r\n"); end >= 0; end = pending.indexOf("\r\n")) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        const step = steps.shift();
        if (step === undefined || !step[0].test(line)) socket.end(`* BYE not expected: ${line}\r\n`);
        else socket.write(step[1].replaceAll("T ", `${line.slice(0, line.indexOf(" "))} `), "latin1");
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

async function play(script: string, conversation: Conversation): Promise<void> {
  const { port, server } = await serve(conversation);
  const login = { user: "a@b", password: "c" };
  const target = { endpoint: { host: "127.0.0.1", port, ca: null }, first: login, second: login, mailbox: "box" };
  try {
    await runScript(parseScript("case", `state: nonauth\n${script}`), [], target);
  } finally {
    server.close();
  }
}

test("plays commands in order and carries values from one to the next", async () => {
  await play("\nok fetch 1 uid\n* 1 fetch (uid $u)\nok uid fetch $u flags\n* 1 fetch (uid $u flags ())\n", [
    [/fetch 1 uid$/, "* 1 FETCH (UID 77)\r\nT OK done\r\n"],
    [/uid fetch 77 flags$/, "* 1 FETCH (UID 77 FLAGS ())\r\nT OK done\r\n"],
  ]);
});

test("sends a literal when it is asked for, and not when it is refused", async () => {
  await play("\nok append x {{{\nhello\n}}}\nno append y {{{\nhello\n}}}\nok noop\n", [
    [/append x \{5\}$/, "+ go\r\n"],
    [/^hello$/, "a1 OK done\r\n"],
    [/append y \{5\}$/, "T NO not there\r\n"],
    [/noop$/, "T OK done\r\n"],
  ]);
});

test("sends tagged commands together and takes their answers in any order", async () => {
  await play("\ntag1 noop\ntag2 check\ntag1 ok\ntag2 ok\n", [
    [/^a1 noop$/, ""],
    [/^a2 check$/, "a2 OK done\r\na1 OK done\r\n"],
  ]);
});

test("follows messages by number while they are expunged", async () => {
  const expunges = "\nok noop\n* $1 expunge\n* $3 expunge\n* $4 fetch (flags ())\n";
  await play(expunges, [[/noop$/, "* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n* 2 FETCH (FLAGS ())\r\nT OK done\r\n"]]);
  await play(expunges, [[/noop$/, "* 3 EXPUNGE\r\n* 3 FETCH (FLAGS ())\r\n* 1 EXPUNGE\r\nT OK done\r\n"]]);
  const wrong = "* 1 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 FETCH (FLAGS ())\r\nT OK done\r\n";
  await assert.rejects(play(expunges, [[/noop$/, wrong]]), /never came: \$3 expunge/);
});

test("notices every way in which a server can be wrong", async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["ok noop\n* 1 exists", "T OK done\r\n", /never came: 1 exists \(line 4\)/],
    ["ok noop\n! 1 exists", "* 1 EXISTS\r\nT OK done\r\n", /must not come/],
    ["ok noop", "T NO\r\n", /line 3 was answered: NO/],
    ["noop\nno [trycreate]", "T NO [X] y\r\n", /line 3 was answered/],
    ["ok noop", "x9 OK done\r\n", /nobody asked for/],
    ["ok noop", "* 1 FETCH (X (\r\nT OK done\r\n", /never closed/],
    ["ok noop\nok check", "T OK done\r\n", /closed the connection/],
  ];
  for (const [script, reply, error] of cases) await assert.rejects(play(`\n${script}\n`, [[/noop$/, reply]]), error);
});

test("the same replies however the octets are cut", () => {
  const stream = Buffer.from(
    '* 1 FETCH (X {12}\r\na\r\n* 2 OK\r\n\r\n Y "b")\r\n* 2 EXISTS\r\na1 OK {7} done\r\n+ go\r\n',
  );
  const whole = new ReplyCutter().push(stream);
  assert.equal(whole.length, 4);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 })), (cuts) => {
      const cutter = new ReplyCutter();
      const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const replies = places.flatMap((place, index) => cutter.push(stream.subarray(places[index - 1] ?? 0, place)));
      assert.deepEqual(replies, whole);
    }),
    { numRuns: 100 },
  );
});

test("sequence numbers of before and now agree with a list from which messages are taken", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 20 }), (choices) => {
      const map = new SequenceMap();
      const left = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const choice of choices) {
        const at = choice % left.length;
        map.expunge(at + 1);
        left.splice(at, 1);
      }
      for (let then = 1; then <= 20; then += 1) {
        const now = left.indexOf(then);
        assert.equal(map.now(then), now < 0 ? null : now + 1);
      }
    }),
    { numRuns: 100 },
  );
});
