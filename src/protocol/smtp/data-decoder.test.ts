import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { DataDecoder, NewlineChecker } from "./data-decoder.ts";

const text = fc
  .array(fc.constantFrom("\r\n", "\r\n.", "\r\n.\r\n", "\r", "\n", ".", "x", "\r\n..", "\0"), { maxLength: 24 })
  .map((pieces) => pieces.join(""));
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 });

suite("octets after DATA", () => {
  test("end, content and bare newlines are those of the plain definition, however the octets are cut (R84)", () => {
    fc.assert(
      fc.property(text, cuts, (octets, lengths) => {
        assert.deepEqual(decode(octets, lengths), define(octets));
      }),
      { numRuns: 300 },
    );
  });

  test("a message without dots is handed on in the pieces it came in, not copied", () => {
    const octets = Buffer.from("one\r\ntwo\r\nthree\r\n");
    const slices: Uint8Array[] = [];
    new DataDecoder((slice) => slices.push(slice)).push(octets, 0);
    assert.deepEqual(
      slices.map(({ buffer, length }) => [buffer, length]),
      [[octets.buffer, octets.length]],
    );
  });

  test("a flood of line feeds costs no more than its length", () => {
    // With a search for CR from each LF this would be 2^40 steps.
    const decoder = new DataDecoder(() => assert.fail("nothing of a refused message is handed on"));
    assert.equal(decoder.push(Buffer.alloc(1024 * 1024, "\n"), 0), -1);
    assert.equal(decoder.bareNewline, true);
  });
});

suite("newlines in chunks", () => {
  test("a CR or LF outside CRLF is found, however the octets are cut", () => {
    fc.assert(
      fc.property(text, cuts, (octets, lengths) => {
        const checker = new NewlineChecker();
        for (const piece of split(octets, lengths)) checker.push(piece);
        assert.equal(checker.finish(), /(?<!\r)\n|\r(?!\n)/.test(octets));
      }),
      { numRuns: 300 },
    );
  });
});

interface Outcome {
  readonly ended: boolean;
  readonly rest: string;
  readonly bareNewline: boolean;
  /** Undefined where it is not handed on. */
  readonly content: string | undefined;
}

function decode(octets: string, lengths: readonly number[]): Outcome {
  const content: Uint8Array[] = [];
  const decoder = new DataDecoder((slice) => content.push(slice));
  const pieces = split(octets, lengths);
  for (const [index, piece] of pieces.entries()) {
    const end = decoder.push(piece, 0);
    if (end === -1) continue;
    const rest = Buffer.concat([piece.subarray(end), ...pieces.slice(index + 1)]).toString("latin1");
    return outcome(true, rest, decoder.bareNewline, Buffer.concat(content).toString("latin1"));
  }
  return outcome(false, "", decoder.bareNewline, Buffer.concat(content).toString("latin1"));
}

/** RFC 5321 §4.5.2 and §2.3.8, said with regular expressions over the whole. */
function define(octets: string): Outcome {
  const afterCommand = `\r\n${octets}`;
  const end = afterCommand.indexOf("\r\n.\r\n");
  const ended = end !== -1;
  const raw = ended ? afterCommand.slice(2, end + 2) : octets;
  // Of an unfinished message the last CR may still get its LF, and a dot at the end its meaning.
  const known = ended ? raw : raw.replace(/\r$/, "");
  const bareNewline = /(?<!\r)\n|\r(?!\n)/.test(known);
  const settled = ended ? raw : raw.replace(/(?<=^|\r\n)\.\r?$/, "");
  const content = settled.replace(/(?<=^|\r\n)\./g, "");
  return outcome(ended, ended ? afterCommand.slice(end + 5) : "", bareNewline, content);
}

function outcome(ended: boolean, rest: string, bareNewline: boolean, content: string): Outcome {
  return { ended, rest, bareNewline, content: bareNewline ? undefined : content };
}

function split(octets: string, lengths: readonly number[]): Buffer[] {
  const whole = Buffer.from(octets, "latin1");
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  return [...pieces, whole.subarray(at)];
}
