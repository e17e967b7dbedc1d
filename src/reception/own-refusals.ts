/** What a session refuses without asking anybody: limits, and talk that is not SMTP. */
import type { Reply } from "#mail/reply.ts";
import type { CloseReason } from "#protocol/smtp/session-events.ts";
import { withId } from "./reply-with-id.ts";

/** A limit or the end: a decision, unlike the answer to a command that was mistyped. */
const DECIDING_CODES: ReadonlySet<number> = new Set([421, 452, 552, 554]);
/** At the end of what was refused by policy. */
const HAS_ID = /\([\w-]{12,}\)$/;
/** Failed logins have lines of their own in the log. */
const FAILED_LOGINS = "Too many failed authentications";

/** Ends that somebody may ask about. Who was idle, or hung up, was refused nothing. */
const RECORDED_ENDS: ReadonlySet<CloseReason> = new Set([
  "not-smtp",
  "out-of-step",
  "bad-line",
  "too-many-errors",
  "recipient-probing",
  "held-too-much",
]);

export class OwnRefusals {
  #lastWord: Reply | undefined;

  /** With its ID where it decides something. */
  said(reply: Reply, id: string): Reply {
    const { code, text } = reply;
    if (!DECIDING_CODES.has(code) || HAS_ID.test(text) || text.startsWith(FAILED_LOGINS)) return reply;
    this.#lastWord = withId(reply, id);
    return this.#lastWord;
  }

  /** The session ended: what it said, where that is worth a record. */
  lastWord(reason: CloseReason): Reply | undefined {
    return RECORDED_ENDS.has(reason) ? this.#lastWord : undefined;
  }
}
