import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { MimeScanner, scanMessage } from "./scanner.ts";
import type { MessageIndex, MimePart } from "./structure.ts";

/** Pieces of structure in any order: broken in every way that can be made of them. */
const fragment = fc.constantFrom(
  "Content-Type: multipart/mixed; boundary=b\n",
  "Content-Type: multipart/digest; boundary=b-1\r\n",
  "Content-Type: message/rfc822\n",
  "Content-Type: text/html\n",
  "Subject: x\r\n folded\r\n",
  "\n",
  "\r\n",
  "--b\n",
  "--b\r\n",
  "--b-1 \n",
  "--b--\n",
  "\n--b-1--\r\n",
  "-",
  "--",
  "\r",
  "text\n",
  "x".repeat(1100),
  "\n",
  "\n",
);
const soup = fc
  .array(fragment, { maxLength: 30 })
  .map((pieces) => Buffer.from(`Content-Type: multipart/mixed; boundary=b\n${pieces.join("")}`));

suite("MIME structure", () => {
  test("of a plain message", () => check("Subject: x\n\nhello\n", 'text/plain "hello\\n"'));

  test("of a multipart: preamble, parts, epilogue (RFC 2046 §5.1.1)", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n\n--b--\nepilogue\n",
      `multipart/mixed
         text/plain "one"
         text/html "two\\n"`,
    ));

  test("with CRLF, LF and a mixture: the line break in front of a delimiter is its own", () => {
    for (const [first, second] of [
      ["\r\n", "\r\n"],
      ["\r\n", "\n"],
      ["\n", "\r\n"],
    ]) {
      check(
        `Content-Type: multipart/mixed; boundary=b${second}${first}--b${first}${second}one${first}--b${second}${first}two${second}--b--`,
        `multipart/mixed
           text/plain "one"
           text/plain "two"`,
      );
    }
  });

  test("with a message inside, and a multipart in that", () =>
    check(
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nx\n--i--\n--o--\n",
      `multipart/mixed
         message/rfc822 "in"
           multipart/alternative
             text/plain "x"`,
    ));

  test("message/global is a message too (RFC 6532)", () =>
    check(
      "Content-Type: message/global\n\nSubject: in\n\nx",
      `message/global "in"
         text/plain "x"`,
    ));

  test("parts of a digest are messages where they do not say otherwise (RFC 2046 §5.1.5)", () =>
    check(
      "Content-Type: multipart/digest; boundary=d\n\n--d \n\nSubject: one\n\n1\n--d\nContent-Type: text/plain\n\n2\n--d--\n",
      `multipart/digest
         message/rfc822 "one"
           text/plain "1"
         text/plain "2"`,
    ));

  test("a boundary may be folded, and padded with white space on its lines", () =>
    check(
      'Content-Type: multipart/mixed; boundary="foo\r\n bar"\r\n\r\n--foo bar \t\r\n\r\nx\r\n--foo bar-- \r\n',
      `multipart/mixed
         text/plain "x"`,
    ));

  test("a boundary with octets over 127 is compared as octets, UTF-8 or not", () => {
    for (const encoding of ["utf8", "latin1"] as const) {
      const octets = Buffer.from("Content-Type: multipart/mixed; boundary=bü\n\n--bü\n\nx\n--bü--\n", encoding);
      assert.equal(
        sketch(octets, scanMessage(octets).root),
        `multipart/mixed
  text/plain "x"`,
      );
    }
  });

  test("children end before their parents, in a message without an end", () =>
    check(
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nnever closed\n",
      `multipart/mixed
         multipart/mixed
           text/plain "never closed\\n"`,
    ));
});

