/** What a session's doings are to the gate's ledger. Only what servers that send mail do not do; the rest is nobody's affair. */
import type { BadMail } from "#gate/block-list/offence.ts";
import type { Signal } from "#protocol/smtp/session-events.ts";
import type { Verdict } from "#verdict/verdict.ts";

/** Undefined: happens to everybody, or is counted elsewhere. */
export function offenceOfSignal(signal: Signal): BadMail["kind"] | undefined {
  switch (signal) {
    case "early-talker":
      return "early-talker";
    case "pipelined-past-greeting":
    case "data-before-go-ahead":
    case "command-behind-starttls":
    case "bad-line":
      return "protocol-abuse";
    // Old but honest programs pipeline after HELO.
    case "pipelined-after-helo":
    // Probes, scanners and mail programs set up wrongly.
    case "not-smtp":
    case "tls-on-clear-port":
    // Its unknown recipients have been counted one by one.
    case "recipient-probing":
      return undefined;
  }
}

/**
 * A refusal that says something about the sender's intent. Names that are wrong, a missing PTR record, or a ban that is
 * there already say nothing new.
 */
export function isSpamVerdict({ disposition, reasons }: Verdict): boolean {
  return disposition === "reject" && (reasons[0] === "listed-as-hostile" || reasons[0] === "score-reject");
}
