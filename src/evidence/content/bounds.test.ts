/** The normal form of a text may take the square of its marks that combine: none of a message's may be long. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestContext, test } from "node:test";
import { scanMessage } from "#mail/mime/scanner.ts";
import { checkContent } from "./check-content.ts";
import { octetsInMemory } from "./message-octets.ts";

const MARKS = "\u0344\u0345".repeat(5000);
/** Characters: the end of a file's name. */
const NORMALISED_MAX = 255;

// oxlint-disable-next-line typescript/unbound-method -- called with the text as its `this`
const { normalize } = String.prototype;

async function check(t: TestContext, header: string, isFound: boolean): Promise<void> {
  let longest = 0;
  t.mock.method(String.prototype, "normalize", function (this: string, form?: string): string {
    longest = Math.max(longest, this.length);
    return normalize.call(this, form);
  });
  const octets = Buffer.from(`${header}\r\n\r\nx`);
  const around = { receivedAtMs: 0, mailFromDomain: null, isFromOutside: true, isOwnDomain: () => false };
  const { files } = await checkContent({ index: scanMessage(octets), octets: octetsInMemory(octets), ...around });
  t.mock.restoreAll();
  assert.ok(longest <= NORMALISED_MAX, `${longest} characters at once`);
  assert.equal(files.length > 0, isFound);
}

test("a long file name is known by its end", (t) =>
  check(t, `Content-Type: application/x; name="a${MARKS.slice(0, 600)}.pdf.exe"`, true));

test("a long display name, local-part or domain in From is not brought into its normal form", async (t) => {
  await check(t, `From: "${MARKS} a@b.example" <a@b.example>`, false);
  await check(t, `From: <${MARKS}@b.example>`, false);
  await check(t, `From: "x@${MARKS}.example" <a@${MARKS}.example>`, false);
});
