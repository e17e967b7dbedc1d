/**
 * Other people's messages through the MIME scanner: none of them breaks it, and where their authors say how a message is to
 * be understood, it is understood so, or the reason stands here. `/` in a tree separates nothing: `multipart/mixed(a b)`.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suite, test } from "node:test";
import { parseDate } from "#mail/header/date.ts";
import { fieldValue, splitFields } from "#mail/header/fields.ts";
import { MimeScanner, scanMessage } from "#mail/mime/scanner.ts";
import type { MimePart } from "#mail/mime/structure.ts";
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import { textForSearch } from "#mail/text/search-text.ts";
import { peerData } from "./peer-data.ts";

const messages = join(peerData, "messages");

suite("every message there is", () => {
  const files = filesBelow(messages, /\.(?:eml|msg)$/);

  test("is many messages", () => assert.ok(files.length > 400));

  for (const file of files) {
    test(relative(messages, file), () => {
      const octets = readFileSync(file);
      const index = scanMessage(octets);
      assert.equal(index.sizeOctets, octets.length);
      assert.equal(index.truncated, false);
      assert.deepEqual([index.root.headerStart, index.root.bodyEnd], [0, octets.length]);
      assertSound(index.root, octets);
      for (const length of [1, 7, 1000]) assert.deepEqual(scanInPieces(octets, length), index);
    });
  }
});

suite("mail-parser's trees", () => {
  const outermostWins = "RFC 2046 §5.1.2: the longest boundary that fits a line counts, an outer one too";
  const emptyAtEnd = "the message ends behind a delimiter: the part it begins is there, and empty";
  const headerEnds = "a delimiter in a header ends it, and the part";
  const differences: ReadonlyMap<string, string> = new Map([
    ["legacy/049", "their range is one octet shorter than the one they give for the same message with CRLF"],
    ["malformed/000", headerEnds],
    ["malformed/001", outermostWins],
    ["malformed/002", "no delimiter ever comes: shown as text"],
    ["malformed/007", headerEnds],
    ["malformed/008", outermostWins],
    ["malformed/009", outermostWins],
    ["malformed/011", outermostWins],
    ["malformed/012", outermostWins],
    ["malformed/013", emptyAtEnd],
    ["malformed/014", emptyAtEnd],
    ["malformed/016", outermostWins],
    ["malformed/019", "lines in front of the empty line, and no field after them: text, not a header"],
    ["malformed/020", "a part's second Content-Type does not count: the multipart is one"],
    ["malformed/021", "a part's second Content-Type does not count: the multipart is one"],
    ["malformed/022", "a message/rfc822 part holds a message, even one without a header"],
    [
      "rfc/008",
      "a message/rfc822 part has no transfer encoding (RFC 2046 §5.2.1); IMAP cannot number parts inside base64",
    ],
    ["thirdparty/005", "a delimiter counts at the beginning of a line alone"],
    ["thirdparty/015", "messages cut in their headers are messages; a multipart without delimiters is shown as text"],
  ]);
  // Both forms of a message differ for the same reason, but for the one whose other form agrees.
  const reasonFor = (name: string): string | undefined =>
    differences.get(name === "legacy/049.crlf" ? name : name.replace(".crlf", ""));
  const folder = join(messages, "mail-parser");
  for (const file of filesBelow(folder, /\.json$/)) {
    const name = relative(folder, file).replace(".json", "");
    test(name, () => {
      const lf = readFileSync(file.replace(/(?:\.crlf)?\.json$/, ".eml"), "latin1").replaceAll("\r\n", "\n");
      const octets = Buffer.from(name.endsWith(".crlf") ? lf.replaceAll("\n", "\r\n") : lf, "latin1");
      const theirs = mailParserTree(JSON.parse(readFileSync(file, "utf8")) as MailParserMessage, 0, "text/plain");
      compare(tree(scanMessage(octets).root), theirs, reasonFor(name));
    });
  }
});

suite("mime4j's trees", () => {
  const encoded = "a message/rfc822 part has no transfer encoding (RFC 2046 §5.2.1)";
  const noDelimiter = "no delimiter ever comes: shown as text";
  const blankEnd = "a boundary does not end with white space (RFC 2046 §5.1.1): what stands there came on the way";
  const differences: ReadonlyMap<string, string> = new Map([
    ["mimetools-testmsgs/badbound", noDelimiter],
    ["mimetools-testmsgs/multi-2gifs-base64", encoded],
    ["testmsgs/bad-newlines-multiple-parts-base64", encoded],
    ["testmsgs/base64encoded-rfc822message-nested", encoded],
    ["testmsgs/missing-boundary", noDelimiter],
    ["testmsgs/missing-inner-boundary", noDelimiter],
    ["testmsgs/very-long-boundary", blankEnd],
    ["testmsgs/very-very-long-boundary", "a boundary of 7,000 octets is longer than any line of mail"],
    ["testmsgs/weird-boundary", blankEnd],
  ]);
  const folder = join(messages, "mime4j");
  for (const file of filesBelow(folder, /\.msg$/)) {
    const name = relative(folder, file).replace(".msg", "");
    test(name, () => {
      const theirs = mime4jTree(readFileSync(file.replace(".msg", ".xml"), "latin1"));
      compare(shape(scanMessage(readFileSync(file)).root), theirs, differences.get(name));
    });
  }
});

suite("mail-parser's header fields", () => {
  test("dates", () => {
    const differences: readonly RegExp[] = [
      /^20 11 \(|^ 4 8 15/, // months as numbers, or no date at all
      /^Tue, 1 Jul 2003 \(\(invalid\)\ncomment/, // the folded line begins without white space: the field has ended
      /^by 2002:/, // a Received field, not a date
    ];
    for (const { header, expected } of headerCases("date")) {
      const actual = parseDate(valueOf(header))?.epochMs ?? null;
      compare(
        actual,
        expected === null ? null : epochMs(expected as MailParserDate),
        differences.some((pattern) => pattern.test(header)) || undefined,
      );
    }
  });

  test("text", () => {
    const joined = /^\[SUSPECTED SPAM\]/; // they put white space in front of a word where none stands
    for (const { header, expected } of headerCases("unstructured")) {
      // They fold white space; here it stays as it stands.
      const actual = decodeEncodedWords(valueOf(header)).replace(/\s+/g, " ");
      compare(actual, String(expected).replace(/\s+/g, " "), joined.test(header) || undefined);
    }
  });
});

/** Equal, or different for the reason given: a reason that no longer holds is an error too. */
function compare<T>(actual: T, expected: T, reason: string | true | undefined): void {
  if (reason === undefined) assert.deepEqual(actual, expected);
  else assert.notDeepEqual(actual, expected);
}

