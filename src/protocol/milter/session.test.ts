import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { connect, header, helo } from "./command.ts";
import { ACTIONS_OFFERED, STEP, STEPS_OFFERED } from "./flags.ts";
import { BODY_CHUNK_OCTETS_MAX, CHANGES_MAX, COMMAND_OCTETS_MAX } from "./limits.ts";
import { type MilterMessage, type MilterOutcome, MilterSession, type MilterStep } from "./session.ts";

const u32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
};
const packet = (letter: string, data: string | Uint8Array = ""): Buffer => {
  const octets = Buffer.concat([Buffer.from(letter), Buffer.from(data)]);
  return Buffer.concat([u32(octets.length), octets]);
};
const agreement = (steps = 0, actions = ACTIONS_OFFERED, version = 6): Buffer =>
  packet("O", Buffer.concat([u32(version), u32(actions), u32(steps)]));
const SILENT = STEPS_OFFERED & ~(STEP.skip | STEP.leadingSpace | 0x7f | STEP.noUnknown | STEP.noData);

const message: MilterMessage = {
  client: { name: "mail.sender.example", address: "198.51.100.7", port: 40000 },
  helo: "mail.sender.example",
  sender: "<a@sender.example>",
  senderParameters: ["SIZE=100"],
  recipients: ["<alice@local.test>", "<bob@local.test>"],
  fields: [
    { name: Buffer.from("Subject"), value: Buffer.from(" hello") },
    { name: Buffer.from("To"), value: Buffer.from(" a,\n b") },
  ],
  macros: { connect: { j: "mx.local.test" }, mail: { i: "ID", "{auth_authen}": "alice" }, end: { i: "ID" } },
};

/** Plays a milter that says all of `said` at its time; the body is given in one piece. */
function play(said: Uint8Array, pieces: readonly number[] = [], body = "text\r\n") {
  const session = new MilterSession(message);
  const sent: Buffer[] = [];
  const cuts = [...pieces.filter((cut) => cut < said.length).toSorted((a, b) => a - b), said.length];
  let at = 0;
  const bodies = [Buffer.from(body)];
  let input: Uint8Array | undefined;
  for (let turn = 0; turn < 20_000; turn++) {
    const step: MilterStep = session.next(input);
    input = undefined;
    switch (step.kind) {
      case "send":
        sent.push(Buffer.from(step.octets));
        break;
      case "receive": {
        const cut = cuts.shift();
        if (cut === undefined) return { end: "waits", sent: lettersOf(sent), raw: Buffer.concat(sent) };
        input = said.subarray(at, cut);
        at = cut;
        break;
      }
      case "read-body":
        input = bodies.shift() ?? Buffer.alloc(0);
        break;
      case "done":
        return { end: step.outcome, sent: lettersOf(sent), raw: Buffer.concat(sent) };
      case "broken":
        return { end: step.problem, sent: lettersOf(sent), raw: Buffer.concat(sent) };
    }
  }
  throw new Error("no end");
}

function lettersOf(sent: readonly Uint8Array[]): string {
  const octets = Buffer.concat(sent);
  let letters = "";
  for (let at = 0; at < octets.length; at += 4 + octets.readUInt32BE(at))
    letters += String.fromCharCode(octets[at + 4]!);
  return letters;
}

function check(said: readonly Uint8Array[], expected: Partial<MilterOutcome> | string, letters?: string): void {
  const { end, sent } = play(Buffer.concat(said));
  if (typeof expected === "string" || typeof end === "string") assert.equal(end, expected);
  else assert.deepEqual({ ...end, ...expected }, end);
  if (letters !== undefined) assert.equal(sent, letters);
}

const CONTINUE = packet("c");
/** Answers to connect, helo, mail, two recipients, data, two fields, the end of the header and the body. */
const THROUGH = [agreement(), ...Array.from({ length: 10 }, () => CONTINUE)];

const decided = (text: string) => {
  const { end } = play(Buffer.concat([...THROUGH, packet("y", `${text}\0`)]));
  return typeof end === "string" ? end : end.decision;
};

const sent = (address: string): string =>
  Buffer.from(connect({ name: "n", address, port: 513 }))
    .subarray(4)
    .toString("latin1");