suite("MIME structure of a broken message", () => {
  test("an outer delimiter ends all that is open inside (RFC 2046 §5.1.2)", () =>
    check(
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--\n",
      `multipart/mixed
         multipart/mixed
           text/plain "one"
         text/plain "two"`,
    ));

  test("one boundary that begins another is no trouble: the longest that fits counts", () => {
    const inner = 'text/plain "one"';
    for (const [outer, nested] of [
      ["b", "b-1"],
      ["b-1", "b"],
    ]) {
      check(
        `Content-Type: multipart/mixed; boundary=${outer}\n\n--${outer}\nContent-Type: multipart/mixed; boundary=${nested}\n\n--${nested}\n\none\n--${nested}--\n--${nested}--\n--${outer}\n\ntwo\n--${outer}--\n`,
        `multipart/mixed
           multipart/mixed
             ${inner}
           text/plain "two"`,
      );
    }
  });

  test("the same boundary inside and outside: the innermost open one counts", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
      `multipart/mixed
         multipart/mixed
           text/plain "one"
         text/plain "two"`,
    ));

  test("what follows the boundary on its line is ignored (RFC 2046 §5.1.1)", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\n--b and more\n\none\n--b-- and more\n--b\n\nepilogue\n",
      `multipart/mixed
         text/plain "one"`,
    ));

  test("a closing delimiter before any part: no parts (R82)", () =>
    check("Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b--\n", "multipart/mixed"));

  test("delimiters right behind each other: empty parts", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\nContent-Type: text/html\n--b--",
      `multipart/mixed
         text/plain ""
         text/html ""`,
    ));

  test("a multipart without a boundary, or whose delimiters never come, is text (RFC 2045 §5.2)", () => {
    check("Content-Type: multipart/mixed\n\nreadable\n", 'text/plain "readable\\n"');
    check('Content-Type: multipart/mixed; boundary="  "\n\nreadable\n', 'text/plain "readable\\n"');
    check("Content-Type: multipart/mixed; boundary=b\n\nreadable\n", 'text/plain "readable\\n"');
  });

  test("a header without a body, and a body without a header", () => {
    check("Subject: x\n", 'text/plain ""');
    check("Subject: x", 'text/plain ""');
    check("\nbody", 'text/plain "body"');
    check("", 'text/plain ""');
    check("Hello there,\nthis is all.\n", 'text/plain "Hello there,\\nthis is all.\\n"');
  });

  test("a body that follows the header without an empty line is still body", () =>
    check("Subject: x\nHello there\n\nand more\n", 'text/plain "Hello there\\n\\nand more\\n"'));

  test("a line that is no field, between fields, hides none of them", () =>
    check("Subject: x\ngarbage\nContent-Type: text/html\n\nbody", 'text/html "body"'));

  test("an mbox From line is no field and no body", () => {
    check("From user@host Fri Feb 22 17:06:23 2008\nContent-Type: text/html\n\nbody", 'text/html "body"');
    check(">From user@host Fri Feb 22 17:06:23 2008\n\nbody", 'text/plain "body"');
  });

  test("a message part without a header holds text", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nno header here\nat all\n--b--\n",
      `multipart/mixed
         message/rfc822 null
           text/plain "no header here\\nat all"`,
    ));

  test("a message part without a body is an empty message", () =>
    check(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n--b--\n",
      `multipart/mixed
         message/rfc822 null
           text/plain ""`,
    ));

  test("NULs and octets over 127 are octets like others (R83)", () =>
    check("Subject: \0\xff\n\n\0\xff\n", 'text/plain "\\u0000ÿ\\n"'));

  test("an unknown type is kept, in lower case", () =>
    check("Content-Type: X-Foo/Bar-Baz; x=1\n\nx", 'x-foo/bar-baz "x"'));
});

