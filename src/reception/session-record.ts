/** What is known about one session: for policy, trace fields and its one line in the log. */
import type { Identity } from "#identity/authenticator.ts";
import { formatPath } from "#mail/address.ts";
import type { Connection } from "#ports/connection.ts";
import type { Fields } from "#ports/log.ts";
import type { CloseReason, Signal } from "#protocol/smtp/session-events.ts";
import type { Transaction } from "#protocol/smtp/transaction.ts";
import { LOGGED_RECIPIENTS_MAX } from "./limits.ts";
import type { Overdue } from "./session-deadlines.ts";

export class SessionRecord {
  readonly connection: Connection;
  readonly startedMs: number;
  clientName = "";
  extended = false;
  identity: Identity | undefined;
  /** By which the user logged in: `PLAIN`. */
  mechanism = "";
  messagesTaken = 0;
  messagesRefused = 0;
  closeReason: CloseReason | "client-gone" | "tls-failed" | "broken" | "turned-away" = "client-gone";
  overdue: Overdue | undefined;
  readonly signals = new Set<Signal | "own-name" | "early-talker-shadow">();
  /** Refused recipients by reason. */
  readonly refusals = new Map<string, number>();

  constructor(connection: Connection, startedMs: number) {
    this.connection = connection;
    this.startedMs = startedMs;
  }

  named(clientName: string, extended: boolean): void {
    this.clientName = clientName;
    this.extended = extended;
  }

  loggedIn(identity: Identity, mechanism: string): void {
    this.identity = identity;
    this.mechanism = mechanism;
  }

  refused(reason: string): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
  }

  fields(nowMs: number): Fields {
    const { remote, tls } = this.connection;
    return {
      remote: remote.address,
      client: this.clientName,
      tls: tls?.version,
      account: this.identity?.address,
      taken: this.messagesTaken,
      refused: this.messagesRefused,
      refusals: this.refusals.size === 0 ? undefined : Object.fromEntries(this.refusals),
      signals: this.signals.size === 0 ? undefined : [...this.signals],
      reason: this.closeReason,
      overdue: this.overdue,
      durationMs: Math.round(nowMs - this.startedMs),
    };
  }
}

/** Of one message's line: the envelope, never content. */
export function messageFields(id: string, { sender, recipients }: Transaction): Fields {
  const named = recipients.slice(0, LOGGED_RECIPIENTS_MAX);
  return {
    message: id,
    mailFrom: formatPath(sender.reversePath),
    recipients: named.map(({ path }) => (path === "postmaster" ? path : formatPath(path))),
    recipientCount: recipients.length,
  };
}