suite("a milter session", () => {
  test("tells the whole transaction in order, with its macros, and takes the answer at the end", () => {
    check([...THROUGH, packet("a")], { decision: { kind: "accept" }, stage: "end" }, "ODCHDMRRTLLNBDEQ");
  });

  test("writes the octets of the protocol", () => {
    const { raw } = play(Buffer.concat([...THROUGH, CONTINUE]));
    const has = (octets: Buffer): void => assert.ok(raw.includes(octets), octets.toString("latin1"));
    has(packet("O", Buffer.concat([u32(6), u32(ACTIONS_OFFERED), u32(STEPS_OFFERED)])));
    has(packet("D", "Cj\0mx.local.test\0"));
    has(
      packet(
        "C",
        Buffer.concat([
          Buffer.from("mail.sender.example\x004"),
          Buffer.from([0x9c, 0x40]),
          Buffer.from("198.51.100.7\0"),
        ]),
      ),
    );
    has(packet("M", "<a@sender.example>\0SIZE=100\0"));
    has(packet("R", "<bob@local.test>\0"));
    has(packet("L", "Subject\0hello\0"));
    has(packet("L", "To\0a,\n b\0"));
    has(packet("B", "text\r\n"));
  });

  test("writes each kind of client address in its form", () => {
    assert.equal(sent("198.51.100.7"), "Cn\x004\x02\x01198.51.100.7\0");
    assert.equal(sent("2001:db8::7"), "Cn\x006\x02\x012001:db8::7\0");
    assert.equal(sent("unix:/run/lmtp"), "Cn\x00L\0\0/run/lmtp\0");
  });

  test("what others said cannot end a string of the protocol, nor grow over its bound", () => {
    assert.equal(Buffer.from(helo("a\0b")).toString("latin1"), "\0\0\0\x04Hab\0");
    const value = Buffer.concat([Buffer.from("a\0b"), Buffer.alloc(100_000, "x")]);
    const command = header({ name: Buffer.from("X"), value });
    assert.ok(command.length <= COMMAND_OCTETS_MAX + 4);
    assert.ok(Buffer.from(command).subarray(4).toString("latin1").startsWith("LX\0abxx"));
  });

  test("leaves out the steps that the milter does not want, and waits for no answer where none comes", () => {
    const steps = STEP.noConnect | STEP.noHelo | STEP.noBody | STEP.noHeaders | STEP.noData | SILENT;
    check([agreement(steps), CONTINUE], { decision: { kind: "continue" } }, "ODDMRRNDEQ");
    check([agreement(SILENT), CONTINUE], { decision: { kind: "continue" } }, "ODCHDMRRTLLNBDEQ");
  });

  test("keeps the blank in front of a field's value for who asks for it", () => {
    const { raw } = play(Buffer.concat([agreement(SILENT | STEP.leadingSpace), CONTINUE]));
    assert.ok(raw.includes(packet("L", "Subject\0 hello\0")));
  });

  test("an old milter is not told of DATA", () => {
    check([agreement(0, ACTIONS_OFFERED, 2), ...THROUGH.slice(2), packet("c")], {}, "ODCHDMRRLLNBDEQ");
  });

  test("an answer in the middle ends it, and the milter is told that there is no more", () => {
    check([agreement(), packet("r")], { decision: { kind: "reject" }, stage: "connect" }, "ODCAQ");
    check([agreement(), CONTINUE, packet("t")], { decision: { kind: "tempfail" }, stage: "helo" });
    check([...THROUGH.slice(0, 4), packet("d")], { decision: { kind: "discard" }, stage: "recipient" });
  });

  test("who has seen enough of the body gets no more of it", () => {
    check([...THROUGH.slice(0, 10), packet("s"), packet("a")], { decision: { kind: "accept" }, stage: "end" });
  });

  test("replies with a code keep code, status and text; several lines become one", () => {
    assert.deepEqual(decided("554 5.7.1 Gtube pattern"), {
      kind: "reply",
      code: 554,
      status: "5.7.1",
      text: "Gtube pattern",
    });
    assert.deepEqual(decided("451 try again"), { kind: "reply", code: 451, status: null, text: "try again" });
    assert.deepEqual(decided("550-5.7.1 one\r\n550 5.7.1 two"), {
      kind: "reply",
      code: 550,
      status: "5.7.1",
      text: "one two",
    });
    assert.deepEqual(decided("451 5.7.1 odd"), { kind: "reply", code: 451, status: null, text: "odd" });
    assert.deepEqual(decided("550 5.7.1 a\u0007b\u00e4"), { kind: "reply", code: 550, status: "5.7.1", text: "a b" });
    assert.deepEqual(decided("550"), { kind: "reply", code: 550, status: null, text: "" });
    for (const text of ["", "250 2.0.0 fine", "354 go on", "5", "5500 x", "hello"])
      assert.equal(decided(text), "malformed");
  });

  test("what it asks to change is kept where it was agreed on, and named where it was not", () => {
    const end = [
      packet("h", "X-Spam\0Yes\0"),
      packet("i", Buffer.concat([u32(0), Buffer.from("X-First\0one\0")])),
      packet("q", "looks bad\0"),
      packet("m", Buffer.concat([u32(1), Buffer.from("Subject\0new\0")])),
      packet("e", "<x@y.example>\0"),
      packet("+", "<c@local.test>\0"),
      packet("-", "<bob@local.test>\0"),
      packet("b", "new body"),
      packet("p"),
      packet("a"),
    ];
    check([...THROUGH, ...end], {
      changes: [
        { kind: "add-header", index: null, name: "X-Spam", value: "Yes" },
        { kind: "add-header", index: 0, name: "X-First", value: "one" },
        { kind: "quarantine", reason: "looks bad" },
      ],
      notAgreed: [
        { kind: "change-header", index: 1, name: "Subject", value: "new" },
        { kind: "change-from", address: "<x@y.example>" },
        { kind: "add-recipient", address: "<c@local.test>" },
        { kind: "delete-recipient", address: "<bob@local.test>" },
        { kind: "replace-body", octets: 8 },
      ],
    });
  });

  test("a milter that claims more than was offered gets no more", () => {
    const all = agreement(0xffff_ffff & SILENT, 0x1ff);
    check([all, packet("m", Buffer.concat([u32(1), Buffer.from("A\0b\0")])), CONTINUE], { changes: [] });
    const none = agreement(SILENT, 0);
    check([none, packet("h", "X\0y\0"), packet("a")], { changes: [] });
  });

  test("what is no milter is told by its first words", () => {
    check([Buffer.from("220 mx.example ESMTP\r\n")], "malformed");
    check([agreement(0, 0, 7)], "no-agreement");
    check([agreement(0, 0, 1)], "no-agreement");
    check([packet("O", "short")], "malformed");
    check([CONTINUE], "out-of-step");
    check([u32(0)], "malformed");
    check([u32(0x7fff_ffff)], "malformed");
  });

  test("replies out of their place are errors", () => {
    check([agreement(), packet("h", "X\0y\0")], "out-of-step");
    check([agreement(), packet("s")], "out-of-step");
    check([...THROUGH, agreement()], "out-of-step");
    check([...THROUGH, packet("z")], "malformed");
    check([...THROUGH, packet("h", "X without its end")], "malformed");
  });

  test("changes without end are no answer", () => {
    const many = Array.from({ length: CHANGES_MAX + 1 }, () => packet("h", "X\0y\0"));
    check([...THROUGH, ...many, packet("a")], "too-many-changes");
    const large = Array.from({ length: 5 }, () => packet("h", `X\0${"y".repeat(60_000)}\0`));
    check([...THROUGH, ...large, packet("a")], "too-many-changes");
  });

  test("a milter that only says that it is at it is waited for no longer than its bound", () => {
    const busy = Buffer.concat(Array.from({ length: 10_001 }, () => packet("p")));
    check([agreement(), busy, CONTINUE], "malformed");
  });

  test("a chunk of a body is bounded", () => {
    const session = new MilterSession(message);
    let step = session.next();
    const answers = [agreement(SILENT)];
    while (step.kind !== "read-body") step = session.next(step.kind === "receive" ? answers.shift() : undefined);
    assert.throws(() => session.next(Buffer.alloc(BODY_CHUNK_OCTETS_MAX + 1)), RangeError);
  });
});

const scripts = fc.constantFrom(
  [...THROUGH, packet("y", "554 5.7.1 no\0")],
  [...THROUGH, packet("h", "X-Spam\0Yes\0"), packet("p"), packet("a")],
  [agreement(SILENT), packet("i", Buffer.concat([u32(3), Buffer.from("A\0b\0")])), packet("d")],
  [agreement(), CONTINUE, packet("t")],
);

test("the same outcome however the milter's octets are cut", () => {
  fc.assert(
    fc.property(scripts, fc.array(fc.nat(120), { maxLength: 12 }), (script, cuts) => {
      const said = Buffer.concat(script);
      assert.deepEqual(play(said, cuts), play(said));
    }),
    { numRuns: 200 },
  );
});

test("no answer throws", () => {
  const packets = fc
    .tuple(fc.constantFrom(..."Oacrtdfy4psqhim+2-be?".split("")), fc.uint8Array({ maxLength: 40 }))
    .map(([letter, data]) => packet(letter, data));
  const said = fc.array(fc.oneof(packets, fc.uint8Array({ maxLength: 8 }), fc.constant(agreement(SILENT))), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(said, (pieces) => void play(Buffer.concat(pieces))),
    { numRuns: 300 },
  );
});
