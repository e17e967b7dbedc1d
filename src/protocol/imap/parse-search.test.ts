import assert from "node:assert/strict";
import test from "node:test";
import { SEARCH_DEPTH_MAX, SEARCH_TERMS_MAX } from "./limits.ts";
import { parseCommand } from "./parse-command.ts";
import type { SearchProgram, SearchReturn, SearchTerm } from "./search-term.ts";

function parse(input: string): (SearchProgram & { readonly uid: boolean }) | string {
  const parsed = parseCommand(`tag ${input}`, { utf8: false });
  if (!parsed.ok) return [parsed.problem.status, parsed.problem.code?.name].filter(Boolean).join(" ");
  assert.equal(parsed.command.name, "SEARCH");
  return parsed.command;
}

function check(input: string, expected: SearchTerm | "BAD" | "NO BADCHARSET"): void {
  const program = parse(`SEARCH ${input}`);
  assert.deepEqual(typeof program === "string" ? program : program.term, expected, input);
}

const numbers = (...ranges: (readonly [number | "*", number | "*"])[]) => ({ kind: "ranges", ranges }) as const;
const flag = (name: string): SearchTerm => ({ kind: "flag", flag: `\\${name}` });
const not = (term: SearchTerm): SearchTerm => ({ kind: "not", term });
const DAY_1994_02_01 = Date.UTC(1994, 1, 1) / 86_400_000;

test("the examples of RFC 3501 §6.4.4", () => {
  check('FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"', {
    kind: "and",
    terms: [
      flag("Flagged"),
      { kind: "internal-date", fromDay: DAY_1994_02_01, toDay: null },
      not({ kind: "header", name: "From", text: "Smith" }),
    ],
  });
  check('TEXT "string not in mailbox"', { kind: "text", text: "string not in mailbox" });
  check("CHARSET UTF-8 TEXT {6}\r\nXXXXXX", { kind: "text", text: "XXXXXX" });
});

test("keys about flags, the composed ones unfolded", () => {
  check("ALL", { kind: "all" });
  check("seen", flag("Seen"));
  check("UNANSWERED", not(flag("Answered")));
  check("OLD", not({ kind: "recent" }));
  check("NEW", { kind: "and", terms: [{ kind: "recent" }, not(flag("Seen"))] });
  check("KEYWORD $Junk", { kind: "flag", flag: "$Junk" });
  check("UNKEYWORD x", not({ kind: "flag", flag: "x" }));
});

test("keys about dates: days, open at one end (RFC 3501 §6.4.4)", () => {
  const day = DAY_1994_02_01;
  check("BEFORE 1-Feb-1994", { kind: "internal-date", fromDay: null, toDay: day });
  check('ON "01-feb-1994"', { kind: "internal-date", fromDay: day, toDay: day + 1 });
  check("SENTSINCE 1-FEB-1994", { kind: "sent-date", fromDay: day, toDay: null });
  check("SENTBEFORE 1-Feb-1994", { kind: "sent-date", fromDay: null, toDay: day });
  check("SENTON 1-Feb-1994", { kind: "sent-date", fromDay: day, toDay: day + 1 });
  for (const date of ["30-Feb-1994", "0-Feb-1994", "1-Feb-94", "1-Fob-1994", '"1-Feb-1994', "1 Feb 1994"])
    check(`ON ${date}`, "BAD");
});

test("keys about numbers, WITHIN among them (RFC 5032)", () => {
  check("LARGER 0", { kind: "larger", octets: 0 });
  check("SMALLER 4294967296", { kind: "smaller", octets: 4_294_967_296 });
  check("OLDER 3600", { kind: "older", seconds: 3600 });
  check("YOUNGER 259200", { kind: "younger", seconds: 259_200 });
  for (const input of ["LARGER", "LARGER x", "LARGER -1", "OLDER 0", "YOUNGER 4294967296"]) check(input, "BAD");
});

