/** The greylist of a running server: every delay is seen, and ends when the administrator says so. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "./proxied-client.ts";
import { type RunningServer, startServer } from "./running-server.ts";

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 200;
const SENDER = "news@sender.example";
const KEY = "net:198.51.100.0/24+sender.example";

const SETTINGS = `[rules]
reverse_dns = "shadow"
helo = "shadow"
greylist = "enforce"
[greylist]
delay_minutes = 30
[[list]]
zone = "wait.test"
answers = { "127.0.0.2" = { means = "spam", weight = 4 } }
`;
const ZONE = {
  "2.0.0.127.wait.test": { A: ["127.0.0.2"] },
  "7.100.51.198.wait.test": { A: ["127.0.0.2"] },
  "8.100.51.198.wait.test": { A: ["127.0.0.2"] },
  "7.113.0.203.wait.test": { A: ["127.0.0.2"] },
};

let server: RunningServer;
before(async () => {
  server = await startServer({ zone: ZONE, settings: SETTINGS });
});
after(() => server[Symbol.asyncDispose]());

/** The reply to RCPT. */
async function recipient(address: string, name = "mx1.sender.example"): Promise<string> {
  await using client = await connectTo(server.ports.mx, { address });
  await client.line();
  await client.say(`EHLO ${name}`);
  await client.say(`MAIL FROM:<${SENDER}>`);
  return await client.say("RCPT TO:<bob@example.test>");
}

/** Lists count when their canaries were seen to work. */
async function deferred(address: string): Promise<string> {
  let said = await recipient(address);
  for (const untilMs = performance.now() + PATIENCE_MS; said.startsWith("250") && performance.now() < untilMs; ) {
    await sleep(LOOK_AGAIN_MS);
    said = await recipient(address);
  }
  return said;
}

async function listed(...words: string[]): Promise<readonly { readonly key: string; readonly tries: number }[]> {
  const { stdout } = await server.postern(["greylist", "list", "--json", ...words]);
  return (JSON.parse(stdout) as { value: { senders: { key: string; tries: number }[] } }).value.senders;
}

suite("the greylist of a running server", () => {
  test("makes a stranger wait, shows it with its decision, keeps it over a restart, and lets it through at a word", async () => {
    const said = await deferred("198.51.100.7");
    assert.match(said, /^451 4\.7\.1 .*greylisted: the sender was not met before, try again in 30 minutes/);
    const [, id = ""] = /\((\w{26})\)$/.exec(said) ?? [];
    const { stdout } = await server.postern(["greylist", "list"]);
    assert.match(stdout, /^net:198\.51\.100\.0\/24\+sender\.example {2}taken from \d{4}-.* UTC on$/m);
    assert.ok(stdout.includes(`<${SENDER}> from 198.51.100.7, HELO mx1.sender.example`));
    assert.ok(stdout.includes(`1 delayed try since`) && stdout.includes(`postern why ${id}`), stdout);
    assert.match(
      (await server.postern(["status"])).stdout,
      /^Greylist {3}1 sender waiting, 0 known; `postern greylist/m,
    );
    await server.halt();
    assert.deepEqual(
      (await listed()).map(({ key }) => key),
      [KEY],
    );
    await server.start();
    assert.match(await deferred("198.51.100.8"), /^451 .*has not waited long enough/);
    assert.equal((await listed())[0]?.tries, 2);
    const why = (await server.postern(["why", id])).stdout;
    assert.match(
      why.replaceAll(/\n +/g, " "),
      /Greylist net:198\.51\.100\.0\/24\+sender\.example: first-met; waits for 1800 s/,
    );
    const released = await server.postern(["greylist", "release", KEY]);
    assert.equal(released.stdout, `${KEY} is let through when it comes again.\n`);
    assert.match(await recipient("198.51.100.7"), /^250 /);
    assert.match(await recipient("198.51.100.8", "mx2.sender.example"), /^250 /);
    assert.deepEqual(await listed(), []);
    assert.deepEqual(
      (await listed("--known")).map(({ key }) => key),
      [KEY],
    );
  });

  test("lets through by a sender's address and by a client's, met or not; a slip of the pen is told", async () => {
    assert.match(await deferred("203.0.113.7"), /^451 /);
    const byClient = await server.postern(["greylist", "release", "203.0.113.99"]);
    assert.equal(byClient.stdout, "net:203.0.113.0/24+sender.example is let through when it comes again.\n");
    assert.match(await recipient("203.0.113.7"), /^250 /);
    const bySender = await server.postern(["greylist", "release", "New@Friend.example", "--json"]);
    assert.deepEqual(JSON.parse(bySender.stdout), { ok: true, value: { released: [], already: false } });
    assert.ok((await listed("--known")).some(({ key }) => key === "sender:new@friend.example"));
    for (const [what, words] of [
      ["nonsense", /is no key of `postern greylist list`, no mail address and no IP address/],
      ["spf:nobody.example", /is not in the greylist/],
    ] as const) {
      const { code, stderr } = await server.postern(["greylist", "release", what]);
      assert.equal(code, 1);
      assert.match(stderr, words);
    }
  });
});
