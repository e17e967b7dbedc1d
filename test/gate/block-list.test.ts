/** Our own block list in a running server: by hand and by rule, for every protocol, over a restart. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "./proxied-client.ts";
import { ALICE, BOB, type ListenerName, type RunningServer, startServer } from "./running-server.ts";

/** Changes are in force within a second; a busy machine may take longer for what this test does beside. Milliseconds. */
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 50;

let server: RunningServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

/** The first line a client from there hears. */
async function greeting(listener: ListenerName, address: string): Promise<string> {
  const tls = listener !== "mx" && listener !== "direct";
  await using client = await connectTo(server.ports[listener], { address, tls });
  // Before the connection goes.
  return await client.line();
}

async function postern(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await server.postern(words);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function checkRefused(words: readonly string[], expected: RegExp): Promise<void> {
  const { code, stdout, stderr } = await server.postern(words);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, expected);
}

/** Waits for what must come to be; then the assertion speaks. */
async function becomes(listener: ListenerName, address: string, expected: RegExp): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  let said = await greeting(listener, address);
  while (!expected.test(said) && performance.now() < untilMs) {
    await sleep(LOOK_AGAIN_MS);
    said = await greeting(listener, address);
  }
  assert.match(said, expected);
}

async function logIn(address: string, user: string, password: string): Promise<string> {
  await using client = await connectTo(server.ports.imap, { address, tls: true });
  const first = await client.line();
  return first.startsWith("* OK") ? await client.say(`a LOGIN "${user}" "${password}"`) : first;
}

suite("postern ban", () => {
  test("of logins: each protocol says so in its own words, and mail from there arrives", async () => {
    await postern("ban", "203.0.113.1", "--scope", "auth", "--for", "2h", "--reason", "guessing");
    for (const [listener, expected] of [
      [
        "submission",
        /^421 4\.7\.0 .*until 20\d\d-\d\d-\d\dT\d\d:\d\dZ: guessing.*postmaster@example\.test.*\(\w{26}\)$/,
      ],
      ["imap", /^\* BYE \[UNAVAILABLE\] .*until 20.*: guessing.*postmaster@example\.test.*\(\w{26}\)$/],
      ["pop3", /^-ERR \[SYS\/TEMP\] .*until 20.*: guessing.*postmaster@example\.test.*\(\w{26}\)$/],
      ["mx", /^220 /],
    ] as const) {
      await becomes(listener, "203.0.113.1", expected);
    }
  });

  test("of mail: users from there log in", async () => {
    await postern("ban", "203.0.113.2", "--scope", "smtp");
    await becomes("mx", "203.0.113.2", /^554 5\.7\.1 Refused by block_list: 203\.0\.113\.2 /);
    assert.match(await greeting("submission", "203.0.113.2"), /^220 /);
    assert.match(await logIn("203.0.113.2", ALICE.user, ALICE.password), /^a OK /);
  });

  test("of all, a network, and off again; an allowance inside it wins", async () => {
    await postern("ban", "203.0.113.64/26");
    await becomes("mx", "203.0.113.70", /^554 /);
    await becomes("imap", "203.0.113.70", /^\* BYE \[CONTACTADMIN\] /);
    await postern("allow", "203.0.113.70");
    await becomes("mx", "203.0.113.70", /^220 /);
    assert.match(await greeting("mx", "203.0.113.71"), /^554 /);
    await postern("unban", "203.0.113.64/26");
    await becomes("mx", "203.0.113.71", /^220 /);
  });

  test("never of an address of ours, of the proxy, or of a private network", async () => {
    await checkRefused(["ban", "127.0.0.1"], /^127\.0\.0\.1 is never banned: it is a loopback address\.\n$/);
    await checkRefused(["ban", "10.20.30.40"], /is never banned: it is a private address\.\n$/);
    await checkRefused(["ban", "nobody"], /^nobody cannot be used: not an IP address or network/);
  });

  test("is kept over a restart, and made without a server, too", async () => {
    await postern("ban", "203.0.113.3");
    await server.halt();
    await postern("ban", "203.0.113.4");
    const listed = JSON.parse(await postern("bans", "203.0.113.4", "--json")) as { value: { total: number } };
    assert.equal(listed.value.total, 1);
    await server.start();
    for (const address of ["203.0.113.3", "203.0.113.4"]) assert.match(await greeting("mx", address), /^554 /);
  });

  test("with an unknown scope or time is wrong use", async () => {
    for (const words of [
      ["--scope", "web"],
      ["--for", "soon"],
    ]) {
      assert.equal((await server.postern(["ban", "203.0.113.5", ...words])).code, 2);
    }
  });
});

