/** Messages made to break whoever reads them. Each is well under the size limit. */

export interface Monster {
  readonly name: string;
  /** Built when asked for: together they are large. */
  readonly content: (from: string) => Buffer;
}

function head(from: string): string {
  return `From: <${from}>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nSubject: monster\r\n`;
}

function nested(from: string, depth: number): string {
  const parts: string[] = [head(from), "MIME-Version: 1.0\r\n"];
  for (let level = 0; level < depth; level += 1)
    parts.push(`Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`);
  parts.push("\r\nat the bottom\r\n");
  return parts.join("");
}

function wide(from: string, count: number): string {
  return `${head(from)}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nabcd\r\n".repeat(count)}--b--\r\n`;
}

export const monsters: readonly Monster[] = [
  { name: "NULs", content: (from) => Buffer.from(`${head(from)}\r\n${"\0".repeat(1000)}\r\n`) },
  {
    name: "a header field of 1 MB",
    content: (from) => Buffer.from(`${head(from)}X-Long: ${"x".repeat(1_000_000)}\r\n\r\nx\r\n`),
  },
  {
    name: "a header of 1 MB in folded lines",
    content: (from) => Buffer.from(`${head(from)}X-Long: a\r\n${` ${"x".repeat(70)}\r\n`.repeat(14_000)}\r\nx\r\n`),
  },
  {
    name: "100,000 header fields",
    content: (from) => Buffer.from(`${head(from)}${"X-A: b\r\n".repeat(100_000)}\r\nx\r\n`),
  },
  { name: "a header that never ends", content: () => Buffer.from("x: y\r\n".repeat(500_000)) },
  { name: "100,000 nested multiparts", content: (from) => Buffer.from(nested(from, 100_000)) },
  { name: "1,000,000 parts of 4 octets", content: (from) => Buffer.from(wide(from, 1_000_000)) },
  {
    name: "a multipart that ends before it begins",
    content: (from) =>
      Buffer.from(`${head(from)}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n`),
  },
  {
    name: "50,000 Received fields",
    content: (from) => Buffer.from(`${"Received: from a.test by b.test; x\r\n".repeat(50_000)}${head(from)}\r\nx\r\n`),
  },
  {
    name: "1,000 levels of attached messages",
    content: (from) =>
      Buffer.from(`${head(from)}${"Content-Type: message/rfc822\r\n\r\n".repeat(1000)}Subject: inside\r\n\r\nx\r\n`),
  },
  {
    name: "a To field with 100,000 addresses",
    content: (from) => Buffer.from(`${head(from)}To: ${"<a@b.test>,\r\n ".repeat(100_000)}<c@d.test>\r\n\r\nx\r\n`),
  },
  {
    name: "parentheses that open 500,000 times",
    content: (from) => Buffer.from(`${head(from)}To: ${`${"(".repeat(900)}\r\n `.repeat(555)}<c@d.test>\r\n\r\nx\r\n`),
  },
];
