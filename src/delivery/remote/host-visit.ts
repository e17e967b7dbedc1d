/** What is said to one host, and what its answers mean for each recipient. */

import { isPositive, type Reply } from "#mail/reply.ts";
import type { OutgoingConnection, OutgoingTls, TlsProblem } from "#ports/dialer.ts";
import type { ClientSettings, MessageResult, OutgoingMessage, SessionFailure } from "#protocol/smtp/client-events.ts";
import type { QueuedRecipient, RemoteHost, RemoteReply } from "#queue/attempt.ts";
import type { RouteSettings } from "../routing/settings.ts";
import type { PolicyName, TlsPlan } from "../tls-policy/plan.ts";
import type { ReportedPolicy, TlsResult } from "../tls-policy/tls-results.ts";
import { Conversation, type Opening, type Sending } from "./conversation.ts";
import { TLS_MS } from "./limits.ts";
import { needsUtf8 } from "./needs-utf8.ts";
import type { RecipientLedger } from "./recipient-ledger.ts";
import type { AttemptParts } from "./surroundings.ts";
import * as say from "./words.ts";

export interface VisitParts extends AttemptParts {
  readonly name: string;
  readonly address: string;
  readonly plan: (TlsPlan & { readonly kind: "plan" }) | undefined;
  readonly route: RouteSettings;
  readonly ledger: RecipientLedger;
  readonly note: (line: string) => void;
  readonly met: (host: RemoteHost) => void;
}

/**
 * `spoken`: the host answered for the recipients, whatever it said. `not-spoken`: it did not come to that; its next address
 * may do better. `again-in-clear`: TLS broke, and nothing asks for it.
 */
export type VisitOutcome = "spoken" | "not-spoken" | "again-in-clear";

export class HostVisit {
  readonly #parts: VisitParts;

  constructor(parts: VisitParts) {
    this.#parts = parts;
  }

  /** Over a connection that an earlier message left open, if there is one. */
  async overKept(): Promise<VisitOutcome> {
    const { idle, met } = this.#parts;
    const kept = idle.take(this.#key());
    if (kept === undefined) return "not-spoken";
    met(kept.host);
    // Where it has died of age, a new one is opened.
    return this.#send(kept.conversation, kept.host, kept.messages);
  }

  async over(connection: OutgoingConnection): Promise<VisitOutcome> {
    const { around, plan } = this.#parts;
    if (plan === undefined) throw new Error("a visit without a plan");
    const tls = this.#handshake(plan);
    const conversation = new Conversation({ connection, session: this.#session(plan, tls), tls, clock: around.clock });
    const opening = await this.#unlessStopped(conversation, conversation.open());
    this.#parts.met(this.#host(connection, plan.policy, opening));
    switch (opening.kind) {
      case "tls-failed":
        return this.#tlsFailed(opening.problem, plan, connection);
      case "failed":
        return this.#openingFailed(opening.failure, plan, connection);
      case "ready":
        return this.#ready(conversation, opening, plan);
    }
  }

  /** For the report to the domain (RFC 8460). */
  count(
    { policy, applied }: Pick<TlsPlan, "policy" | "applied">,
    failure: TlsResult["failure"],
    connection?: OutgoingConnection,
  ): void {
    const { around, job, route, name, address } = this.#parts;
    const reported = REPORTED[policy];
    if (reported === undefined || route.host !== undefined || job.origin === "tls-report") return;
    const ownAddress = connection?.local.address ?? "";
    around.tlsResults.add(
      { domain: job.destination, policy: reported, applied, mxName: name, mxAddress: address, ownAddress, failure },
      around.clock.now(),
    );
  }

  #handshake({ tls }: NonNullable<VisitParts["plan"]>): OutgoingTls | undefined {
    if (tls === undefined) return undefined;
    const { authoritiesPem } = this.#parts.around;
    const trust =
      tls.trust.kind === "authorities" && authoritiesPem !== undefined ? { ...tls.trust, authoritiesPem } : tls.trust;
    return { ...tls, trust, timeoutMs: TLS_MS };
  }

  #session(plan: NonNullable<VisitParts["plan"]>, tls: OutgoingTls | undefined): ClientSettings {
    const { around, route } = this.#parts;
    const { settings, random } = around;
    const whenNeeded = plan.required ? "required" : "if-offered";
    const { credentials } = route;
    return {
      protocol: route.protocol,
      clientName: settings.hostname,
      tls: tls === undefined ? "never" : route.implicitTls ? "established" : whenNeeded,
      chunking: settings.chunking,
      ...(credentials === undefined ? {} : { credentials: { ...credentials, nonce: random.id() } }),
    };
  }

  async #unlessStopped<T>(conversation: Conversation, done: Promise<T>): Promise<T> {
    const { signal } = this.#parts;
    const stop = (): void => conversation.stop("this server is being stopped");
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      return await done;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #host(connection: OutgoingConnection, policy: PolicyName, opening: Opening): RemoteHost {
    const { name, address } = this.#parts;
    return {
      name,
      address,
      tls: connection.tls === undefined ? undefined : say.tlsWords(connection.tls, policy),
      dsn: opening.kind === "ready" && opening.extensions.dsn,
    };
  }

