import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { ContentEncoder } from "./client-content.ts";
import { DataDecoder } from "./data-decoder.ts";

function encode(pieces: readonly Uint8Array[], stuffsDots: boolean): string {
  const out: Uint8Array[] = [];
  const encoder = new ContentEncoder({ stuffsDots }, (octets) => out.push(Buffer.from(octets)));
  for (const piece of pieces) encoder.push(piece);
  encoder.finish();
  return Buffer.concat(out).toString("latin1");
}

/** The same for every cut into two, and octet by octet. */
function check(message: string, dotted: string, plain = dotted): void {
  const octets = Buffer.from(message, "latin1");
  for (const [stuffsDots, expected] of [[true, dotted] as const, [false, plain] as const]) {
    for (let cut = 0; cut <= octets.length; cut++) {
      assert.equal(encode([octets.subarray(0, cut), octets.subarray(cut)], stuffsDots), expected, `cut at ${cut}`);
    }
    assert.equal(
      encode(
        Array.from(octets, (octet) => Buffer.of(octet)),
        stuffsDots,
      ),
      expected,
    );
  }
}

suite("a message on its way out", () => {
  test("dots at the start of a line are doubled behind DATA (RFC 5321 §4.5.2), and stay as they are in chunks", () => {
    check("a\r\n.b\r\n..c\r\nd.\r\n", "a\r\n..b\r\n...c\r\nd.\r\n", "a\r\n.b\r\n..c\r\nd.\r\n");
    check(".\r\n.\r\n", "..\r\n..\r\n", ".\r\n.\r\n");
    check(".", "..\r\n", ".\r\n");
  });

  test("the last line ends, and nothing is a message without lines", () => {
    check("a", "a\r\n");
    check("a\r\n", "a\r\n");
    check("a\r", "a\r\n");
    check("a\n", "a\r\n");
    check("", "");
  });

  test("a bare CR or LF never leaves: no next hop can take it for another line end than we do (SMTP smuggling; R84)", () => {
    check("a\nb", "a\r\nb\r\n");
    check("a\rb", "a\r\nb\r\n");
    check("a\n\rb", "a\r\n\r\nb\r\n");
    check("a\r\r\nb", "a\r\n\r\nb\r\n");
    const ends = ["\n.\n", "\n.\r", "\r.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r\r\n"];
    for (const end of ends) {
      const lines = end.split(".").at(-1) === "\r\r\n" ? "\r\n\r\n" : "\r\n";
      check(
        `a${end}MAIL FROM:<x@y.test>`,
        `a\r\n..${lines}MAIL FROM:<x@y.test>\r\n`,
        `a\r\n.${lines}MAIL FROM:<x@y.test>\r\n`,
      );
    }
    check("a\r\n.\0\r\n", "a\r\n..\0\r\n", "a\r\n.\0\r\n");
  });

  test("whatever the message, what goes out ends nowhere before its end, and comes out as its lines", () => {
    const octets = fc.array(fc.constantFrom("\r", "\n", ".", "a", "\0", "\r\n", "\r\n."), { maxLength: 40 });
    fc.assert(
      fc.property(octets, fc.nat(40), (parts, cut) => {
        const message = Buffer.from(parts.join(""), "latin1");
        const sent = encode([message.subarray(0, cut), message.subarray(cut)], true);
        const received: Uint8Array[] = [];
        const decoder = new DataDecoder((slice) => received.push(Buffer.from(slice)));
        const wire = Buffer.from(`${sent}.\r\n`, "latin1");
        assert.equal(decoder.push(wire, 0), wire.length);
        assert.equal(decoder.bareNewline, false);
        const asLines = message.toString("latin1").replace(/\r\n|\r|\n/g, "\r\n");
        const whole = asLines === "" || asLines.endsWith("\r\n") ? asLines : `${asLines}\r\n`;
        assert.equal(Buffer.concat(received).toString("latin1"), whole);
      }),
      { numRuns: 300 },
    );
  });

  test("slices of what is held go out, not copies", () => {
    const octets = Buffer.from(`${"x".repeat(70)}\r\n`.repeat(1000));
    const out: Uint8Array[] = [];
    new ContentEncoder({ stuffsDots: true }, (slice) => out.push(slice)).push(octets);
    assert.equal(out.length, 1);
    assert.equal(out[0]?.buffer, octets.buffer);
  });
});