/** Ranges within the parent and in order, lines as counted, every multipart and message with what it holds. */
function assertSound(part: MimePart, octets: Buffer): void {
  assert.ok(part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd && part.bodyEnd <= octets.length);
  const body = octets.subarray(part.bodyStart, part.bodyEnd);
  assert.equal(part.bodyLines, body.toString("latin1").split("\n").length - 1);
  assert.equal(part.parts !== undefined, part.type === "multipart");
  const holdsMessage = part.type === "message" && (part.subtype === "rfc822" || part.subtype === "global");
  assert.equal(part.message !== undefined, holdsMessage);
  if (part.type === "text") assert.equal(typeof textForSearch(part, body), "string");
  let from = part.bodyStart;
  for (const child of part.parts ?? (part.message === undefined ? [] : [part.message.root])) {
    assert.ok(child.headerStart >= from && child.bodyEnd <= part.bodyEnd);
    from = child.bodyEnd;
    assertSound(child, octets);
  }
  if (part.message !== undefined) {
    const { headerStart, bodyEnd } = part.message.root;
    assert.deepEqual([headerStart, bodyEnd], [part.bodyStart, part.bodyEnd]);
  }
}

function scanInPieces(octets: Buffer, length: number): unknown {
  const scanner = new MimeScanner();
  for (let at = 0; at < octets.length; at += length) scanner.push(octets.subarray(at, at + length));
  return scanner.finish();
}

