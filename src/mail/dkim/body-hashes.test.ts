import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { BodyHashes } from "./body-hashes.ts";
import type { Canonicalization } from "./canonicalization.ts";

/** The words of RFC 6376 §3.4.3 and §3.4.4, one after the other, on the whole text. */
function canonical(body: string, form: Canonicalization): string {
  if (form === "simple") return `${withoutEmptyEnd(body)}\r\n`;
  const lines = body.split("\r\n").map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  const text = withoutEmptyEnd(lines.join("\r\n"));
  return text === "" ? "" : `${text}\r\n`;
}

function withoutEmptyEnd(text: string): string {
  let end = text.length;
  while (end >= 2 && text.startsWith("\r\n", end - 2)) end -= 2;
  return text.slice(0, end);
}

function check(body: string, form: Canonicalization, limit: number | undefined, cuts: readonly number[] = []): void {
  const request = { body: form, bodyOctetsMax: limit };
  // Others want other parts of the same body: nobody is in anybody's way.
  const others = [0, 3, undefined].map((bodyOctetsMax) => ({ body: form, bodyOctetsMax }));
  const hashes = new BodyHashes([...others, request, { body: "simple", bodyOctetsMax: 1 }]);
  const octets = Buffer.from(body, "latin1");
  let start = 0;
  for (const cut of [...cuts.map((at) => at % (octets.length + 1)).toSorted((a, b) => a - b), octets.length]) {
    hashes.write(octets.subarray(start, cut));
    start = cut;
  }
  const expected = Buffer.from(canonical(body, form), "latin1");
  const part = expected.subarray(0, limit);
  const hash = createHash("sha256").update(part).digest("base64");
  assert.deepEqual(hashes.end()(request), {
    hash: limit !== undefined && limit > expected.length ? undefined : hash,
    octets: expected.length,
  });
}

/** The octets at which canonical forms turn, crowded. */
const bodies = fc
  .array(fc.constantFrom("a", "b\xe9", " ", "\t", "\r\n", "\r\n\r\n", "\r", "\n", "  \r\n", "\0"), { maxLength: 40 })
  .map((parts) => parts.join(""));

test("any body, cut anywhere, is hashed as the RFC has it, whole and in part", () => {
  const forms = fc.constantFrom<Canonicalization>("simple", "relaxed");
  const limits = fc.option(fc.nat({ max: 60 }), { nil: undefined });
  fc.assert(
    fc.property(bodies, forms, limits, fc.array(fc.nat({ max: 80 }), { maxLength: 5 }), (body, form, limit, cuts) => {
      check(body, form, limit, cuts);
    }),
    { numRuns: 300 },
  );
});

test("every line break may be cut in two, and blanks from the end of their line", () => {
  for (const body of ["a\r\n\r\n \r\nb \r\n", "\r\n\r\na\r\r\n\n", " \t\r\n", " ", "\r", "a \r"]) {
    for (const form of ["simple", "relaxed"] as const) {
      for (let cut = 0; cut <= body.length; cut++) check(body, form, undefined, [cut]);
      check(
        body,
        form,
        undefined,
        Array.from(body, (_, index) => index),
      );
    }
  }
});

test("bodies longer than a block, with line breaks held back for longer than one", () => {
  for (const form of ["simple", "relaxed"] as const) {
    check(`${"x y  z\t\r\n".repeat(8000)}${"\r\n".repeat(40_000)}end`, form, 70_000, [16_384, 65_536]);
    check("\r\n".repeat(100_000), form, undefined, [99_999]);
    check("z".repeat(50_000), form, 16_384);
  }
});
