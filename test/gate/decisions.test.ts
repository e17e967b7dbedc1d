/** What `why` and `replay` say about clients that a running server refused. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ListReport } from "#evidence/dnsbl/list-watch.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { connectTo } from "./proxied-client.ts";
import { type RunningServer, startServer } from "./running-server.ts";

const LISTED = "198.51.100.7";
const HONEST = "198.51.100.8";
/** Records are kept in batches. Milliseconds. */
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 200;

const REFUSING = `[rules]
reverse_dns = "shadow"
[[list]]
zone = "drop.test"
answers = { "127.0.0.2" = { means = "hijacked", weight = 9 } }
`;

/** Both have names that lead both ways; one is on two lists. */
const ZONE = {
  "7.100.51.198.in-addr.arpa": { PTR: ["mail.listed.example"] },
  "mail.listed.example": { A: [LISTED] },
  "8.100.51.198.in-addr.arpa": { PTR: ["mail.honest.example"] },
  "mail.honest.example": { A: [HONEST] },
  "2.0.0.127.drop.test": { A: ["127.0.0.2"] },
  "7.100.51.198.drop.test": { A: ["127.0.0.2"], ttl: 1234 },
  "7.100.51.198.bl.test": { A: ["127.0.0.2"] },
};

let server: RunningServer;
before(async () => {
  server = await startServer({ zone: ZONE, settings: REFUSING });
});
after(() => server[Symbol.asyncDispose]());

/** The reply to RCPT. */
async function recipient(address: string, name: string, to: string): Promise<string> {
  await using client = await connectTo(server.ports.mx, { address });
  await client.line();
  await client.say(`EHLO ${name}`);
  await client.say("MAIL FROM:<Sender@elsewhere.example>");
  return await client.say(`RCPT TO:<${to}>`);
}

/** Records about `what`, when there are any of which `isIt` is true. */
async function why(what: string, isIt: (record: DecisionRecord) => boolean): Promise<readonly DecisionRecord[]> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { stdout, stderr } = await server.postern(["why", what, "--json"]);
    const records = (JSON.parse(stdout) as { value: DecisionRecord[] }).value;
    if (records.some(isIt)) return records;
    assert.ok(performance.now() < untilMs, `no such record of ${what}: ${stdout}${stderr}`);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Lists count when their canaries were seen to work. */
async function refused(): Promise<string> {
  let said = await recipient(LISTED, "mail.listed.example", "bob@example.test");
  for (const untilMs = performance.now() + PATIENCE_MS; !said.startsWith("554") && performance.now() < untilMs; ) {
    await sleep(LOOK_AGAIN_MS);
    said = await recipient(LISTED, "mail.listed.example", "bob@example.test");
  }
  return said;
}

suite("postern why", () => {
  test("names rule, evidence with TTL, weights, the reply and what would change it; by ID, address and client", async () => {
    const said = await refused();
    assert.match(said, /^554 5\.7\.1 .*score 15.*drop\.test/);
    const [, id = ""] = /\((\w{26})\)$/.exec(said) ?? [];
    const isIt = (record: DecisionRecord): boolean => record.id === id;
    const [record] = await why(id, isIt);
    assert.ok(said.includes(record?.reply?.text ?? "no reply"));
    for (const key of [LISTED, "sender@Elsewhere.example", "bob@example.test", record?.session ?? ""]) {
      assert.ok((await why(key, isIt)).some(isIt), key);
    }
    const { code, stdout } = await server.postern(["why", id]);
    assert.equal(code, 0);
    for (const expected of [
      /^Outcome +rejected at RCPT: score-reject/m,
      /^Client +198\.51\.100\.7, HELO mail\.listed\.example$/m,
      /^ {2}dnsbl +\+15$/m,
      /drop\.test\) on client 198\.51\.100\.7: 127\.0\.0\.2 \(TTL 1234 s\): hijacked/,
      /PTR 198\.51\.100\.7: mail\.listed\.example \(TTL 300 s\); confirmed/,
      /^ {2}- .*lists it no longer: accepted/m,
      /^Reply\n {2}554 5\.7\.1 /m,
    ]) {
      assert.match(stdout, expected);
    }
    assert.ok(stdout.split("\n").every((line) => line.length <= 80));
  });

  test("nothing known is exit code 1, and wrong options are wrong use", async () => {
    assert.equal((await server.postern(["why", "nobody@nowhere.example"])).code, 1);
    for (const words of [
      ["--since", "yesterday"],
      ["--limit", "0"],
    ]) {
      assert.equal((await server.postern(["why", LISTED, ...words])).code, 2);
    }
  });

  test("an accepted message is found by its Message-ID, with or without angle brackets", async () => {
    await using client = await connectTo(server.ports.mx, { address: HONEST });
    await client.line();
    await client.say("EHLO mail.honest.example");
    await client.say("MAIL FROM:<news@honest.example>");
    assert.match(await client.say("RCPT TO:<bob@example.test>"), /^250 /);
    assert.match(await client.say("DATA"), /^354 /);
    const message = "From: news@honest.example\r\nMessage-ID: <one@honest.example>\r\n\r\nHello\r\n.";
    assert.match(await client.say(message), /^250 /);
    const [record] = await why("<one@honest.example>", ({ disposition }) => disposition === "accept");
    const [same] = await why("one@honest.example", () => true);
    assert.equal(record?.id, same?.id);
  });

  test("works without a server", async () => {
    const [record] = await why(LISTED, ({ disposition }) => disposition === "reject");
    await server.halt();
    const { code, stdout } = await server.postern(["why", record?.id ?? ""]);
    assert.equal(code, 0);
    assert.match(stdout, /rejected at RCPT/);
    await server.start();
  });
});

