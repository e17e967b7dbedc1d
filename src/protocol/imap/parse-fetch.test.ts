import assert from "node:assert/strict";
import test from "node:test";
import type { FetchItem, Section } from "./fetch-item.ts";
import { FETCH_ITEMS_MAX, SECTION_DEPTH_MAX, SEQUENCE_RANGES_MAX } from "./limits.ts";
import { parseCommand } from "./parse-command.ts";
import type { FetchArguments } from "./parse-fetch.ts";

function parse(input: string): FetchArguments | "BAD" {
  const parsed = parseCommand(`tag ${input}`, { utf8: false });
  if (!parsed.ok) return "BAD";
  assert(parsed.command.name === "FETCH");
  const { set, items, modifiers } = parsed.command;
  return { set, items, modifiers };
}

function check(input: string, expected: readonly FetchItem[] | "BAD"): void {
  const parsed = parse(`FETCH 1 ${input}`);
  assert.deepEqual(parsed === "BAD" ? parsed : parsed.items, expected, input);
}

function section(path: readonly number[], text: Section["text"], rest: Partial<FetchItem> = {}): FetchItem {
  return {
    kind: "section",
    spelling: "BODY",
    peek: false,
    section: { path, text },
    partial: null,
    ...rest,
  } as FetchItem;
}

const PEEK = { peek: true } as const;
const FAST: readonly FetchItem[] = [{ kind: "flags" }, { kind: "internal-date" }, { kind: "size" }];

test("items and macros (RFC 3501 §6.4.5)", () => {
  check("fast", FAST);
  check("ALL", [...FAST, { kind: "envelope" }]);
  check("Full", [...FAST, { kind: "envelope" }, { kind: "body" }]);
  check("(UID BODYSTRUCTURE MODSEQ)", [{ kind: "uid" }, { kind: "body-structure" }, { kind: "mod-sequence" }]);
  for (const input of [
    "()",
    "(FAST)",
    "(FLAGS",
    "FLAGS UID",
    "(FLAGS  UID)",
    "FROB",
    "FLAGSX",
    "BODY.PEEK",
    "(FLAGS )",
  ])
    check(input, "BAD");
});

test("sections in all their forms", () => {
  check("BODY[]", [section([], null)]);
  check("body.peek[header]", [section([], { kind: "header" }, PEEK)]);
  check("BODY[TEXT]", [section([], { kind: "text" })]);
  check("BODY[1.2.3]", [section([1, 2, 3], null)]);
  check("BODY[4.1.MIME]", [section([4, 1], { kind: "mime" })]);
  check("BODY[HEADER.FIELDS (DATE FROM)]", [
    section([], { kind: "header-fields", not: false, names: ["DATE", "FROM"] }),
  ]);
  check('BODY.PEEK[3.HEADER.FIELDS.NOT ("X-y" {1}\r\nz)]', [
    section([3], { kind: "header-fields", not: true, names: ["X-y", "z"] }, PEEK),
  ]);
  const bad = [
    "BODY[",
    "BODY[MIME]",
    "BODY[0]",
    "BODY[1.]",
    "BODY[1..2]",
    "BODY[.1]",
    "BODY[1.FROB]",
    "BODY[HEADER.FIELDS ()]",
  ];
  for (const input of [...bad, "BODY[HEADER.FIELDS]", "BODY[1TEXT]", "BODY[01]", "BODY []"]) check(input, "BAD");
});

test("partials", () => {
  check("BODY[]<0.2048>", [section([], null, { partial: { start: 0, length: 2048 } })]);
  for (const input of ["BODY[]<0>", "BODY[]<0.0>", "BODY[]<.5>", "BODY[]<1.2", "BODY[]<-1.2>"]) check(input, "BAD");
});

test("the old names of sections keep their spelling; HEADER alone does not set \\Seen", () => {
  check("RFC822", [section([], null, { spelling: "RFC822" })]);
  check("RFC822.HEADER", [section([], { kind: "header" }, { spelling: "RFC822.HEADER", peek: true })]);
  check("RFC822.TEXT", [section([], { kind: "text" }, { spelling: "RFC822.TEXT" })]);
  check("RFC822.SIZE", [{ kind: "size" }]);
});

test("the peeks of RFC 1730 §6.4.5, which are answered by the names without them", () => {
  check("(UID RFC822.SIZE RFC822.peek)", [
    { kind: "uid" },
    { kind: "size" },
    section([], null, { spelling: "RFC822", peek: true }),
  ]);
  check("RFC822.TEXT.PEEK", [section([], { kind: "text" }, { spelling: "RFC822.TEXT", peek: true })]);
});

test("BINARY (RFC 3516 §4.2)", () => {
  check("(BINARY[1.2] BINARY.PEEK[]<3.4> BINARY.SIZE[2])", [
    { kind: "binary", path: [1, 2], peek: false, partial: null },
    { kind: "binary", path: [], peek: true, partial: { start: 3, length: 4 } },
    { kind: "binary-size", path: [2] },
  ]);
  for (const input of ["BINARY", "BINARY[TEXT]", "BINARY[1.MIME]", "BINARY.SIZE[1]<0.1>"]) check(input, "BAD");
});

function modifiersOf(input: string): unknown {
  const parsed = parse(input);
  return parsed === "BAD" ? parsed : parsed.modifiers;
}

test("modifiers (RFC 7162 §3.1.4, §3.2.6)", () => {
  assert.deepEqual(modifiersOf("FETCH 1 FLAGS"), { changedSince: null, vanished: false });
  assert.deepEqual(modifiersOf("FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)"), { changedSince: 12_345, vanished: false });
  assert.deepEqual(modifiersOf("UID FETCH 1:* FLAGS (VANISHED CHANGEDSINCE 1)"), { changedSince: 1, vanished: true });
  for (const tail of ["(VANISHED)", "()", "(CHANGEDSINCE)", "(FROB)", "CHANGEDSINCE 1"])
    assert.equal(modifiersOf(`FETCH 1 FLAGS ${tail}`), "BAD");
});

function setOf(set: string): unknown {
  const parsed = parse(`FETCH ${set} UID`);
  return parsed === "BAD" ? parsed : parsed.set;
}

test("sequence sets (RFC 3501 §9)", () => {
  assert.deepEqual(setOf("2,4:7,9,12:*"), {
    kind: "ranges",
    ranges: [
      [2, 2],
      [4, 7],
      [9, 9],
      [12, "*"],
    ],
  });
  assert.deepEqual(setOf("*:4294967295"), { kind: "ranges", ranges: [["*", 4_294_967_295]] });
  assert.deepEqual(setOf("$"), { kind: "saved" });
  for (const set of ["0", "1:0", "01", "4294967296", "1:", ":1", "1,", ",1", "1;2", "a", "1:2:3", "-1", "$,1", "1,$"]) {
    assert.equal(setOf(set), "BAD", set);
  }
  assert.notEqual(setOf(`1${",1".repeat(SEQUENCE_RANGES_MAX - 1)}`), "BAD");
  assert.equal(setOf(`1${",1".repeat(SEQUENCE_RANGES_MAX)}`), "BAD");
});

test("items, names and part numbers are bounded", () => {
  check(`(${Array.from({ length: FETCH_ITEMS_MAX + 1 }, () => "UID").join(" ")})`, "BAD");
  check(`BODY[${Array.from({ length: SECTION_DEPTH_MAX + 1 }, () => "1").join(".")}]`, "BAD");
});
