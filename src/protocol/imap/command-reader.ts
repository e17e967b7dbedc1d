/**
 * Octets of a client in, commands out (RFC 3501 §2.2.1, §4.3, RFC 7888). The caller pulls: `push` what came, then `next`
 * until it says undefined. What `next` was not asked for stays as octets, so commands sent ahead wait, and a change of
 * mode takes effect at its place.
 */
import { Buffer } from "node:buffer";
import type { AppendRequest, TaggedCommand } from "./command.ts";
import type { CommandProblem } from "./command-problem.ts";
import { Cursor } from "./cursor.ts";
import {
  ANSWER_LINE_OCTETS_MAX,
  ARGUMENT_LITERAL_OCTETS_MAX,
  COMMAND_OCTETS_MAX,
  LINE_OCTETS_MAX,
  REFUSED_LITERAL_OCTETS_MAX,
  SKIPPED_LINE_OCTETS_MAX,
  TAG_OCTETS_MAX,
} from "./limits.ts";
import { announcedLiteral, type LiteralAnnouncement, literalAtEnd } from "./literal.ts";
import { OctetQueue } from "./octet-queue.ts";
import { parseAppendHead } from "./parse-append.ts";
import { parseCommand, parseTag } from "./parse-command.ts";

export type ReaderEvent =
  | ({ readonly kind: "command" } & TaggedCommand)
  /** Not a command: answer `tag status [code] text`, untagged when the tag is null. The reader has moved on. */
  | ({ readonly kind: "bad"; readonly tag: string | null } & CommandProblem)
  /** Say `+ `: the client waits for it before it sends a literal. */
  | { readonly kind: "continue" }
  /**
   * The message of an APPEND is about to come. The reader stands still until `acceptAppend` or `refuseAppend`. When it is
   * `synchronizing`, the client waits: say `+ ` after `acceptAppend`.
   */
  | {
      readonly kind: "append-begin";
      readonly tag: string;
      readonly request: AppendRequest;
      readonly synchronizing: boolean;
    }
  /** A slice of what was pushed. */
  | { readonly kind: "append-octets"; readonly octets: Uint8Array }
  /** All of it came and the command ended well. `hasNul`: NUL stood in it, which only a literal8 may hold. */
  | { readonly kind: "append-end"; readonly hasNul: boolean }
  /** The command went on in a way it may not: forget the message and answer as to `bad`. */
  | ({ readonly kind: "append-failed"; readonly tag: string } & CommandProblem)
  /** In line mode: one line without its end. */
  | { readonly kind: "line"; readonly octets: Uint8Array }
  /** Too much to skip: say BYE and close. Always the last event. */
  | { readonly kind: "close"; readonly text: string };

export interface CommandReader {
  /** Takes octets as they are; the caller must not change them afterwards. */
  push(octets: Uint8Array): void;
  /** The next event, or undefined: more octets are needed, or the answer to `append-begin`. Never throws. */
  next(): ReaderEvent | undefined;
  /** Octets held that no event has consumed: pause the connection when they are many; after STARTTLS there must be none. */
  readonly pendingOctets: number;
  /** The next event is one line (IDLE's DONE, an AUTHENTICATE response); commands again after it. */
  expectLine(): void;
  /** The answer to `append-begin`. */
  acceptAppend(): void;
  /** The other answer to `append-begin`, whose command the caller answers: the literal is dropped, or never comes. */
  refuseAppend(): void;
  /** UTF8=ACCEPT was enabled: mailbox names are UTF-8 from the next command on (RFC 6855 §3). */
  acceptUtf8(): void;
}

export function createCommandReader(): CommandReader {
  return new Reader();
}

type Mode =
  /** A command, from its start or behind a literal. */
  | { readonly kind: "command" }
  | { readonly kind: "argument"; readonly sizeOctets: number }
  | { readonly kind: "answer-line" }
  | {
      readonly kind: "append-undecided";
      readonly tag: string;
      readonly request: AppendRequest;
      readonly synchronizing: boolean;
    }
  | {
      readonly kind: "append";
      readonly tag: string;
      readonly request: AppendRequest;
      remaining: number;
      hasNul: boolean;
    }
  /** Octets of a literal nobody wants, then the rest of its command. */
  | { readonly kind: "skip-literal"; remaining: number }
  /** The rest of a line, of which `ending` is the last that came. */
  | { readonly kind: "skip-line"; skipped: number; ending: string }
  | { readonly kind: "closed" };

/** A line without its end; `too-long` as soon as it is, its octets still in the queue. */
type Line = { readonly kind: "line"; readonly text: string } | { readonly kind: "too-long" };

type Outcome = ReaderEvent | "more" | undefined;

/** What an announcement of a literal can be long, in octets, with the CR behind it. */
const ENDING_OCTETS = 32;
const TOO_LONG: CommandProblem = { status: "BAD", code: { name: "LIMIT" }, text: "Command too long" };