test("message numbers, UIDs and what was saved (RFC 5182)", () => {
  check("1,3:5,*", { kind: "sequence", set: numbers([1, 1], [3, 5], ["*", "*"]) });
  check("UID 3:*", { kind: "uid", set: numbers([3, "*"]) });
  check("UID $ SMALLER 4096", {
    kind: "and",
    terms: [
      { kind: "uid", set: { kind: "saved" } },
      { kind: "smaller", octets: 4096 },
    ],
  });
  check("$", { kind: "sequence", set: { kind: "saved" } });
});

test("OR, NOT and parentheses", () => {
  check('OR $ (SINCE 1-Feb-1994 FROM "x")', {
    kind: "or",
    terms: [
      { kind: "sequence", set: { kind: "saved" } },
      {
        kind: "and",
        terms: [
          { kind: "internal-date", fromDay: DAY_1994_02_01, toDay: null },
          { kind: "header", name: "From", text: "x" },
        ],
      },
    ],
  });
  check("NOT NOT SEEN", not(not(flag("Seen"))));
  check("((SEEN))", flag("Seen"));
  for (const input of ["()", "(SEEN", "SEEN)", "OR SEEN", "OR SEEN ", "NOT", "(SEEN )", "SEEN  DRAFT"])
    check(input, "BAD");
});

test("depth and number of keys are bounded", () => {
  assert.notEqual(parse(`SEARCH ${"NOT ".repeat(SEARCH_DEPTH_MAX)}ALL`), "BAD");
  check(`${"NOT ".repeat(SEARCH_DEPTH_MAX + 1)}ALL`, "BAD");
  check(`${"(".repeat(30_000)}ALL`, "BAD");
  check(Array.from({ length: SEARCH_TERMS_MAX + 1 }, () => "ALL").join(" "), "BAD");
});

test("HEADER, and texts in UTF-8 whatever form they take", () => {
  check('HEADER X-Extra ""', { kind: "header", name: "X-Extra", text: "" });
  check("SUBJECT {2}\r\n\xc3\xa4", { kind: "header", name: "Subject", text: "ä" });
  check('SUBJECT "\xc3\xa4"', { kind: "header", name: "Subject", text: "ä" });
  check("SUBJECT NIL", { kind: "header", name: "Subject", text: "NIL" });
  check('SUBJECT "\xe4"', "BAD");
});

test("a charset that is not spoken is named as such (RFC 3501 §6.4.4)", () => {
  check("CHARSET us-ascii ALL", { kind: "all" });
  check('CHARSET "UTF-8" ALL', { kind: "all" });
  check("CHARSET KOI8-R TEXT {1}\r\n\xe4", "NO BADCHARSET");
});

test("MODSEQ with and without an entry, remembered for the answer (RFC 7162 §3.1.5)", () => {
  check("MODSEQ 620162338", { kind: "mod-sequence", from: 620_162_338 });
  check(String.raw`MODSEQ "/flags/\\draft" all 620162338`, { kind: "mod-sequence", from: 620_162_338 });
  check(String.raw`MODSEQ "/flags/\\draft" none 1`, "BAD");
  const program = parse("UID SEARCH OR NOT MODSEQ 1 LARGER 50000");
  assert(typeof program !== "string" && program.usesModSeq && program.uid);
});

function returned(input: string): SearchReturn | null | string {
  const program = parse(input);
  return typeof program === "string" ? program : program.returns;
}

test("RETURN (RFC 4731, RFC 5182); none named is ALL", () => {
  const none = { min: false, max: false, all: false, count: false, save: false };
  assert.equal(returned("SEARCH ALL"), null);
  assert.deepEqual(returned("SEARCH RETURN () ALL"), { ...none, all: true });
  assert.deepEqual(returned("SEARCH RETURN (MIN COUNT) FLAGGED"), { ...none, min: true, count: true });
  assert.deepEqual(returned("UID SEARCH RETURN (save max) CHARSET UTF-8 ALL"), { ...none, save: true, max: true });
  assert.equal(returned("SEARCH RETURN (FROB) ALL"), "BAD");
  assert.equal(returned("SEARCH RETURN (MIN)"), "BAD");
  assert.equal(returned("SEARCH RETURN MIN ALL"), "BAD");
});
