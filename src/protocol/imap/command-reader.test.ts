import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import { type CommandReader, createCommandReader, type ReaderEvent } from "./command-reader.ts";
import {
  ANSWER_LINE_OCTETS_MAX,
  ARGUMENT_LITERAL_OCTETS_MAX,
  COMMAND_OCTETS_MAX,
  LINE_OCTETS_MAX,
  REFUSED_LITERAL_OCTETS_MAX,
  SKIPPED_LINE_OCTETS_MAX,
} from "./limits.ts";

type Decision = "accept" | "refuse";

/** Events in short: names and tags, texts of problems left out, slices of a message joined. */
function summaryOf(event: ReaderEvent): string {
  switch (event.kind) {
    case "command":
      return `${event.tag} ${event.command.name}`;
    case "bad":
      return `${event.tag ?? "*"} ${event.status}${event.code === undefined ? "" : ` ${event.code.name}`}`;
    case "append-begin":
      return `${event.tag} append to ${event.request.mailbox}${event.synchronizing ? ", waits" : ""}`;
    case "append-octets":
    case "line":
      return `${event.kind}: ${Buffer.from(event.octets).toString("latin1")}`;
    case "append-end":
      return event.hasNul ? "append-end with NUL" : "append-end";
    case "append-failed":
      return `${event.tag} append-failed`;
    case "continue":
      return "continue";
    case "close":
      return "close";
  }
}

/** Pulls all there is. `IDLE` is answered as a session does: the next line is DONE's. */
function pull(reader: CommandReader, decision: Decision, into: string[]): void {
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    const last = into.at(-1);
    if (event.kind === "append-octets" && last?.startsWith("append-octets") === true) {
      into[into.length - 1] = last + Buffer.from(event.octets).toString("latin1");
    } else into.push(summaryOf(event));
    if (event.kind === "append-begin") reader[decision === "accept" ? "acceptAppend" : "refuseAppend"]();
    if (event.kind === "command" && event.command.name === "IDLE") reader.expectLine();
  }
}