suite("postern bans import", () => {
  test("a list with a bad line is told line by line, and nothing of it is taken", async () => {
    const file = join(server.folder, "list.txt");
    writeFileSync(file, "# a list\n198.51.100.1\n198.51.100.1/33\n10.0.0.1 ; ours\n");
    const { code, stderr } = await server.postern(["bans", "import", file]);
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? "", /list\.txt:3: 198\.51\.100\.1\/33: the number behind the slash/);
    assert.match(lines[1] ?? "", /list\.txt:4: 10\.0\.0\.1: never banned: it is a private address/);
    assert.equal(lines[2], "Nothing was imported.");
    assert.equal((await server.postern(["bans", "import", file, "--json"])).code, 1);
    assert.match(await greeting("mx", "198.51.100.1"), /^220 /);
  });

  test("a long list is in force in every thread", async () => {
    const networks = Array.from({ length: 20_000 }, (_, n) => `198.18.${n >> 8}.${n & 255}`);
    const file = join(server.folder, "long.txt");
    writeFileSync(file, networks.join("\n"));
    assert.match(await postern("bans", "import", file, "--for", "1d"), /^20000 networks banned\./);
    for (let times = 0; times < 8; times++) await becomes("mx", "198.18.78.31", /^421 4\.7\.0 /);
    assert.match(await greeting("mx", "198.18.78.32"), /^220 /);
  });
});

suite("bans by rule", () => {
  test("who guesses is banned, and the entry shows what was seen", async () => {
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, n) => logIn("198.51.100.50", BOB.user, `guess-${n}`)),
    );
    for (const answer of guesses) assert.match(answer, /^a NO \[AUTHENTICATIONFAILED\]|^\* BYE/);
    await becomes("imap", "198.51.100.50", /^\* BYE \[UNAVAILABLE\] .*guessed passwords/);
    const shown = await postern("bans", "198.51.100.50");
    assert.match(shown, /198\.51\.100\.50 {2}ban of logins, until 20/);
    assert.match(shown, /seen: .* wrong password \(bob@example\.test\)/);
    assert.match(await greeting("mx", "198.51.100.50"), /^220 /);
  });

  test("a device that repeats an old password is not, nor an address where a user is, and the administrator hears of it", async () => {
    assert.match(await logIn("198.51.100.60", ALICE.user, ALICE.password), /^a OK /);
    await Promise.all(Array.from({ length: 12 }, () => logIn("198.51.100.61", BOB.user, "old-password")));
    await Promise.all(Array.from({ length: 12 }, (_, n) => logIn("198.51.100.60", BOB.user, `guess-${n}`)));
    assert.match(await logIn("198.51.100.61", BOB.user, BOB.password), /^a OK /);
    assert.match(await logIn("198.51.100.60", ALICE.user, ALICE.password), /^a OK /);
    const status = (await server.postern(["status"])).stdout;
    assert.match(status, /Alerts\n.*198\.51\.100\.60 would be banned/s);
    const alice = JSON.parse(await postern("account", "show", ALICE.user, "--json")) as {
      value: { account: { usedMessages: number } };
    };
    assert.equal(alice.value.account.usedMessages, 1);
  });

  test("a ban shows whom it hits", async () => {
    const said = await postern("ban", "198.51.100.60/30", "--scope", "smtp");
    assert.match(said, /Logged in from there in the last 30 days: alice@example\.test, bob@example\.test\./);
  });
});

suite("PROXY headers", () => {
  test("from anyone but a listed peer are bad SMTP: nobody says where he comes from", async () => {
    await postern("ban", "203.0.113.77");
    assert.match(await greeting("direct", "203.0.113.77"), /^554 /);
    await using later = await connectTo(server.ports.direct, {});
    assert.match(await later.line(), /^220 /);
    assert.match(await later.say("PROXY TCP4 203.0.113.9 192.0.2.250 40000 25"), /^(?:500|554) /);
    const { stdout } = await server.postern(["why", "203.0.113.9", "--json"]);
    assert.deepEqual((JSON.parse(stdout) as { value: unknown[] }).value, []);
  });

  test("from a listed peer that are malformed end the connection without a word", async () => {
    await using client = await connectTo(server.ports.mx, { address: "not-an-address" });
    assert.equal(await client.line(), "");
  });
});
