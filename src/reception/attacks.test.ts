/** The rows of `test/vectors/smtp-attacks.json` that need a connection, and a look whether each row has its test. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { FakeReception } from "../../test/fakes/reception.ts";

/** Rows whose tests are called by another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "alpn-mismatch": "aborts the handshake when the client offers other protocols only",
  renegotiation: "refuses a renegotiation that the client begins",
  "proxy-line": "http, proxy-line",
};

suite("smtp attacks", () => {
  test("every row has a test", () => {
    const { vectors } = JSON.parse(readFileSync("test/vectors/smtp-attacks.json", "utf8")) as {
      vectors: readonly { readonly id: string }[];
    };
    const files = globSync(["src/protocol/smtp/*.test.ts", "src/reception/*.test.ts", "src/platform/net/*.test.ts"]);
    const tests = files.map((file) => readFileSync(file, "utf8").replace(/const ELSEWHERE[^]*?};/, "")).join("\n");
    const named = ({ id }: { readonly id: string }): boolean =>
      new RegExp(`["\`]${ELSEWHERE[id] ?? id}(?:["\`:, ]| \\()`).test(tests);
    assert.deepEqual(
      vectors.filter((vector) => !named(vector)).map(({ id }) => id),
      [],
    );
  });

  test("slow-loris: 2,000 connections with an octet every 9 s are cut, and another client is served (R90)", async () => {
    const mx = new FakeReception("smtp");
    const slow = Array.from({ length: 2000 }, () => mx.connect({}, 0));
    mx.clock.advance(200);
    for (let i = 0; i < 7; i++) {
      for (const client of slow) client.connection.send("x");
      mx.clock.advance(9000);
    }
    assert.ok(slow.every(({ connection }) => connection.state === "ended"));
    const good = mx.connect();
    await good.envelope("a@b.example", "user@local.test");
    assert.match(await good.message("x"), /^250 /);
  });

  test("rst-mid-data: nothing is stored, nothing left behind", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    await client.send("Subject: x\r\n\r\nhalf");
    client.connection.leave();
    assert.deepEqual([mx.spool.open, mx.deliveries.length, mx.clock.pending], [0, 0, 0]);
  });

  test("bdat-tls-closed: the connection ends inside a chunk, nothing is stored", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.send("BDAT 100 LAST\r\nSubject: x\r\n\r\nhalf");
    client.connection.leave();
    assert.deepEqual([mx.spool.open, mx.deliveries.length], [0, 0]);
  });

  test("a client that leaves before the answer finds nothing delivered: it will send again", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    client.connection.send("x\r\n.\r\n");
    client.connection.leave();
    await client.hear();
    assert.deepEqual([mx.spool.open, mx.deliveries.length], [0, 0]);
  });

  for (const [id, message, expected] of [
    ["headers-many: 50,000 Received lines", `${"Received: x\n".repeat(50_000)}\nx`, /^550 5\.6\.0 /],
    ["headers-many: a header of 1 MB", `X: ${"x".repeat(1_000_000)}\n\nx`, /^550 5\.6\.0 /],
    ["headers-many: many parts", `${multipart("b")}${"--b\n\nabcd\n".repeat(100_000)}--b--`, /^250 /],
    ["headers-many: many levels", Array.from({ length: 10_000 }, (_, i) => multipart(`b${i}`)).join(""), /^250 /],
  ] as const) {
    test(id, async () => {
      const mx = new FakeReception("smtp");
      const client = mx.connect();
      await client.envelope("a@b.example", "user@local.test");
      assert.match(await client.message(message), expected);
      assert.equal(mx.spool.open, 0);
    });
  }

  test("loop: more than 30 Received lines, 554 5.4.6 (R68)", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    assert.match(await client.message(`${"Received: x\n".repeat(30)}\n`), /^250 /);
    await client.envelope("a@b.example", "user@local.test");
    assert.match(await client.message(`${"Received: x\n".repeat(31)}\n`), /^554 5\.4\.6 .*\(fake-session\)$/);
    assert.equal(mx.deliveries.length, 1);
  });

  test("proxy-line by a stranger: 554, and the log has the real address", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.hear();
    assert.match(await client.say("PROXY TCP4 203.0.113.9 192.0.2.1 1 25"), /^554 5\.5\.0 /);
    assert.equal(mx.log.lines.at(-1)?.fields["remote"], "198.51.100.7");
  });
});

function multipart(boundary: string): string {
  return `Content-Type: multipart/mixed; boundary=${boundary}\n\n--${boundary}\n`;
}