class Reader implements CommandReader {
  readonly #queue = new OctetQueue();
  #mode: Mode = { kind: "command" };
  /** The command so far, one octet a character, literals in line. */
  #text = "";
  #utf8 = false;
  /** A literal was refused that the client was not to send: what comes now is a command, or that literal after all. */
  #mayBeUnasked = false;

  get pendingOctets(): number {
    return this.#queue.length;
  }

  push(octets: Uint8Array): void {
    if (this.#mode.kind !== "closed") this.#queue.push(octets);
  }

  next(): ReaderEvent | undefined {
    for (;;) {
      const mayBeUnasked = this.#mayBeUnasked;
      const outcome = this.#step();
      if (outcome === "more") continue;
      if (outcome === undefined || !mayBeUnasked) return outcome;
      // Its lines would be run as commands, and who wrote the message need not be who is logged in.
      if (outcome.kind === "bad") return this.#close("A literal came that was not asked for");
      if (outcome.kind !== "continue") this.#mayBeUnasked = false;
      return outcome;
    }
  }

  expectLine(): void {
    this.#mode = { kind: "answer-line" };
  }

  acceptAppend(): void {
    const mode = this.#mode;
    if (mode.kind !== "append-undecided") return;
    const { tag, request } = mode;
    this.#mode = { kind: "append", tag, request, remaining: request.sizeOctets, hasNul: false };
  }

  refuseAppend(): void {
    const mode = this.#mode;
    if (mode.kind !== "append-undecided") return;
    this.#skipAnnounced({ synchronizing: mode.synchronizing, sizeOctets: mode.request.sizeOctets });
  }

  acceptUtf8(): void {
    this.#utf8 = true;
  }

  /** One step: an event, `more` when there is more to do at once, undefined when octets or an answer are missing. */
  #step(): Outcome {
    const mode = this.#mode;
    switch (mode.kind) {
      case "command":
        return this.#readLine();
      case "argument":
        return this.#readArgument(mode.sizeOctets);
      case "answer-line":
        return this.#readAnswer();
      case "append":
        return mode.remaining > 0 ? this.#readMessage(mode) : this.#readAppendEnd(mode);
      case "skip-literal":
        return this.#skipLiteral(mode);
      case "skip-line":
        return this.#skipLine(mode);
      case "append-undecided":
      case "closed":
        return undefined;
    }
  }

