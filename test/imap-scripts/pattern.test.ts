import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReply } from "./argument.ts";
import { expand, match, parsePattern } from "./pattern.ts";

type Expected = Readonly<Record<string, string>> | null;

/** What the pattern binds beside what was `known`; null where it does not match. */
function check(pattern: string, reply: string, expected: Expected, known: Record<string, string> = {}): void {
  const scope = { variables: new Map(Object.entries(known)), sequence: (n: number) => (n === 3 ? null : n - 1) };
  const bindings = match(parsePattern(pattern), parseReply(reply), scope, /^(ok|no|bad)/i.test(reply));
  assert.deepEqual(
    bindings === null ? null : Object.fromEntries([...bindings].filter(([name]) => !(name in known))),
    expected,
    `${pattern} against ${reply}`,
  );
}

test("words are compared without case, and completely", () => {
  check("search 1 2", "SEARCH 1 2", {});
  check("search 1 2", "SEARCH 1 2 3", null);
  check("search 1 2 3", "SEARCH 1 2", null);
  check("search 1 2", "SEARCH 2 1", null);
  check("list () nil x", 'LIST () NIL "x"', {});
  check("list () nil x", 'LIST () "NIL" "x"', null);
});

test("replies with text for people may go on", () => {
  check("ok [uidnext $n]", "OK [UIDNEXT 12] Predicted", { n: "12" });
  check("no [trycreate]", "NO [TRYCREATE] No such folder", {});
  check("no [trycreate]", "NO No such folder", null);
  check('""', "BAD what", {});
});

test("a variable takes the first value it meets and keeps it", () => {
  check("1 fetch (uid $u)", "1 FETCH (UID 7)", { u: "7" });
  check("1 fetch (uid $u)", "1 FETCH (UID 7)", {}, { u: "7" });
  check("1 fetch (uid $u)", "1 FETCH (UID 8)", null, { u: "7" });
  check("esearch all $a:$b,9", "ESEARCH all 1:5,9", { a: "1", b: "5" });
  check("x ${a}b", "X 12b", { a: "12" });
  check("x ${a}b", "X 12c", null);
  check("x $v $v", "X 1 2", null);
  check("1 fetch (uid $ flags $)", "1 FETCH (UID 4 FLAGS (\\Seen))", {});
});

test("$$ is a dollar, and what is special in expressions is not here", () => {
  check("1 fetch (flags ($$k))", "1 FETCH (FLAGS ($k))", {});
  check("x a.b", "X a.b", {});
  check("x a.b", "X aXb", null);
});

test("$n is where the message stands now", () => {
  check("$2 expunge", "1 EXPUNGE", {});
  check("$2 expunge", "2 EXPUNGE", null);
  check("$3 fetch (uid 1)", "2 FETCH (UID 1)", null);
});

test("FETCH items come in any order with others between; flags are a set in which only \\Recent is free", () => {
  check("1 fetch (uid 1 flags (\\seen))", "1 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (3) UID 1)", {});
  check("1 fetch (flags (\\seen))", "1 FETCH (FLAGS (\\Seen \\Draft))", null);
  check("1 fetch (flags (\\seen \\draft))", "1 FETCH (FLAGS (\\Draft))", null);
  check("1 fetch (uid flags)", "1 FETCH (FLAGS UID)", null);
});

test("the other lists that mean sets: LIST attributes, STATUS items", () => {
  check("list (\\marked) / x", 'LIST (\\HasNoChildren \\Marked) "/" x', {});
  check("list (\\marked) / x", 'LIST (\\HasNoChildren) "/" x', null);
  check("status x (messages 1)", "STATUS x (UIDNEXT 2 MESSAGES 1)", {});
  check("status x (messages 1)", "STATUS x (UIDNEXT 1 MESSAGES 2)", null);
  check("thread (1 2)", "THREAD (2 1)", null);
});

test("directives replace what is usual", () => {
  check("list ($!unordered $!ban=\\noselect) / x", 'LIST (\\Marked) "/" x', {});
  check("list ($!unordered $!ban=\\noselect) / x", 'LIST (\\Noselect) "/" x', null);
  check("x ($!unordered $!noextra $!ignore=b a)", "X (b a)", {});
  check("x ($!unordered $!noextra $!ignore=b a)", "X (c a)", null);
  check("list ($!ordered a b) / x", 'LIST (b a) "/" x', null);
  assert.throws(() => parsePattern("x ($!sorted a)"), /unknown directive/);
  assert.throws(() => parsePattern("x ($!unordered=2 a)"), /groups of 2/);
});

test("a command's variables must have values", () => {
  const scope = { variables: new Map([["box", "b"]]), sequence: () => null };
  assert.equal(expand("copy 1 ${box}2 $$k", scope), "copy 1 b2 $k");
  assert.throws(() => expand("copy $nothing", scope), /no value/);
});
