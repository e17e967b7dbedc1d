import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakePeer, FakeScanner } from "../../../test/fakes/scanner.ts";
import { octetsInMemory } from "../content/message-octets.ts";
import { type Filtered, Milter } from "./milter.ts";

const TIMEOUT_MS = 1000;

function packet(letter: string, data: string | Uint8Array = ""): Buffer {
  const octets = Buffer.concat([Buffer.from(letter), Buffer.from(data as string, "latin1")]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return Buffer.concat([length, octets]);
}

function lettersOf(octets: Buffer): string {
  let letters = "";
  for (let at = 0; at + 4 < octets.length; at += 4 + octets.readUInt32BE(at)) {
    letters += String.fromCharCode(octets[at + 4] ?? 0);
  }
  return letters;
}

/** Agrees to all that is offered and answers `c` to each command that waits for it, and so at the end. */
function milterSaying(...atTheEnd: readonly Buffer[]): (peer: FakePeer) => void {
  let answered = 0;
  return (peer) => {
    const letters = lettersOf(peer.heard);
    for (; answered < letters.length; answered++) {
      const letter = letters[answered];
      if (letter === "O") peer.say(packet("O", Buffer.from([0, 0, 0, 6, 0, 0, 0, 0x21, 0, 0, 0, 0])));
      else if (letter === "E") for (const said of atTheEnd) peer.say(said);
      else if (letter !== "D" && letter !== "Q" && letter !== "A") peer.say(packet("c"));
    }
  };
}

interface World {
  readonly clock: FakeClock;
  readonly scanner: FakeScanner;
  readonly milter: Milter;
}

function world(onHeard: (peer: FakePeer) => void): World {
  const clock = new FakeClock();
  const scanner = new FakeScanner(onHeard);
  const options = { name: "milter", to: { path: "/milter" }, timeoutMs: TIMEOUT_MS, hostname: "mx.local.test" };
  return { clock, scanner, milter: new Milter({ ...options, dialer: scanner, clock }) };
}

const HEADER = "Received: by us\r\nSubject: hello\r\n\r\n";

async function filter({ milter, clock }: World, body = "hello\r\n"): Promise<Filtered> {
  const octets = Buffer.from(HEADER + body);
  const filtered = milter.filter(
    {
      octets: octetsInMemory(octets),
      sizeOctets: octets.length,
      bodyStart: HEADER.length,
      ownOctets: "Received: by us\r\n".length,
      transaction: {
        client: { name: "[198.51.100.7]", address: "198.51.100.7", port: 1 },
        helo: "client.example",
        sender: "<a@sender.example>",
        senderParameters: [],
        recipients: ["<user@local.test>"],
        macros: { mail: { i: "ID" } },
      },
    },
    new AbortController().signal,
  );
  await nextTurn();
  clock.advance(TIMEOUT_MS);
  return filtered;
}

async function check(onHeard: (peer: FakePeer) => void, expected: RegExp): Promise<void> {
  const tried = world(onHeard);
  const { evidence, fields } = await filter(tried);
  const { result } = evidence;
  assert.ok(result.kind === "unavailable");
  assert.match(`${result.why}: ${result.detail}`, expected);
  assert.deepEqual(fields, []);
  assert.deepEqual([tried.scanner.open, tried.clock.pending], [0, 0]);
}

suite("a message before a milter", () => {
  test("is told in the order of the protocol, its header without our trace, and the milter is thanked", async () => {
    const tried = world(milterSaying(packet("a")));
    const { evidence } = await filter(tried);
    assert.ok(evidence.result.kind === "decided");
    assert.deepEqual([evidence.result.decision, evidence.result.stage], ["accept", "end"]);
    const { heard } = tried.scanner.peer;
    assert.equal(lettersOf(heard), "OCHDMRTLNBEQ");
    assert.ok(heard.includes(packet("L", "Subject\0hello\0")));
    assert.deepEqual([tried.scanner.open, tried.clock.pending], [0, 0]);
  });

  test("a large body goes in pieces of at most 64 KiB", async () => {
    const tried = world(milterSaying(packet("c")));
    await filter(tried, "x".repeat(200_000));
    assert.ok(tried.scanner.peer.largest <= 64 * 1024);
    assert.equal(lettersOf(tried.scanner.peer.heard), "OCHDMRTLNBBBBEQ");
  });

  test("what it says, adds and asks for in vain is evidence", async () => {
    const said = [
      packet("h", "X-Seen\0yes\0"),
      packet("h", "Authentication-Results\0mx.local.test; dkim=pass\0"),
      packet("m", Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.from("X-Spam\0Yes\0")])),
      packet("q", "odd\0"),
      packet("b", "another"),
      packet("y", "550 5.7.1 no\0"),
    ];
    const { evidence, fields } = await filter(world(milterSaying(...said)));
    assert.deepEqual(fields, ["X-Spam: Yes\r\n", "X-Seen: yes\r\n"]);
    assert.deepEqual(evidence.result, {
      kind: "decided",
      decision: "reply",
      stage: "end",
      reply: { code: 550, status: "5.7.1", text: "no" },
      quarantine: "odd",
      saysSpam: "X-Spam",
      added: ["X-Spam: Yes", "X-Seen: yes"],
      notTaken: ["the field Authentication-Results", "another body"],
    });
  });

  test("a milter that hangs, breaks, talks nonsense or is not there did not look", async () => {
    await check(() => undefined, /^slow: no answer in 1000 ms$/);
    await check(milterSaying(), /^slow: no answer in 1000 ms$/);
    await check(milterSaying(packet("p")), /^slow: no answer in 1000 ms$/);
    await check((peer) => peer.hangUp(), /^crashed/);
    await check((peer) => peer.say("220 mx ESMTP\r\n"), /^malformed: milter protocol: malformed$/);
    await check(milterSaying(packet("z")), /^malformed/);
    const tried = world(() => undefined);
    tried.scanner.refusal = { code: "ECONNREFUSED" };
    const { result } = (await filter(tried)).evidence;
    assert.deepEqual(result, { kind: "unavailable", why: "not-there", detail: "ECONNREFUSED" });
  });

  test("one that answers and hangs up at once has answered", async () => {
    const answers = milterSaying(packet("t"));
    const { evidence } = await filter(
      world((peer) => {
        answers(peer);
        if (lettersOf(peer.heard).endsWith("E")) peer.hangUp();
      }),
    );
    assert.equal(evidence.result.kind === "decided" ? evidence.result.decision : evidence.result.why, "tempfail");
  });
});

test("tells that a milter speaks the protocol", async () => {
  assert.deepEqual(await world(milterSaying()).milter.version(), { ok: true, value: "milter protocol 6" });
  const { milter } = world((peer) => peer.say("220 mx ESMTP\r\n"));
  assert.equal((await milter.version()).ok, false);
});
