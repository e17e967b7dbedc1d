/** What the MIME scan costs a delivered message: microseconds for a typical one of 10 KiB, and MiB/s for a large one in chunks. */
import { Buffer } from "node:buffer";
import { MimeScanner } from "#mail/mime/scanner.ts";

const CHUNK_OCTETS = 64 * 1024;
const TEXT_LINE = "The quick brown fox jumps over the lazy dog, and then it does the same again.\r\n";
const BASE64_LINE = `${"QUJD".repeat(19)}\r\n`;

const prefix = Buffer.from(
  "Received: from mail.example.org (mail.example.org [192.0.2.25])\r\n\tby mx1.example.com with ESMTPS id 01J8ZQ\r\n\tfor <user@example.com>; Fri, 13 Sep 2024 10:00:00 +0000\r\n",
);

const header = `Received: from out.example.org (localhost [127.0.0.1])
\tby mail.example.org (Postfix) with ESMTPS id 4Wq3yY2rZ
\tfor <user@example.com>; Fri, 13 Sep 2024 12:00:00 +0200 (CEST)
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=mail;
\tt=1726221600; h=from:to:subject:date:message-id:mime-version:content-type;
\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb=${"QUJD".repeat(80)}
From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <juergen@example.org>
To: "Doe, Jane" <jane@example.com>, user@example.com
Cc: team: one@example.com, two@example.com;
Subject: =?utf-8?q?Quarterly_figures_and_a_few_other_things?=
Date: Fri, 13 Sep 2024 12:00:00 +0200
Message-ID: <4Wq3yY2rZ.1726221600@mail.example.org>
In-Reply-To: <previous@example.com>
References: <first@example.com> <previous@example.com>
User-Agent: Mozilla Thunderbird
X-Mailer: something
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="------------mixed0123456789"
`.replaceAll("\n", "\r\n");

function message(attachmentOctets: number): Buffer {
  const text = TEXT_LINE.repeat(40);
  const html = `<html><body>${`<p>${TEXT_LINE}</p>`.repeat(20)}</body></html>\r\n`;
  const attachment = BASE64_LINE.repeat(Math.ceil(attachmentOctets / BASE64_LINE.length));
  return Buffer.from(
    [
      `${header}\r\nThis is a multi-part message in MIME format.\r\n--------------mixed0123456789\r\n`,
      'Content-Type: multipart/alternative; boundary="------------alt0123456789"\r\n\r\n',
      `--------------alt0123456789\r\nContent-Type: text/plain; charset=UTF-8; format=flowed\r\n\r\n${text}\r\n`,
      `--------------alt0123456789\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n${html}\r\n`,
      "--------------alt0123456789--\r\n\r\n--------------mixed0123456789\r\n",
      'Content-Type: application/pdf; name="figures.pdf"\r\nContent-Transfer-Encoding: base64\r\n',
      `Content-Disposition: attachment; filename="figures.pdf"\r\n\r\n${attachment}\r\n`,
      "--------------mixed0123456789--\r\n",
    ].join(""),
  );
}

/** Made to be slow: none may hold up the other sessions for long. */
const hostile: Readonly<Record<string, string>> = {
  "multiparts, nested": Array.from(
    { length: 100_000 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
  ).join(""),
  "parts of 4 octets": `Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nabcd\n".repeat(1_000_000)}`,
  "digest of small headers": `Content-Type: multipart/digest; boundary=b\n\n${`--b\n\nTo: ${"a@b,".repeat(250)}\n\nx\n`.repeat(2000)}`,
  parentheses: `From: ${"(".repeat(100_000)}\nContent-Type: ${"(".repeat(100_000)}\n\n`,
  addresses: `To: ${"a@b,".repeat(100_000)}\n\n`,
  "Received fields": `${"Received: from a by b\n".repeat(50_000)}\n`,
  "header of 1 MB": `Subject: ${"x".repeat(1_000_000)}\n\nbody`,
  "fields of 3 octets": "a:\n".repeat(300_000),
};

/** @returns the longest time one chunk, or the end, took, in milliseconds. */
function scan(octets: Buffer): number {
  let worstMs = 0;
  const scanner = new MimeScanner({ prefix });
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
    const start = performance.now();
    scanner.push(octets.subarray(at, at + CHUNK_OCTETS));
    worstMs = Math.max(worstMs, performance.now() - start);
  }
  const start = performance.now();
  scanner.finish();
  return Math.max(worstMs, performance.now() - start);
}

/** The median of many runs, in microseconds. */
function medianUs(octets: Buffer, runs: number): number {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = process.hrtime.bigint();
    scan(octets);
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  return times.toSorted((left, right) => left - right)[runs >> 1]!;
}

const small = message(2600);
const large = message(50 * 1024 * 1024);
medianUs(small, 5000);
const smallUs = medianUs(small, 5000);
const largeUs = medianUs(large, 5);
console.log(`${small.length} octets: ${smallUs.toFixed(1)} µs a message`);
console.log(`${large.length} octets: ${(large.length / 1.048576 / largeUs).toFixed(0)} MiB/s`);
for (const [name, text] of Object.entries(hostile)) {
  const octets = Buffer.from(text);
  const start = performance.now();
  const worstMs = scan(octets);
  const totalMs = performance.now() - start;
  console.log(`${name}: ${totalMs.toFixed(0)} ms in all, ${worstMs.toFixed(1)} ms for the slowest chunk`);
}