suite("postern replay", () => {
  test("the same settings change nothing: exit code 0", async () => {
    await why(LISTED, () => true);
    const { code, stdout } = await server.postern([
      "replay",
      "--since",
      "7d",
      "--with",
      server.otherSettings((s) => s),
    ]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /judged again: \d+ the same, 0 changed\./);
  });

  test("without the list its victims are named, old and new: exit code 1", async () => {
    const [record] = await why(LISTED, ({ disposition }) => disposition === "reject");
    const other = server.otherSettings((source) => source.slice(0, source.lastIndexOf("[[list]]")));
    const { code, stdout } = await server.postern(["replay", "--with", other]);
    assert.equal(code, 1);
    assert.ok(stdout.includes(record?.id ?? "?"), stdout);
    assert.match(stdout, /198\.51\.100\.7, <Sender@elsewhere\.example> to\s+bob@example\.test/);
    assert.match(stdout, /^ +\d+ {2}reject -> junk$/m);
    const json = await server.postern(["replay", "--with", other, "--json"]);
    const { value } = JSON.parse(json.stdout) as {
      value: { byChange: Record<string, number>; decisions: { clientAddress: string; was: string; wouldBe: string }[] };
    };
    assert.ok(value.decisions.every(({ clientAddress }) => clientAddress === LISTED));
    assert.deepEqual(Object.keys(value.byChange), ["reject > junk"]);
  });

  test("another weight counts, and a list that was not asked is said to be unknown", async () => {
    await why(LISTED, ({ disposition }) => disposition === "reject");
    const lighter = server.otherSettings((source) => source.replace("weight = 9", "weight = 1"));
    assert.match((await server.postern(["replay", "--with", lighter])).stdout, /reject -> junk/);
    const another = server.otherSettings((source) => source.replace("drop.test", "other.test"));
    assert.match((await server.postern(["replay", "--with", another])).stdout, /^other\.test was not asked then/m);
  });

  test("settings that are wrong, or not there, are said to be", async () => {
    const wrong = server.otherSettings((source) => `nonsense = 1\n${source}`);
    const { code, stderr } = await server.postern(["replay", "--with", wrong]);
    assert.equal(code, 1);
    assert.match(stderr, /other\.toml:1: error: nonsense is not a setting/);
    assert.equal((await server.postern(["replay"])).code, 2);
  });
});

test("status tells of each list: state, last answer, how often it names somebody, how often in vain", async () => {
  await recipient(LISTED, "mail.listed.example", "bob@example.test");
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { stdout } = await server.postern(["status", "--json"]);
    const { running } = (JSON.parse(stdout) as { value: { running: { lists: readonly ListReport[] } } }).value;
    const found = running.lists.find(({ zone }) => zone === "drop.test");
    if (found !== undefined && found.listed > 0) {
      assert.deepEqual([found.state, found.lastAnswer.slice(0, 9)], ["healthy", "127.0.0.2"]);
      assert.ok(found.hitRate !== undefined && found.hitRate > 0);
      break;
    }
    assert.ok(performance.now() < untilMs, stdout);
    await sleep(LOOK_AGAIN_MS);
  }
  assert.match((await server.postern(["status"])).stdout, /^Lists\n(?: .*\n)* {2}drop\.test: healthy; /m);
  const { stdout } = await server.postern(["selftest"]);
  assert.match(stdout, /^passed +list drop\.test +names its test entry and nothing else$/m);
});
