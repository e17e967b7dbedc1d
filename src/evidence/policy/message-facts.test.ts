import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { MimeScanner } from "#mail/mime/scanner.ts";
import { octetsInMemory } from "../content/message-octets.ts";
import { ATTACHMENTS_MAX, FIELDS_CHARACTERS_MAX, FIELDS_MAX, TEXT_CHARACTERS_MAX, TEXT_OCTETS_MAX } from "./limits.ts";
import { type MessageFacts, messageFacts } from "./message-facts.ts";

/** @param text its lines end in LF here. */
async function facts(text: string): Promise<MessageFacts & { readonly readMax: number }> {
  const octets = Buffer.from(text.replaceAll("\n", "\r\n"));
  const scanner = new MimeScanner();
  scanner.push(octets);
  const memory = octetsInMemory(octets);
  let readMax = 0;
  const read = (start: number, end: number): Promise<Uint8Array> => {
    readMax = Math.max(readMax, end - start);
    return memory.read(start, end);
  };
  return { ...(await messageFacts(scanner.finish(), { read })), readMax };
}

const part = (header: string, body: string): string => `--b\n${header}\n\n${body}\n`;
const mixed = (...parts: string[]): string => `Content-Type: multipart/mixed; boundary=b\n\n${parts.join("")}--b--\n`;

suite("what a policy file is told of a message", () => {
  test("is decoded", async () => {
    const found = await facts(
      `Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nFrom: =?utf-8?q?J=C3=B6rg?= <j@a.example>, k@a.example\nTo: nobody:;\n${mixed(
        part(
          "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
          "<b>h=E4llo</b>",
        ),
        part('Content-Type: application/pdf; name="=?utf-8?q?b=C3=BC.pdf?="', "abc"),
        part("Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.txt", "in a file"),
      )}`,
    );
    assert.equal(found.subject, "grüße");
    assert.deepEqual(found.from, [
      { name: "Jörg", address: "j@a.example" },
      { name: "", address: "k@a.example" },
    ]);
    assert.deepEqual(found.to, []);
    assert.equal(found.text.trim(), "hällo");
    assert.deepEqual(found.attachments, [
      { name: "bü.pdf", type: "application/pdf", sizeOctets: 3 },
      { name: "ü.txt", type: "text/plain", sizeOctets: 9 },
    ]);
    assert.equal(found.isCut, false);
  });

  test("of one that says nothing is empty", async () => {
    const { readMax, ...found } = await facts("\n");
    assert.equal(readMax, 2);
    assert.deepEqual(found, {
      sizeOctets: 2,
      messageId: null,
      subject: "",
      from: [],
      to: [],
      cc: [],
      headers: [],
      attachments: [],
      text: "",
      isCut: false,
    });
  });

  test("is bounded, and says so: text, header, attachments", async () => {
    const long = await facts(`Subject: a\n\n${"x".repeat(1_000_000)}\n`);
    assert.deepEqual([long.text.length, long.isCut], [TEXT_CHARACTERS_MAX, true]);
    assert.ok(long.readMax <= TEXT_OCTETS_MAX);
    const many = await facts(`${"X-A: b\n".repeat(FIELDS_MAX + 1)}\n`);
    assert.deepEqual([many.headers.length, many.isCut], [FIELDS_MAX, true]);
    const wide = await facts(`${`X-A: ${"b".repeat(3000)}\n`.repeat(50)}\n`);
    const characters = wide.headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
    assert.ok(characters <= FIELDS_CHARACTERS_MAX && wide.isCut);
    const files = mixed(...Array.from({ length: ATTACHMENTS_MAX + 1 }, () => part("Content-Type: a/b; name=c", "d")));
    const held = await facts(files);
    assert.deepEqual([held.attachments.length, held.isCut], [ATTACHMENTS_MAX, true]);
  });
});
