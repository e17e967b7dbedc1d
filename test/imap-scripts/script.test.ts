import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMbox, parseScript } from "./script.ts";

test("reads header, commands with their reply in front or behind, and what must, may and must not come", () => {
  const script = parseScript(
    "x",
    "capabilities: sort uidplus\nmessages: 2\nstate: created\n\n# a remark\nok noop\n* 1 exists\n! 2 exists\n? 3 exists\n\nselect $mailbox\nok [read-write]\n",
  );
  assert.deepEqual(script.capabilities, ["SORT", "UIDPLUS"]);
  assert.equal(script.messages, 2);
  assert.equal(script.state, "created");
  assert.equal(script.groups.length, 2);
  const [noop, select] = script.groups;
  assert.deepEqual(
    noop?.untagged.map(({ occurs, source, line }) => [occurs, source, line]),
    [
      ["must", "1 exists", 7],
      ["must not", "2 exists", 8],
      ["may", "3 exists", 9],
    ],
  );
  assert.deepEqual(select?.commands[0]?.pieces, [{ kind: "text", text: "select $mailbox" }]);
  assert.equal(select?.commands[0]?.reply.length, 2);
});

test("text literals get CRLF, binary ones keep their line ends, and neither keeps the last", () => {
  const script = parseScript("x", "\nok append b ~{{{\na\r\nb\n\n}}} {{{\nc\n\n}}}\n");
  assert.deepEqual(script.groups[0]?.commands[0]?.pieces, [
    { kind: "text", text: "append b " },
    { kind: "literal", octets: "a\r\nb\n", binary: true },
    { kind: "text", text: " " },
    { kind: "literal", octets: "c\r\n", binary: false },
    { kind: "text", text: "" },
  ]);
});

test("commands with tags on one connection are one group", () => {
  const script = parseScript("x", "connections: 2\n\n1 tag1 noop\n1 tag2 check\n1 tag2 ok\n1 tag1 no\n2 ok noop\n");
  assert.deepEqual(
    script.groups.map(({ connection, commands }) => [connection, commands.map(({ tag }) => tag)]),
    [
      [0, [1, 2]],
      [1, [0]],
    ],
  );
});

test("names the line of a script that is not one", () => {
  for (const [text, error] of [
    ["colour: red\n\nok noop\n", /unknown header/],
    ["\n* 1 exists\n", /line 2: a reply before/],
    ["\nnoop\ncheck\n", /line 3: the command before/],
    ["\nnoop\n", /the last reply is missing/],
    ["connections: 2\n\nok noop\n", /line 3: no connection number/],
    ["\nok append b {{{\nx\n", /line 2: the literal is never closed/],
  ] as const)
    assert.throws(() => parseScript("x", text), error);
});

test("an mbox gives messages with CRLF and the dates of their first lines", () => {
  assert.deepEqual(
    parseMbox("From a  Fri Feb  2 01:02:03 2008\nA: b\n\nc\n\nFrom a  Sat Mar 24 23:00:00 2007 +0200\n\nd\n"),
    [
      { internalDate: " 2-Feb-2008 01:02:03 +0000", octets: "A: b\r\n\r\nc\r\n\r\n" },
      { internalDate: "24-Mar-2007 23:00:00 +0200", octets: "\r\nd\r\n" },
    ],
  );
});