suite("MIME index", () => {
  test("has ranges, lines and fields of each part", () => {
    const index = scanMessage(
      Buffer.from(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png; name=a.png\r\nContent-ID: <1@x>\r\nContent-Description: a\r\n picture\r\nContent-Transfer-Encoding: BASE64\r\nContent-MD5: Q2hlY2s=\r\nContent-Disposition: inline; filename=a.png\r\nContent-Language: en, de\r\nContent-Location: http://x.test/a.png\r\n\r\nAAAA\r\nBBBB\r\n\r\n--b--\r\n",
      ),
    );
    assert.deepEqual(index.root.parts?.[0], {
      headerStart: 50,
      bodyStart: 310,
      bodyEnd: 322,
      bodyLines: 2,
      type: "image",
      subtype: "png",
      parameters: [["name", "a.png"]],
      contentId: "<1@x>",
      description: "a picture",
      encoding: "base64",
      md5: "Q2hlY2s=",
      disposition: { type: "inline", parameters: [["filename", "a.png"]] },
      language: ["en", "de"],
      location: "http://x.test/a.png",
    });
  });

  test("counts the trace fields in front like the rest of the header", () => {
    const scanner = new MimeScanner({ prefix: Buffer.from("Received: from a by b\r\n") });
    scanner.push(Buffer.from("Received: from c by a\r\nSubject: x\r\n\r\nbody"));
    const index = scanner.finish();
    assert.deepEqual(
      [index.receivedCount, index.envelope.subject, index.root.bodyStart, index.sizeOctets],
      [2, "x", 60, 64],
    );
  });

  test("takes a body behind trace fields for a body, not for broken fields", () => {
    const scanner = new MimeScanner({ prefix: Buffer.from("Received: from a by b\r\n") });
    scanner.push(Buffer.from("Just text\r\n\r\nand more"));
    assert.equal(scanner.finish().root.bodyStart, 23);
  });

  test("has the envelope, Sender and Reply-To filled in from From (RFC 3501 §7.4.2)", () => {
    const { envelope, sentAtMs } = scanMessage(
      Buffer.from(
        "Date: Thu, 15 Feb 2007 01:02:03 +0200\nFrom: A <a@x.test>\nSender:\nTo: b@x.test\nTo: c@x.test\nSubject: =?utf-8?q?=C3=BC?=\n one\nIn-Reply-To: <1@x>\nMessage-ID: <2@x>\n\n",
      ),
    );
    const from = [{ name: "A", route: null, mailbox: "a", host: "x.test" }];
    assert.deepEqual(envelope, {
      date: "Thu, 15 Feb 2007 01:02:03 +0200",
      subject: "=?utf-8?q?=C3=BC?= one",
      from,
      sender: from,
      replyTo: from,
      to: [
        { name: null, route: null, mailbox: "b", host: "x.test" },
        { name: null, route: null, mailbox: "c", host: "x.test" },
      ],
      cc: null,
      bcc: null,
      inReplyTo: "<1@x>",
      messageId: "<2@x>",
    });
    assert.equal(sentAtMs, Date.UTC(2007, 1, 14, 23, 2, 3));
  });

  test("previews the first text that can be read, and no attachment", () => {
    const message = [
      "Content-Type: multipart/mixed; boundary=b\n\n",
      textPart("text/plain\nContent-Disposition: attachment", "attached"),
      textPart("text/plain", " \n "),
      textPart(
        "text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
        "<p>gr=FCn &amp;\n blau</p>",
      ),
      textPart("text/plain", "later"),
      "--b--\n",
    ];
    assert.equal(scanMessage(Buffer.from(message.join(""))).preview, "grün & blau");
  });

  test("is the same however the octets are cut", () => {
    fc.assert(
      fc.property(soup, fc.array(fc.integer({ min: 1, max: 40 })), (whole, cuts) => {
        assert.deepEqual(scanInPieces(whole, cuts), scanMessage(whole));
        assert.deepEqual(scanInPieces(whole, [1]), scanMessage(whole));
      }),
      { numRuns: 300 },
    );
  });

  test("has ranges that lie in order inside those of the parent, and their lines counted", () => {
    fc.assert(
      fc.property(soup, (whole) => assertSound(scanMessage(whole).root, whole)),
      { numRuns: 300 },
    );
  });

  test("does not keep the caller's memory", () => {
    const octets = Buffer.from(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\nreadable\n--b--\n",
    );
    const scanner = new MimeScanner();
    for (let at = 0; at < octets.length; at += 30) {
      const chunk = Buffer.from(octets.subarray(at, at + 30));
      scanner.push(chunk);
      chunk.fill("x");
    }
    assert.deepEqual(scanner.finish(), scanMessage(octets));
  });
});

/** The one place that shows a structure: one line a part, `type/subtype`, a leaf's octets, a held message's subject. */
function check(message: string, expected: string): void {
  const octets = Buffer.from(message, "latin1");
  const lines = expected.split("\n").map((line) => line.trim());
  const actual = sketch(octets, scanMessage(octets).root).split("\n");
  assert.deepEqual(
    actual.map((line) => line.trim()),
    lines,
  );
  // Depth is shown by indentation: compare it relative to the first nested line.
  const indents = expected.split("\n").map((line) => line.search(/\S/));
  const nested = Math.min(...indents.slice(1));
  assert.deepEqual(
    actual.slice(1).map((line) => line.search(/\S/) - 2),
    indents.slice(1).map((indent) => indent - nested),
  );
}

function sketch(octets: Buffer, part: MimePart, indent = ""): string {
  const type = `${indent}${part.type}/${part.subtype}`;
  if (part.message !== undefined) {
    const subject = JSON.stringify(part.message.envelope.subject);
    return `${type} ${subject}\n${sketch(octets, part.message.root, `${indent}  `)}`;
  }
  if (part.parts !== undefined) {
    return [type, ...part.parts.map((child) => sketch(octets, child, `${indent}  `))].join("\n");
  }
  return `${type} ${JSON.stringify(octets.toString("latin1", part.bodyStart, part.bodyEnd))}`;
}

function textPart(type: string, body: string): string {
  return `--b\nContent-Type: ${type}\n\n${body}\n`;
}

/** Cuts of the given lengths, over and over. */
function scanInPieces(octets: Buffer, lengths: readonly number[]): MessageIndex {
  const scanner = new MimeScanner();
  let turn = 0;
  for (let at = 0; at < octets.length; ) {
    const length = lengths[turn++ % lengths.length] ?? octets.length;
    scanner.push(octets.subarray(at, at + length));
    at += length;
  }
  return scanner.finish();
}

function assertSound(part: MimePart, octets: Buffer): void {
  assert.ok(part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd && part.bodyEnd <= octets.length);
  const body = octets.toString("latin1", part.bodyStart, part.bodyEnd);
  assert.equal(part.bodyLines, body.split("\n").length - 1);
  let from = part.bodyStart;
  for (const child of part.parts ?? (part.message === undefined ? [] : [part.message.root])) {
    assert.ok(child.headerStart >= from && child.bodyEnd <= part.bodyEnd);
    from = child.bodyEnd;
    assertSound(child, octets);
  }
}