/** Types, nesting and the octets of the leaves. */
function tree(part: MimePart): string {
  const inside = part.parts ?? (part.message === undefined ? [] : [part.message.root]);
  const name = `${part.type}/${part.subtype}`;
  return inside.length === 0 ? `${name}[${part.bodyStart},${part.bodyEnd}]` : `${name}(${inside.map(tree).join(" ")})`;
}

function shape(part: MimePart): string {
  if (part.message !== undefined) return `message(${shape(part.message.root)})`;
  return part.parts === undefined ? "leaf" : nested("multipart", part.parts.map(shape));
}

function nested(name: string, inside: readonly string[]): string {
  return inside.length === 0 ? name : `${name}(${inside.join(" ")})`;
}

interface MailParserMessage {
  readonly parts: readonly {
    readonly headers: readonly { readonly name: unknown; readonly value: unknown }[];
    readonly body: { readonly Multipart?: readonly number[]; readonly Message?: MailParserMessage };
    readonly offset_body: number;
    readonly offset_end: number;
  }[];
}

function mailParserTree(message: MailParserMessage, index: number, defaultType: string): string {
  const part = message.parts[index]!;
  const field = part.headers.find(({ name }) => name === "content_type")?.value as
    | { readonly ContentType?: { readonly c_type: string; readonly c_subtype: string | null } }
    | undefined;
  const type =
    field?.ContentType?.c_subtype == null ? undefined : `${field.ContentType.c_type}/${field.ContentType.c_subtype}`;
  const name = type?.toLowerCase() ?? defaultType;
  const childType = name === "multipart/digest" ? "message/rfc822" : "text/plain";
  const children = (part.body.Multipart ?? []).map((child) => mailParserTree(message, child, childType));
  if (part.body.Message !== undefined) children.push(mailParserTree(part.body.Message, 0, "text/plain"));
  return children.length === 0 ? `${name}[${part.offset_body},${part.offset_end}]` : nested(name, children);
}

interface Element {
  readonly name: string;
  readonly children: Element[];
}

/** A `message` or `body-part` holds one `body`, `multipart` or `message`. */
function mime4jTree(xml: string): string {
  const stack: Element[] = [{ name: "document", children: [] }];
  for (const [, closing, name = ""] of xml.matchAll(/<(\/?)(message|multipart|body-part|body)>/g)) {
    if (closing === "/") stack.pop();
    else {
      const element: Element = { name, children: [] };
      stack.at(-1)!.children.push(element);
      stack.push(element);
    }
  }
  return mime4jShape(stack[0]!.children[0]!);
}

function mime4jShape({ children: [held] }: Element): string {
  if (held === undefined || held.name === "body") return "leaf";
  if (held.name === "multipart") return nested("multipart", held.children.map(mime4jShape));
  return `message(${mime4jShape(held)})`;
}

interface MailParserDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly tz_before_gmt: boolean;
  readonly tz_hour: number;
  readonly tz_minute: number;
}

function epochMs(date: MailParserDate): number {
  const zoneMs = (date.tz_hour * 60 + date.tz_minute) * 60_000;
  const localMs = Date.UTC(date.year, date.month - 1, date.day, date.hour, date.minute, date.second);
  return date.tz_before_gmt ? localMs + zoneMs : localMs - zoneMs;
}

function headerCases(name: string): readonly { readonly header: string; readonly expected: unknown }[] {
  return JSON.parse(readFileSync(join(messages, "mail-parser-headers", `${name}.json`), "utf8")) as ReturnType<
    typeof headerCases
  >;
}

function valueOf(header: string): string {
  const octets = Buffer.from(`X:${header}`);
  return fieldValue(octets, splitFields(octets)[0]!);
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}
