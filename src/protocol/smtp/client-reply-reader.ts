/** The replies of a server, out of octets that come in whatever pieces (RFC 5321 §4.2). */
import { Buffer } from "node:buffer";
import type { EnhancedStatus, Reply } from "#mail/reply.ts";
import { REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX, REPLY_OCTETS_MAX } from "./client-limits.ts";

const LF = 0x0a;
const CR = 0x0d;

export type ReplyProblem = "malformed-reply" | "reply-too-long";

/** Undefined: no whole reply is there yet. */
export type ReadReply = Reply | ReplyProblem | undefined;

export class ReplyReader {
  #pieces: Buffer = Buffer.alloc(0);
  #lines: string[] = [];
  #code = "";
  #octets = 0;

  /** Octets that belong to no reply taken so far. */
  get pending(): number {
    return this.#pieces.length + this.#octets;
  }

  append(octets: Uint8Array): void {
    const view = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#pieces = this.#pieces.length === 0 ? view : Buffer.concat([this.#pieces, view]);
  }

  /** After a problem nothing more is to be read: nobody knows where the next reply begins. */
  next(): ReadReply {
    for (;;) {
      const lf = this.#pieces.indexOf(LF);
      if (lf === -1) return this.#pieces.length > REPLY_LINE_OCTETS_MAX ? "reply-too-long" : undefined;
      // A bare LF is a line end here: it is the server's own voice, and old ones talk like that.
      const end = lf > 0 && this.#pieces[lf - 1] === CR ? lf - 1 : lf;
      if (end > REPLY_LINE_OCTETS_MAX) return "reply-too-long";
      const line = this.#pieces.toString("utf8", 0, end);
      this.#pieces = this.#pieces.subarray(lf + 1);
      const read = this.#line(line, lf + 1);
      if (read !== undefined) return read;
    }
  }

  #line(line: string, octets: number): ReadReply {
    const [, code, mark = "", text = ""] = LINE.exec(line) ?? [];
    if (code === undefined || (this.#code !== "" && code !== this.#code)) return "malformed-reply";
    this.#code = code;
    this.#octets += octets;
    if (this.#lines.length === REPLY_LINES_MAX || this.#octets > REPLY_OCTETS_MAX) return "reply-too-long";
    this.#lines.push(text);
    if (mark === "-") return undefined;
    const whole = replyOf(code, this.#lines);
    this.#lines = [];
    this.#code = "";
    this.#octets = 0;
    return whole;
  }
}

/** RFC 5321 §4.2 knows no 1yz. A code alone is a whole reply. */
const LINE = /^([2-5][0-9][0-9])(?:([- ])(.*))?$/s;
const STATUS = /^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: +|$)/;
/** What could play tricks with a terminal, a header or a report. */
const NOT_TEXT = /[\p{Cc}\u2028\u2029]/gu;

function replyOf(code: string, lines: readonly string[]): Reply {
  const [, found] = STATUS.exec(lines[0] ?? "") ?? [];
  // RFC 2034 §4: class and first digit agree, or the status is no status.
  const status = found !== undefined && found[0] === code[0] ? (found as EnhancedStatus) : null;
  const text = lines.map((line) => (status === null ? line : line.replace(STATUS, "")).replace(NOT_TEXT, "?"));
  return { code: Number(code), status, text: text.join("\n") };
}
