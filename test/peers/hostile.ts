/** Messages made to cost whoever looks at them more than they cost to send. Each is within what a server takes. */
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { type Monster, monsters } from "./monsters.ts";

const MEBIBYTE = 1024 * 1024;

function head(from: string, contentType = "text/plain", encoding = "7bit"): string {
  return `From: <${from}>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\nSubject: hostile\r\nMIME-Version: 1.0\r\nContent-Type: ${contentType}\r\nContent-Transfer-Encoding: ${encoding}\r\n`;
}

function html(from: string, body: string): Buffer {
  return Buffer.from(`${head(from, "text/html; charset=utf-8", "8bit")}\r\n${body}\r\n`);
}

function attached(from: string, names: readonly string[], encoding: string, body: string): Buffer {
  const parts = names.map(
    (name) =>
      `--b\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`,
  );
  return Buffer.from(`${head(from, "multipart/mixed; boundary=b")}\r\n${parts.join("")}--b--\r\n`);
}

/** A file of zeros that unpacks to a thousand times its size, and a directory that lies about it. */
function zipBomb(files: number): Buffer {
  const packed = deflateRawSync(Buffer.alloc(10 * MEBIBYTE), { level: 9 });
  const local = Buffer.alloc(31);
  local.write("PK\x03\x04", "latin1");
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(0xffffffff, 22);
  local.writeUInt16LE(1, 26);
  local.write("a", 30);
  const entry = Buffer.alloc(47);
  entry.write("PK\x01\x02", "latin1");
  entry.writeUInt16LE(1, 28);
  entry.write("a", 46);
  const directory = Buffer.concat(Array.from({ length: files }, () => entry));
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files, 10);
  end.writeUInt32LE(directory.length, 12);
  return Buffer.concat([local, packed, directory, end]);
}

function base64(octets: Buffer): string {
  return octets.toString("base64").replace(/.{76}/g, "$&\r\n");
}

function signature(number: number): string {
  const hash = Buffer.alloc(32, number).toString("base64");
  const value = Buffer.alloc(256, number).toString("base64");
  return `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d${number}.test; s=s; h=from:subject:date:x:x:x; bh=${hash};\r\n b=${value}\r\n`;
}

/** Each letter of a word in another charset and encoding. */
const tenEncodings = [
  "utf-8?q?=41",
  "utf-16?b?AEI=",
  "iso-2022-jp?b?GyRCJCIbKEI=",
  "utf-7?q?+AEQ-",
  "koi8-r?q?=C5",
  "gb18030?b?o8Y=",
  "euc-kr?q?=A3=C7",
  "windows-1252?q?=48",
  "shift_jis?b?gmg=",
  "big5?q?=A2=D8",
]
  .map((word) => `=?${word}?=`)
  .join("\r\n ");

export const hostile: readonly Monster[] = [
  {
    name: "1,000 signatures",
    content: (from) =>
      Buffer.from(
        `${Array.from({ length: 1000 }, (_, i) => signature(i))
          .join("")
          .slice(0, 240_000)}\r\n${head(from)}\r\nx\r\n`,
      ),
  },
  {
    name: "10 signatures over a header of 250 KiB in folded lines",
    content: (from) =>
      Buffer.from(
        `${Array.from({ length: 10 }, (_, i) => signature(i)).join("")}${head(from)}X: ${"a\r\n ".repeat(60_000)}b\r\n\r\nx\r\n`,
      ),
  },
  {
    name: "a header of 20 MiB",
    content: (from) => Buffer.from(`${head(from)}${"X-A: b\r\n".repeat((20 * MEBIBYTE) / 8)}\r\nx\r\n`),
  },
  {
    name: "20 MiB of headers of parts",
    content: (from) =>
      Buffer.from(
        `${head(from, "multipart/mixed; boundary=b")}\r\n${`--b\r\n${"X-A: b\r\n".repeat(30_000)}\r\nx\r\n`.repeat(80)}--b--\r\n`,
      ),
  },
  { name: "200,000 nested tags", content: (from) => html(from, `${"<div>".repeat(200_000)}x`) },
  { name: "200,000 nested links", content: (from) => html(from, `${'<a href="http://x.test/">'.repeat(40_000)}x`) },
  {
    name: "100,000 links",
    content: (from) =>
      html(
        from,
        Array.from({ length: 100_000 }, (_, i) => `<a href="http://h${i}.d${i}.test/">h${i}.test</a>\r\n`).join(""),
      ),
  },
  {
    name: "100,000 bare hosts in text",
    content: (from) =>
      Buffer.from(`${head(from)}\r\n${Array.from({ length: 100_000 }, (_, i) => `h${i}.example.com\r\n`).join("")}`),
  },
  {
    name: "text of full-width letters",
    content: (from) =>
      Buffer.from(`${head(from, "text/plain; charset=utf-8", "8bit")}\r\n${"ｗｗｗ．ａ。ｃｏｍ ".repeat(40_000)}\r\n`),
  },
  {
    name: "a base64 line of 10 MiB",
    content: (from) =>
      Buffer.from(
        `${head(from, "text/html; charset=utf-8", "base64")}\r\n${Buffer.alloc(7.5 * MEBIBYTE, "<a href=x>").toString("base64")}\r\n`,
      ),
  },
  {
    name: "text attachments in base64, 64 of 16 KiB",
    content: (from) =>
      attached(
        from,
        Array.from({ length: 64 }, (_, i) => `${i}.txt`),
        "base64",
        base64(Buffer.alloc(12_288, "a.b.test ")),
      ),
  },
  {
    name: "zip bombs",
    content: (from) => attached(from, ["a.zip", "b.zip", "c.docx", "d.xlsm"], "base64", base64(zipBomb(2000))),
  },
  {
    name: "zip bombs whose base64 is cut four ways",
    content: (from) =>
      attached(from, ["a.zip", "b.zip"], "base64", `A${base64(zipBomb(2000)).replaceAll("\r\n", "\r\n ")}`),
  },
  {
    name: "ten encodings in one word, a thousand times",
    content: (from) => Buffer.from(`Subject: ${`${tenEncodings}\r\n `.repeat(700)}x\r\n${head(from)}\r\nx\r\n`),
  },
  {
    name: "names of attachments full of marks that combine",
    content: (from) =>
      attached(
        from,
        Array.from({ length: 7 }, () => `a${"\u0344\u0345".repeat(8_000)}.pdf`),
        "7bit",
        "x",
      ),
  },
  {
    name: "a display name full of marks that combine",
    content: (from) => Buffer.from(`From: "${"\u0344\u0345".repeat(7_000)} a@b.test" <${from}>\r\n\r\nx\r\n`),
  },
  {
    name: "250 KiB of quotes and brackets in To",
    content: (from) => Buffer.from(`${head(from)}To: ${`"\\"<(`.repeat(45_000)}\r\n\r\nx\r\n`),
  },
  ...monsters,
];
