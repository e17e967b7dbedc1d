import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakePeer, FakeScanner } from "../../../test/fakes/scanner.ts";
import { octetsInMemory } from "../content/message-octets.ts";
import { Clamd } from "./clamd.ts";
import type { AntivirusEvidence } from "./evidence.ts";
import { CONNECTIONS_MAX, WAITING_MAX } from "./limits.ts";

const TIMEOUT_MS = 1000;
const SIZE_MAX = 1_000_000;
const MESSAGE = Buffer.from("Subject: x\r\n\r\nhello\r\n");
const END = Buffer.alloc(4);

interface World {
  readonly clock: FakeClock;
  readonly scanner: FakeScanner;
  readonly clamd: Clamd;
  readonly gone: AbortController;
}

function world(onHeard?: (peer: FakePeer) => void): World {
  const clock = new FakeClock();
  const scanner = new FakeScanner(onHeard);
  const options = { name: "clamd", to: { path: "/clamd" }, timeoutMs: TIMEOUT_MS, octetsMax: SIZE_MAX };
  return { clock, scanner, clamd: new Clamd({ ...options, dialer: scanner, clock }), gone: new AbortController() };
}

function scan({ clamd, gone }: World, message = MESSAGE): Promise<AntivirusEvidence> {
  return clamd.scan(octetsInMemory(message), message.length, gone.signal);
}

/** Says it when the whole stream is there. */
const atTheEnd = (said: string) => (peer: FakePeer) => {
  if (peer.heard.subarray(-4).equals(END)) peer.say(said);
};

/** In a word, with the particulars. */
function inWords({ result }: AntivirusEvidence): string {
  if (result.kind === "unavailable") return `${result.why}: ${result.detail}`;
  return result.kind === "found" ? `found ${result.name}` : "clean";
}

async function check(onHeard: (peer: FakePeer) => void, expected: RegExp): Promise<void> {
  const tried = world(onHeard);
  const scanned = scan(tried);
  await nextTurn();
  tried.clock.advance(TIMEOUT_MS);
  assert.match(inWords(await scanned), expected);
  assert.equal(tried.scanner.open, 0);
  assert.equal(tried.clock.pending, 0);
}