  /** Undefined while the line is not complete. */
  #takeLine(octetsMax: number): Line | undefined {
    const length = this.#queue.indexOfLineFeed();
    if (length > octetsMax || (length === -1 && this.#queue.length > octetsMax)) return { kind: "too-long" };
    if (length === -1) return undefined;
    const text = this.#queue.takeText(length + 1);
    // A bare LF ends a line too: people type at this port, and nothing is relayed that could be smuggled.
    return { kind: "line", text: text.slice(0, text.at(-2) === "\r" ? -2 : -1) };
  }

  #readLine(): Outcome {
    const line = this.#takeLine(LINE_OCTETS_MAX);
    if (line === undefined) return undefined;
    if (line.kind === "too-long") return this.#giveUpLine(undefined);
    if (this.#text.length + line.text.length > COMMAND_OCTETS_MAX) return this.#giveUpLine(line.text);
    this.#text += line.text;
    const literal = literalAtEnd(line.text);
    if (literal !== undefined) return this.#meetLiteral(literal);
    const octets = this.#takeCommand();
    const append = parseAppendHead(octets, { utf8: this.#utf8 });
    if (append.kind === "problem") return { kind: "bad", tag: append.tag, ...append.problem };
    const parsed = parseCommand(octets, { utf8: this.#utf8 });
    if (!parsed.ok) return { kind: "bad", tag: parsed.tag, ...parsed.problem };
    return { kind: "command", tag: parsed.tag, command: parsed.command };
  }

  /** @param line what was taken of the line already, all of it; undefined: it still stands in the queue. */
  #giveUpLine(line: string | undefined): ReaderEvent {
    const start = this.#text === "" ? (line ?? this.#queue.peekText(TAG_OCTETS_MAX + 1)) : this.#text;
    const tag = parseTag(new Cursor(start));
    this.#text = "";
    if (line === undefined) this.#mode = { kind: "skip-line", skipped: 0, ending: "" };
    else this.#skipAfter(line);
    return { kind: "bad", tag, ...TOO_LONG };
  }

  #meetLiteral(literal: LiteralAnnouncement): Outcome {
    const append = parseAppendHead(this.#text, { utf8: this.#utf8 });
    if (append.kind === "message") {
      const { tag, request } = append;
      const { synchronizing } = literal;
      this.#text = "";
      this.#mode = { kind: "append-undecided", tag, request, synchronizing };
      return { kind: "append-begin", tag, request, synchronizing };
    }
    const tag = parseTag(new Cursor(this.#text));
    if (append.kind === "problem") return this.#giveUpLiteral(literal, tag, append.problem);
    if (tag === null) return this.#giveUpLiteral(literal, tag, { status: "BAD", text: "Expected a tag and a command" });
    const { sizeOctets, synchronizing } = literal;
    if (sizeOctets > ARGUMENT_LITERAL_OCTETS_MAX || this.#text.length + sizeOctets > COMMAND_OCTETS_MAX) {
      return this.#giveUpLiteral(literal, tag, { status: "BAD", code: { name: "LIMIT" }, text: "Literal too long" });
    }
    this.#text += "\r\n";
    this.#mode = { kind: "argument", sizeOctets };
    return synchronizing ? { kind: "continue" } : "more";
  }

  #giveUpLiteral(literal: LiteralAnnouncement, tag: string | null, problem: CommandProblem): ReaderEvent {
    this.#text = "";
    this.#skipAnnounced(literal);
    return { kind: "bad", tag, ...problem };
  }

  #readArgument(sizeOctets: number): Outcome {
    if (this.#queue.length < sizeOctets) return undefined;
    this.#text += this.#queue.takeText(sizeOctets);
    this.#mode = { kind: "command" };
    return "more";
  }

  #takeCommand(): string {
    const octets = this.#text;
    this.#text = "";
    return octets;
  }

  #readAnswer(): Outcome {
    const line = this.#takeLine(ANSWER_LINE_OCTETS_MAX);
    if (line === undefined) return undefined;
    if (line.kind === "too-long") return this.#close("Line too long");
    this.#mode = { kind: "command" };
    return { kind: "line", octets: Buffer.from(line.text, "latin1") };
  }

  #readMessage(mode: Extract<Mode, { readonly kind: "append" }>): Outcome {
    const octets = this.#queue.takePiece(mode.remaining);
    if (octets.length === 0) return undefined;
    mode.remaining -= octets.length;
    if (!mode.request.binary && !mode.hasNul) mode.hasNul = octets.includes(0);
    return { kind: "append-octets", octets };
  }

  /** What stands behind the message: the end of the line, after `UTF8 (` the parenthesis that closes it. */
  #readAppendEnd({ tag, request, hasNul }: Extract<Mode, { readonly kind: "append" }>): Outcome {
    const line = this.#takeLine(LINE_OCTETS_MAX);
    if (line === undefined) return undefined;
    if (line.kind === "line" && line.text === (request.utf8 ? ")" : "")) {
      this.#mode = { kind: "command" };
      return { kind: "append-end", hasNul };
    }
    if (line.kind === "too-long") this.#mode = { kind: "skip-line", skipped: 0, ending: "" };
    else this.#skipAfter(line.text);
    return { kind: "append-failed", tag, status: "BAD", text: "Expected the end of the command after the message" };
  }

  #skipLiteral(mode: Extract<Mode, { readonly kind: "skip-literal" }>): Outcome {
    if (mode.remaining > REFUSED_LITERAL_OCTETS_MAX) return this.#close("Literal too long");
    mode.remaining -= this.#queue.drop(mode.remaining);
    if (mode.remaining > 0) return undefined;
    this.#mode = { kind: "skip-line", skipped: 0, ending: "" };
    return "more";
  }

  #skipLine(mode: Extract<Mode, { readonly kind: "skip-line" }>): Outcome {
    const lineFeed = this.#queue.indexOfLineFeed();
    const count = lineFeed === -1 ? this.#queue.length : lineFeed;
    mode.skipped += count;
    if (mode.skipped > SKIPPED_LINE_OCTETS_MAX) return this.#close("Line too long");
    this.#queue.drop(Math.max(0, count - ENDING_OCTETS));
    mode.ending = (mode.ending + this.#queue.takeText(Math.min(count, ENDING_OCTETS))).slice(-ENDING_OCTETS);
    if (lineFeed === -1) return undefined;
    this.#queue.drop(1);
    this.#skipAfter(mode.ending.replace(/\r$/, ""));
    return "more";
  }

  /** A line of a command that was given up has ended: what it announced and sends unasked is skipped too. */
  #skipAfter(line: string): void {
    const literal = announcedLiteral(line);
    if (literal === undefined) this.#mode = { kind: "command" };
    else this.#skipAnnounced(literal);
  }

  #skipAnnounced({ synchronizing, sizeOctets }: LiteralAnnouncement): void {
    // RFC 3501 §7.5: the client that hears NO or BAD instead of `+` does not send it.
    this.#mode = synchronizing ? { kind: "command" } : { kind: "skip-literal", remaining: sizeOctets };
    this.#mayBeUnasked ||= synchronizing;
  }

  #close(text: string): ReaderEvent {
    this.#mode = { kind: "closed" };
    this.#text = "";
    this.#queue.clear();
    return { kind: "close", text };
  }
}
