import assert from "node:assert/strict";
import test from "node:test";
import type { MimePart } from "#mail/mime/structure.ts";
import { formatSection } from "./fetch-response.ts";
import { leaf, type Maker, message, multipart } from "./mime-part.test-data.ts";
import { parseCommand } from "./parse-command.ts";
import { applyPartial, resolveBinary, resolveSection } from "./section.ts";

/** What `BODY[section]` of the message is; null for NIL. */
function read(maker: Maker, section: string): string | null {
  const octets = { text: "" };
  const root = maker(octets);
  const parsed = parseCommand(`a FETCH 1 BODY[${section}]`, { utf8: false });
  const item = parsed.ok && parsed.command.name === "FETCH" ? parsed.command.items[0] : undefined;
  assert(item?.kind === "section");
  assert.equal(formatSection(item.section), section);
  const place = resolveSection(root, octets.text.length, item.section);
  return place === null ? null : octets.text.slice(place.start, place.end);
}

function check(maker: Maker, expected: Readonly<Record<string, string | null>>): void {
  for (const [section, octets] of Object.entries(expected)) assert.equal(read(maker, section), octets, section);
}

const header = (name: string): string => `X-Name: ${name}\r\n\r\n`;
const body = (name: string): string => `body of ${name}\r\n`;

test("the example of RFC 3501 §6.4.5", () => {
  const example = multipart("root", [
    leaf("1"),
    leaf("2"),
    message("3", multipart("3 inside", [leaf("3.1"), leaf("3.2")])),
    multipart("4", [
      leaf("4.1"),
      message("4.2", multipart("4.2 inside", [leaf("4.2.1"), multipart("4.2.2", [leaf("4.2.2.1"), leaf("4.2.2.2")])])),
    ]),
  ]);
  check(example, {
    HEADER: header("root"),
    "1": body("1"),
    "2": body("2"),
    "3.HEADER": header("3 inside"),
    "3.1": body("3.1"),
    "3.2": body("3.2"),
    "4.1": body("4.1"),
    "4.1.MIME": header("4.1"),
    "4.2.HEADER": header("4.2 inside"),
    "4.2.MIME": header("4.2"),
    "4.2.1": body("4.2.1"),
    "4.2.2.1": body("4.2.2.1"),
    "4.2.2.2": body("4.2.2.2"),
  });
  const whole = read(example, "") ?? "";
  check(example, { TEXT: whole.slice(header("root").length) });
  const third = read(example, "3") ?? "";
  assert(third.startsWith(header("3 inside")));
  check(example, { "3.TEXT": third.slice(header("3 inside").length) });
  assert.match(read(example, "4") ?? "", /^\r\n--b\r\nX-Name: 4\.1[^]*--b--\r\n$/);
});

test("what is not there is NIL", () => {
  const example = multipart("root", [leaf("1"), multipart("2", [leaf("2.1")]), message("3", leaf("3 inside"))]);
  for (const section of [
    "4",
    "1.1",
    "1.1.1",
    "2.2",
    "3.2",
    "3.1.1",
    "1.HEADER",
    "1.TEXT",
    "2.HEADER",
    "2.TEXT",
    "1.HEADER.FIELDS (a)",
  ]) {
    check(example, { [section]: null });
  }
});

test("part 1 of a message that is no multipart is its body, and its header is the part's", () => {
  check(leaf("only"), { "1": body("only"), TEXT: body("only"), "1.MIME": header("only"), "1.1": null, "2": null });
});

test("a message whose only part is a message", () => {
  check(message("outer", leaf("inner")), {
    TEXT: header("inner") + body("inner"),
    "1": header("inner") + body("inner"),
    "1.HEADER": header("inner"),
    "1.TEXT": body("inner"),
    "1.1": body("inner"),
    "1.1.MIME": header("inner"),
    "1.1.1": null,
  });
});

test("a message in a message in a multipart", () => {
  check(multipart("root", [message("1", message("1 inside", leaf("innermost")))]), {
    "1.HEADER": header("1 inside"),
    "1.1.HEADER": header("innermost"),
    "1.1.1": body("innermost"),
    "1.1.1.1": null,
  });
});

test("a multipart without parts has one empty part, as its BODYSTRUCTURE says", () => {
  check(multipart("root", []), { "1": "", "1.MIME": "", "1.1": null, "2": null });
  check(multipart("root", [multipart("1", [])]), { "1.1": "", "1.1.1": null, "1.2": null });
});

test("HEADER.FIELDS is of the message, or of the one in a part", () => {
  const octets = { text: "" };
  const root: MimePart = multipart("root", [message("1", leaf("inner"))])(octets);
  const text = { kind: "header-fields", not: true, names: ["a"] } as const;
  const place = resolveSection(root, octets.text.length, { path: [1], text });
  assert(place?.kind === "header-fields");
  assert.equal(octets.text.slice(place.start, place.end), header("inner"));
  assert.equal(resolveSection(root, octets.text.length, { path: [], text })?.start, 0);
});

test("BINARY decodes leaves only (RFC 3516 §4.2)", () => {
  const octets = { text: "" };
  const root = multipart("root", [leaf("1", { encoding: "base64" }), message("2", leaf("x"))], { encoding: "base64" })(
    octets,
  );
  const size = octets.text.length;
  const placeOf = (path: readonly number[]): unknown => {
    const place = resolveBinary(root, size, path);
    return place === null ? null : [place.encoding, octets.text.slice(place.start, place.end)];
  };
  assert.deepEqual(placeOf([]), ["binary", octets.text]);
  assert.deepEqual(placeOf([1]), ["base64", body("1")]);
  assert.deepEqual(placeOf([2]), ["binary", header("x") + body("x")]);
  assert.deepEqual(placeOf([3]), null);
});

test("a partial is cut at the end of what it is of", () => {
  const range = { start: 10, end: 20 };
  assert.deepEqual(applyPartial(range, null), range);
  assert.deepEqual(applyPartial(range, { start: 0, length: 3 }), { start: 10, end: 13 });
  assert.deepEqual(applyPartial(range, { start: 7, length: 30 }), { start: 17, end: 20 });
  assert.deepEqual(applyPartial(range, { start: 10, length: 1 }), { start: 20, end: 20 });
  assert.deepEqual(applyPartial(range, { start: Number.MAX_SAFE_INTEGER, length: 1 }), { start: 20, end: 20 });
});