suite("a message before clamd", () => {
  test("what it says is what is found", async () => {
    await check(atTheEnd("stream: OK\0"), /^clean$/);
    await check(atTheEnd("stream: Eicar FOUND\0"), /^found Eicar$/);
    await check(atTheEnd("INSTREAM size limit exceeded. ERROR\0"), /^too-large: over StreamMaxLength/);
    await check(atTheEnd("stream: no memory ERROR\0"), /^error: stream: no memory$/);
  });

  test("is streamed whole, in bounded chunks", async () => {
    const message = Buffer.alloc(300_000, "0123456789");
    const tried = world(atTheEnd("stream: OK\0"));
    assert.equal(inWords(await scan(tried, message)), "clean");
    const { heard, largest } = tried.scanner.peer;
    assert.ok(largest <= 64 * 1024);
    const pieces: Buffer[] = [];
    let at = "zINSTREAM\0".length;
    for (let length = heard.readUInt32BE(at); length > 0; length = heard.readUInt32BE(at)) {
      pieces.push(heard.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    assert.ok(Buffer.concat(pieces).equals(message));
    assert.equal(at + 4, heard.length);
  });

  test("waits while the scanner takes no more, and goes on when it does", async () => {
    const message = Buffer.alloc(300_000, "x");
    const tried = world((peer) => {
      peer.isFull = true;
    });
    const scanned = scan(tried, message);
    await nextTurn();
    const { peer } = tried.scanner;
    const before = peer.heard.length;
    await nextTurn();
    assert.equal(peer.heard.length, before);
    assert.ok(before < message.length);
    for (let turn = 0; turn < 20 && !peer.heard.subarray(-4).equals(END); turn++) {
      peer.drain();
      await nextTurn();
    }
    peer.say("stream: OK\0");
    assert.equal(inWords(await scanned), "clean");
  });

  test("nothing but a clear answer to the whole stream says that it is clean", async () => {
    await check((peer) => peer.say("stream: OK\0"), /^malformed: it answered before/);
    await check(atTheEnd("220 mail.example ESMTP\r\n\0"), /^malformed/);
    await check(atTheEnd("x".repeat(5000)), /^malformed/);
    await check(atTheEnd("stream: OK"), /^slow: no answer in 1000 ms$/); // without its end
  });

  test("a scanner that hangs, breaks or is not there did not look", async () => {
    await check(() => undefined, /^slow: no answer in 1000 ms$/);
    await check((peer) => peer.hangUp(), /^crashed/);
    await check((peer) => {
      if (peer.heard.subarray(-4).equals(END)) peer.hangUp("ECONNRESET");
    }, /^crashed/);
    const tried = world();
    tried.scanner.refusal = { code: "ENOENT" };
    assert.equal(inWords(await scan(tried)), "not-there: ENOENT");
    tried.scanner.refusal = { code: "TIMEOUT" };
    assert.equal(inWords(await scan(tried)), "slow: it takes no connection");
  });

  test("one that hangs up in the middle and is well takes no message of that size; one that is gone crashed", async () => {
    const message = Buffer.alloc(300_000, "x");
    const tried = world((peer) => {
      if (peer.heard.toString("latin1") === "zPING\0") peer.say("PONG\0");
      else if (peer.heard.length > 100_000) peer.hangUp("EPIPE");
    });
    assert.match(inWords(await scan(tried, message)), /^too-large: it hung up .* StreamMaxLength/);
    const gone = world((peer) => {
      if (peer.heard.length > 100_000) peer.hangUp("EPIPE");
      gone.scanner.refusal = { code: "ECONNREFUSED" };
    });
    assert.equal(inWords(await scan(gone, message)), "crashed: the connection ended without an answer");
  });

  test("one that is too large is not handed on", async () => {
    const tried = world();
    assert.match(inWords(await scan(tried, Buffer.alloc(SIZE_MAX + 1))), /^too-large: 1000001 octets/);
    assert.equal(tried.scanner.peers.length, 0);
  });

  test("is given up when nobody wants to know any more", async () => {
    const tried = world();
    const scanned = scan(tried);
    await nextTurn();
    tried.gone.abort();
    assert.match(inWords(await scanned), /^crashed/);
    assert.equal(tried.scanner.open, 0);
  });
});

suite("many messages before clamd", () => {
  test("share its connections; the others wait, a bounded number of them", async () => {
    const tried = world();
    const scans = Array.from({ length: CONNECTIONS_MAX + WAITING_MAX + 5 }, () => scan(tried));
    await nextTurn();
    assert.equal(tried.scanner.open, CONNECTIONS_MAX);
    const last = await Promise.all(scans.slice(-5));
    assert.deepEqual([...new Set(last.map(inWords))], [`busy: over ${WAITING_MAX} messages wait for it`]);
    // Each answer lets the next one in.
    for (let turn = 0; turn < CONNECTIONS_MAX + WAITING_MAX; turn++) {
      tried.scanner.peers[turn]?.say("stream: OK\0");
      await nextTurn();
      assert.ok(tried.scanner.open <= CONNECTIONS_MAX);
    }
    const words = (await Promise.all(scans)).map(inWords);
    assert.equal(words.filter((word) => word === "clean").length, CONNECTIONS_MAX + WAITING_MAX);
  });

  test("who waits in vain was not scanned, and leaves nothing behind", async () => {
    const tried = world();
    const scans = Array.from({ length: CONNECTIONS_MAX + 3 }, () => scan(tried));
    await nextTurn();
    tried.clock.advance(TIMEOUT_MS);
    const words = (await Promise.all(scans)).map(inWords);
    assert.deepEqual([...new Set(words)], ["slow: no answer in 1000 ms"]);
    await nextTurn();
    assert.deepEqual([tried.scanner.open, tried.clock.pending], [0, 0]);
  });
});

/** Of one that answers commands so. */
function version(answers: Readonly<Record<string, string>>): ReturnType<Clamd["version"]> {
  return world((peer) => peer.say(answers[peer.heard.toString("latin1")] ?? "UNKNOWN COMMAND\0")).clamd.version();
}

suite("the version of clamd", () => {
  test("is what it says; one that keeps it to itself answers to PING", async () => {
    assert.deepEqual(await version({ "zVERSION\0": "ClamAV 1.4.6/1/x\0" }), { ok: true, value: "ClamAV 1.4.6/1/x" });
    assert.deepEqual(await version({ "zPING\0": "PONG\0" }), { ok: true, value: "clamd" });
    assert.equal((await version({})).ok, false);
  });
});