  // — When it does not come to the message —

  #tlsFailed(problem: TlsProblem, plan: NonNullable<VisitParts["plan"]>, connection: OutgoingConnection): VisitOutcome {
    const text = say.tlsProblemText(this.#parts.name, plan.policy, problem);
    this.#note(text);
    this.count(plan, { type: problem.kind, code: problem.code }, connection);
    this.#parts.ledger.noteAll("temporary", say.ours("tls", "4.7.5", text));
    return plan.required || this.#parts.route.implicitTls ? "not-spoken" : "again-in-clear";
  }

  #openingFailed(
    failure: SessionFailure,
    plan: NonNullable<VisitParts["plan"]>,
    connection: OutgoingConnection,
  ): VisitOutcome {
    const { ledger, route } = this.#parts;
    const { cause, reply } = failure;
    if (cause === "tls-not-offered" || cause === "tls-refused") {
      this.count(plan, { type: "starttls-not-supported", code: String(reply?.code ?? cause) }, connection);
    }
    if (cause === "authentication-refused" || cause === "no-authentication") this.#cannotLogIn(reply);
    this.#note(say.failureText(this.#parts.name, failure), reply);
    // A greeting of 5yz speaks for one host (RFC 5321 §3.1); a next hop that the settings name is ours to repair.
    const isRefusal = cause === "refused" && reply !== undefined && reply.code !== 421;
    const isFinal = isRefusal && reply.code >= 500 && route.host === undefined;
    ledger.noteAll(isFinal ? "permanent" : "temporary", this.#replyFor(failure));
    return "not-spoken";
  }

  #cannotLogIn(reply: Reply | undefined): void {
    const { around, route } = this.#parts;
    // 4yz: it cannot look passwords up now.
    if (reply !== undefined && reply.code < 500) return;
    const said = reply === undefined ? "it offers no way to log in that may be used" : say.inOneLine(reply);
    around.nextHops.loginRefused({ hop: this.#hop(), username: route.credentials?.username, said });
  }

  #hop(): string {
    const { name, route } = this.#parts;
    return `${name}:${route.port}`;
  }

  #replyFor(failure: SessionFailure): RemoteReply {
    const { name } = this.#parts;
    // A yes in the wrong place explains nothing.
    if (failure.reply !== undefined && failure.reply.code >= 400)
      return say.repliedBy(name, failure.reply, failure.stage);
    return say.ours(say.attemptStage(failure.stage), say.failureStatus(failure), say.failureText(name, failure));
  }

  // — The message —

  #ready(
    conversation: Conversation,
    opening: Opening & { readonly kind: "ready" },
    plan: NonNullable<VisitParts["plan"]>,
  ): Promise<VisitOutcome> | VisitOutcome {
    const { around, route, ledger, name } = this.#parts;
    const { connection } = conversation;
    const facts = connection.tls;
    this.#note(`connected, ${facts === undefined ? "in clear" : say.tlsWords(facts, plan.policy)}`);
    if (plan.tls !== undefined) {
      const failure = facts === undefined ? NOT_OFFERED : (facts.problem ?? plan.breach);
      this.count(plan, failure && { type: failure.kind, code: failure.code }, connection);
    }
    if (route.host === undefined && opening.serverName === around.settings.hostname.toLowerCase()) {
      conversation.quit();
      const text = `${name} is this server: mail for ${this.#parts.job.destination} comes back here`;
      this.#note(text);
      for (const recipient of ledger.open) ledger.settle(recipient, "failed", say.ours("local", "5.4.6", text));
      return "spoken";
    }
    if (route.credentials !== undefined) around.nextHops.loginWorks(this.#hop());
    return this.#send(conversation, this.#host(connection, plan.policy, opening), 0);
  }

  async #send(conversation: Conversation, host: RemoteHost, messages: number): Promise<VisitOutcome> {
    const { job, ledger, idle } = this.#parts;
    const recipients = ledger.open;
    const looked = { ...job, recipients, read: (start: number, end: number) => job.read(start, end) };
    const utf8 = await needsUtf8(looked).catch(() => job.utf8); // who cannot read it hears so below
    const sending = await this.#unlessStopped(
      conversation,
      conversation.send(this.#message(recipients, utf8), {
        read: (start, end) => job.read(start, end),
        beforeEnd: (numbers) => job.beforeFinalDot(numbers.flatMap((number) => recipients[number]?.id ?? [])),
      }),
    );
    const outcome = this.#sent(sending, recipients, host.tls !== undefined);
    if (sending.kind === "done") {
      if (job.moreWaits) idle.put(this.#key(), { conversation, host, messages: messages + 1 });
      else conversation.quit();
    }
    return outcome;
  }

  #message(recipients: readonly QueuedRecipient[], utf8: boolean): OutgoingMessage {
    const { job } = this.#parts;
    return {
      mailFrom: job.mailFrom,
      recipients,
      sizeOctets: job.sizeOctets,
      body: job.body,
      utf8,
      requireTls: job.requireTls,
      returnContent: job.returnContent,
      envelopeId: job.envelopeId,
    };
  }

  #sent(sending: Sending, recipients: readonly QueuedRecipient[], isProtected: boolean): VisitOutcome {
    const { ledger, name } = this.#parts;
    const results = sending.kind === "failed" ? sending.failure.results : sending.results;
    for (const [i, recipient] of recipients.entries()) {
      const result = results[i];
      if (result !== undefined) this.#recipientAnswered(recipient, result, isProtected);
    }
    switch (sending.kind) {
      case "done":
        return "spoken";
      case "stopped":
        this.#note(sending.why);
        ledger.noteAll("temporary", say.ours("local", "4.3.2", sending.why));
        for (const recipient of ledger.open)
          ledger.settle(recipient, "deferred", say.ours("local", "4.3.2", sending.why));
        return "spoken";
      case "failed": {
        const { failure } = sending;
        this.#note(say.failureText(name, failure), failure.reply);
        const reply = this.#replyFor(failure);
        if (!failure.outcomeUnknown) {
          ledger.noteAll("temporary", reply);
          return "not-spoken";
        }
        for (const [i, recipient] of recipients.entries()) {
          if (results[i] === undefined) ledger.settle(recipient, "outcome-unknown", reply);
        }
        return "spoken";
      }
    }
  }

  #recipientAnswered(recipient: QueuedRecipient, result: MessageResult, isProtected: boolean): void {
    const { ledger, name, route } = this.#parts;
    if (result.kind === "not-sendable") {
      const reply = say.notSendable(name, result.problem);
      this.#note(reply.text);
      return ledger.note(recipient, "permanent", reply);
    }
    const reply = say.repliedBy(name, result.reply, result.kind === "refused" ? result.stage : "final-dot");
    if (result.kind === "accepted") return ledger.settle(recipient, "delivered", reply);
    this.#note(`${recipient.address}: refused at ${result.stage}`, result.reply);
    if (route.host !== undefined && isProtected && asksForLogin(result.reply)) {
      this.#cannotLogIn(result.reply);
      return ledger.settle(recipient, "deferred", reply);
    }
    if (isLastWord(result, isProtected)) return ledger.settle(recipient, "failed", reply);
    // The whole message was heard: another host of theirs would hear it again, and say the same.
    if (result.stage === "final-dot") return ledger.settle(recipient, "deferred", reply);
    ledger.note(recipient, "temporary", reply);
  }

  #key(): string {
    const { job, name, plan, route } = this.#parts;
    // One next hop of the settings takes mail of many domains over one connection.
    const whose =
      route.host === undefined ? job.destination : [route.protocol, route.sourceAddresses, route.credentials];
    return JSON.stringify([whose, name, route.port, plan?.policy, plan?.required, job.requireTls]);
  }

  #note(text: string, reply?: Reply): void {
    const { name, address, note } = this.#parts;
    const said = reply === undefined || isPositive(reply) ? "" : `— ${say.inOneLine(reply)}`;
    note(`${name}[${address}]: ${text} ${said}`.trimEnd());
  }
}

/** RFC 4954 §6 and §4: said in place of an answer about the sender or a recipient, it is about us. */
function asksForLogin({ code, status }: Reply): boolean {
  return code === 530 || code === 535 || (code >= 500 && status === "5.7.8");
}

function isLastWord({ reply, stage }: MessageResult & { readonly kind: "refused" }, isProtected: boolean): boolean {
  // "Must issue STARTTLS first": asked in clear because TLS broke, it is no word about the recipient.
  if (reply.code === 530 && !isProtected) return false;
  // RFC 5321 §4.5.3.1.10: 552 for one recipient too many is 452.
  if (stage === "rcpt" && reply.code === 552 && (reply.status === null || reply.status === "5.5.3")) return false;
  return reply.code >= 500;
}

const NOT_OFFERED = { kind: "starttls-not-supported", code: "not offered" } as const;

const REPORTED: Readonly<Record<PolicyName, ReportedPolicy | undefined>> = {
  dane: "tlsa",
  "mta-sts": "sts",
  "mta-sts-testing": "sts",
  opportunistic: "no-policy-found",
  verify: undefined,
  encrypt: undefined,
  none: undefined,
};