function read(pieces: readonly (string | Uint8Array)[], decision: Decision = "accept"): string[] {
  const reader = createCommandReader();
  const events: string[] = [];
  for (const piece of pieces) {
    reader.push(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
    pull(reader, decision, events);
  }
  return events;
}

function check(input: string, expected: readonly string[], decision: Decision = "accept"): void {
  assert.deepEqual(read([input], decision), expected);
}

test("reads commands that were sent ahead, one event each", () => {
  check("a NOOP\r\nb CAPABILITY\r\nc LOGOUT\r\n", ["a NOOP", "b CAPABILITY", "c LOGOUT"]);
});

test("takes a bare LF for the end of a line", () => {
  check("a NOOP\nb NOOP\n", ["a NOOP", "b NOOP"]);
});

test("asks for a synchronizing literal and not for another (RFC 3501 §4.3, RFC 7888)", () => {
  check("A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n", ["continue", "continue", "A001 LOGIN"]);
  check("A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\n", ["A001 LOGIN"]);
});

test("hands the message of an APPEND on without holding it (RFC 3501 §6.3.11)", () => {
  const input = 'A003 APPEND saved-messages (\\Seen) " 7-Feb-1994 21:52:25 -0800" {5}\r\nhello\r\nb NOOP\r\n';
  check(input, ["A003 append to saved-messages, waits", "append-octets: hello", "append-end", "b NOOP"]);
});

test("collects the mailbox name of an APPEND where that is a literal", () => {
  check("a APPEND {5}\r\ninbox {2}\r\nhi\r\n", [
    "continue",
    "a append to INBOX, waits",
    "append-octets: hi",
    "append-end",
  ]);
});

test("an empty message is one", () => {
  check("a APPEND box {0+}\r\n\r\n", ["a append to box", "append-end"]);
});

test("a refused synchronizing literal never comes, the next line is a command", () => {
  check("a APPEND box {5}\r\nb NOOP\r\n", ["a append to box, waits", "b NOOP"], "refuse");
});

test("a refused synchronizing literal that comes all the same costs the connection: its lines are not run (R78)", () => {
  const message = "Subject: x\r\nb EXPUNGE\r\n\r\n";
  check(`a APPEND box {${message.length}}\r\n${message}\r\nc NOOP\r\n`, ["a append to box, waits", "close"], "refuse");
  check(`a LOGIN {99999}\r\n${message}`, ["a BAD LIMIT", "close"]);
  check(
    "a APPEND box {9}\r\nb LOGIN {1}\r\nx\r\nc NOOP\r\n",
    ["a append to box, waits", "continue", "close"],
    "refuse",
  );
  check("a APPEND box {9}\r\nb NOOP\r\nc FROB\r\n", ["a append to box, waits", "b NOOP", "c BAD"], "refuse");
});

test("a refused non-synchronizing literal is read and dropped, with all its command", () => {
  check("a APPEND box {7+}\r\nx NOOP\n\r\nb NOOP\r\n", ["a append to box", "b NOOP"], "refuse");
  check("a APPEND box {2+}\r\nhi {6+}\r\nx NOOP\r\nb NOOP\r\n", ["a append to box", "b NOOP"], "refuse");
});

test("a message that goes on where the command should end is given up (no MULTIAPPEND)", () => {
  check("a APPEND box {2+}\r\nhi {6+}\r\nx NOOP\r\nb NOOP\r\n", [
    "a append to box",
    "append-octets: hi",
    "a append-failed",
    "b NOOP",
  ]);
});

test("NUL is reported in a message that may not hold it, and only there (RFC 3516)", () => {
  check("a APPEND box {2+}\r\n\0x\r\n", ["a append to box", "append-octets: \0x", "append-end with NUL"]);
  check("a APPEND box ~{2+}\r\n\0x\r\n", ["a append to box", "append-octets: \0x", "append-end"]);
});

test("APPEND UTF8 ends with its parenthesis (RFC 6855 §4)", () => {
  check("a APPEND box UTF8 (~{2+}\r\nhi)\r\nb NOOP\r\n", [
    "a append to box",
    "append-octets: hi",
    "append-end",
    "b NOOP",
  ]);
  check("a APPEND box UTF8 (~{2+}\r\nhi\r\nb NOOP\r\n", [
    "a append to box",
    "append-octets: hi",
    "a append-failed",
    "b NOOP",
  ]);
});

test("a bad APPEND is answered before its literal comes", () => {
  check("a APPEND box (\\Nonsense) {5}\r\nb NOOP\r\n", ["a BAD", "b NOOP"]);
  check("a APPEND box (\\Nonsense) {5+}\r\nhello\r\nb NOOP\r\n", ["a BAD", "b NOOP"]);
  check("a APPEND &bad {5+}\r\nhello\r\nb NOOP\r\n", ["a NO CANNOT", "b NOOP"]);
});

test("braces inside quotes announce nothing", () => {
  check('a LOGIN x "{5}\r\nb NOOP\r\n', ["a BAD", "b NOOP"]);
  check('a LOGIN x "\\"{5}"\r\nb NOOP\r\n', ["a LOGIN", "b NOOP"]);
  check('a LOGIN "x\\\\" {2+}\r\npw\r\nb NOOP\r\n', ["a LOGIN", "b NOOP"]);
});

test("knows the tag of a bad command where there is one", () => {
  check("a FROB\r\nb SELECT\r\n\r\n+ NOOP\r\nnoop\r\n", ["a BAD", "b BAD", "* BAD", "* BAD", "* BAD"]);
});

test("IDLE's line is no command (RFC 2177)", () => {
  check("a IDLE\r\nDONE\r\nb NOOP\r\n", ["a IDLE", "line: DONE", "b NOOP"]);
});

test("leaves what stands behind a command untouched, for STARTTLS to see", () => {
  const reader = createCommandReader();
  reader.push(Buffer.from("a STARTTLS\r\nb NOOP\r\n"));
  assert.equal(reader.next()?.kind, "command");
  assert.equal(reader.pendingOctets, 8);
});

test("mailbox names are UTF-8 once that is enabled, from the next command on (RFC 6855 §3)", () => {
  const reader = createCommandReader();
  reader.push(Buffer.from('a SELECT "p\u00e9&"\r\nb SELECT "p\u00e9&"\r\n'));
  assert.equal(reader.next()?.kind, "bad");
  reader.acceptUtf8();
  const event = reader.next();
  assert(event?.kind === "command" && event.command.name === "SELECT");
  assert.equal(event.command.mailbox, "pé&");
});

test("a line over the bound is answered at once and skipped", () => {
  const line = `a SEARCH SUBJECT ${"x".repeat(LINE_OCTETS_MAX)}`;
  check(`${line}\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
  check(`${line} {6+}\r\nx NOOP\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
  check(`${"x".repeat(LINE_OCTETS_MAX + 1)}\r\nb NOOP\r\n`, ["* BAD LIMIT", "b NOOP"]);
});

test("a line that never ends costs the connection, and no memory", () => {
  const reader = createCommandReader();
  const events: string[] = [];
  const piece = Buffer.alloc(64 * 1024, "x");
  for (let sent = 0; sent <= LINE_OCTETS_MAX + SKIPPED_LINE_OCTETS_MAX; sent += piece.length) {
    reader.push(piece);
    pull(reader, "accept", events);
    assert(reader.pendingOctets <= LINE_OCTETS_MAX + piece.length);
  }
  assert.deepEqual(events, ["* BAD LIMIT", "close"]);
  reader.push(Buffer.from("a NOOP\r\n"));
  assert.equal(reader.next(), undefined);
});

test("an argument literal over the bound is refused, read only where it comes unasked", () => {
  const size = ARGUMENT_LITERAL_OCTETS_MAX + 1;
  check(`a LOGIN {${size}}\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
  check(`a LOGIN {${size}+}\r\n${"x".repeat(size)} pw\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
});

test("a command over the bound is refused, however it is cut into lines and literals", () => {
  const literal = `{60000+}\r\n${"x".repeat(60_000)}`;
  check(`a LOGIN ${literal} ${literal} ${literal}\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
  check(`a LOGIN ${literal} ${literal} {60000}\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
  const line = "y".repeat(COMMAND_OCTETS_MAX - 120_000);
  check(`a LOGIN ${literal} ${literal} ${line}\r\nb NOOP\r\n`, ["a BAD LIMIT", "b NOOP"]);
});

test("an unasked literal too large to skip costs the connection", () => {
  check(`a NOOP {${REFUSED_LITERAL_OCTETS_MAX + 1}+}\r\n`, ["a BAD LIMIT", "close"]);
  check("a NOOP {99999999999999999999+}\r\n", ["a BAD LIMIT", "close"]);
  check(`a APPEND box {${REFUSED_LITERAL_OCTETS_MAX + 1}+}\r\n`, ["a append to box", "close"], "refuse");
});

test("an answer line over the bound costs the connection", () => {
  check(`a IDLE\r\n${"x".repeat(ANSWER_LINE_OCTETS_MAX + 1)}`, ["a IDLE", "close"]);
});

test("many escaped quotes in a line take no time of note", () => {
  const quotes = '\\"'.repeat(LINE_OCTETS_MAX / 2 - 20);
  check(`a LOGIN x "${quotes}{5}\r\nb NOOP\r\n`, ["a BAD", "b NOOP"]);
});

const fragment = fc.constantFrom(
  "a NOOP\r\n",
  "b LOGIN {3}\r\nbob {2+}\r\npw\r\n",
  "c APPEND box (\\Seen) {5}\r\nhello\r\n",
  "d APPEND {3+}\r\nbox ~{4+}\r\n\0\r\nx\r\n",
  "e APPEND box UTF8 (~{2+}\r\nhi)\r\n",
  "f APPEND box {2+}\r\nhi {3+}\r\nabc\r\n",
  "g IDLE\r\nDONE\r\n",
  "h FROB {4+}\r\n1234\r\n",
  'i LOGIN "{3}\r\n',
  "j SELECT box\n",
  "\r\n",
  "x".repeat(300),
  "{9+}\r\n",
  "~{1}",
  "\r",
);
const input = fc.array(fragment, { maxLength: 8 }).map((fragments) => Buffer.from(fragments.join(""), "latin1"));
const decision = fc.constantFrom<Decision>("accept", "refuse");

test("gives the same events however the octets are cut", () => {
  const cuts = fc.array(fc.nat(400), { maxLength: 20 });
  fc.assert(
    fc.property(input, cuts, decision, (octets, places, answer) => {
      const at = [0, ...places.map((place) => place % (octets.length + 1)).toSorted((a, b) => a - b), octets.length];
      const pieces = at.slice(1).map((end, i) => octets.subarray(at[i], end));
      assert.deepEqual(read(pieces, answer), read([octets], answer));
    }),
    { numRuns: 300 },
  );
});

test("gives the same events for single octets, also over a bound", () => {
  const octets = Buffer.from(`a ${"x".repeat(LINE_OCTETS_MAX)} {3+}\r\nabc\r\nb APPEND box {3+}\r\nabc\r\n`);
  const single = Array.from(octets, (octet) => Uint8Array.of(octet));
  assert.deepEqual(read(single), read([octets]));
});

test("no input throws", () => {
  const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), input);
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 4 }), decision, (pieces, answer) => {
      read(pieces, answer);
    }),
    { numRuns: 300 },
  );
});
