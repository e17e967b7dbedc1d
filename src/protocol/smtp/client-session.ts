/**
 * The sending side of SMTP (RFC 5321) and LMTP (RFC 2033) as a state machine without I/O: octets and wishes go in, octets
 * and results come out. What was promised in clear is forgotten after STARTTLS, passwords are said inside TLS alone, and
 * a server that is out of step is left.
 */
import type { Reply } from "#mail/reply.ts";
import { ClientAuthentication } from "./client-authentication.ts";
import { mailCommand, rcptCommand, whyNotSendable } from "./client-commands.ts";
import { ChunkSink, type ContentSink, DataSink } from "./client-content-sinks.ts";
import type {
  ClientEvent,
  ClientInput,
  ClientSettings,
  ClientStage,
  FailureCause,
  MessageResult,
  OutgoingMessage,
} from "./client-events.ts";
import { type Extensions, NO_EXTENSIONS, readExtensions } from "./client-extensions.ts";
import { ReplyReader } from "./client-reply-reader.ts";
import { ClientTransaction } from "./client-transaction.ts";

/** A reply that is due, and what it answers. */
type Expected =
  | { readonly to: "greeting" | "ehlo" | "helo" | "starttls" | "auth" | "rset" | "mail" | "data" | "chunk" | "quit" }
  | { readonly to: "rcpt"; readonly recipient: number }
  /** `nobody`: the message that had to be ended though no recipient was left. */
  | { readonly to: "final-dot" | "final-dot-for-nobody" };

interface PlannedCommand {
  readonly line: string;
  readonly expected: Expected;
}

export class ClientSession {
  readonly #settings: ClientSettings;
  readonly #replies = new ReplyReader();
  readonly #authentication: ClientAuthentication | undefined;
  #events: ClientEvent[] = [];
  #over = false;
  #tlsEstablished: boolean;
  #handshaking = false;
  #extensions: Extensions = NO_EXTENSIONS;
  #serverName = "";
  /** In the order of the commands that were sent (RFC 2920). */
  #expected: Expected[] = [{ to: "greeting" }];
  /** Commands of this transaction that were not sent yet. */
  #plan: PlannedCommand[] = [];
  #transaction: ClientTransaction | undefined;
  #content: ContentSink | undefined;
  /** The server still holds an envelope of ours. */
  #mustReset = false;
  #stage: ClientStage = "greeting";
  #announced: Expected | ClientStage | undefined;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#tlsEstablished = settings.tls === "established";
    const { credentials } = settings;
    this.#authentication = credentials === undefined ? undefined : new ClientAuthentication(credentials);
  }

  handle(input: ClientInput): readonly ClientEvent[] {
    if (!this.#over) {
      this.#take(input);
      this.#announce();
    }
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #take(input: ClientInput): void {
    switch (input.kind) {
      case "octets":
        return this.#octets(input.octets);
      case "tls-established":
        return this.#secured();
      case "send":
        return this.#send(input.message);
      case "content":
        return this.#openContent().push(input.octets);
      case "content-end":
        return this.#endContent();
      case "quit":
        this.#mustBeReady();
        return this.#say("QUIT\r\n", { to: "quit" });
      case "lost":
        return this.#stage === "quit" ? this.#bye() : this.#fail(input.cause);
    }
  }

  #octets(octets: Uint8Array): void {
    if (this.#handshaking) return this.#fail("octets-behind-starttls");
    this.#replies.append(octets);
    while (!this.#over) {
      const read = this.#replies.next();
      if (read === undefined) return;
      if (typeof read === "string") return this.#fail(read);
      this.#reply(read);
    }
  }

  #reply(reply: Reply): void {
    const expected = this.#expected.shift();
    if (expected === undefined) return this.#unexpected(reply);
    this.#stage = stageOf(expected);
    if (reply.code === 421 && expected.to !== "quit") return this.#fail("refused", reply);
    const goesOn = reply.code >= 300 && reply.code < 400;
    // RFC 5321 §4.2.1: 3yz wants more of this command. Only two have more.
    if (goesOn && expected.to !== "data" && expected.to !== "auth") return this.#fail("out-of-step", reply);
    this.#answered(expected, reply);
    if (!this.#over) this.#advance();
  }

  #answered(expected: Expected, reply: Reply): void {
    const refused = reply.code >= 400;
    switch (expected.to) {
      case "greeting":
        return refused ? this.#fail("refused", reply) : this.#hello();
      case "ehlo":
        if (!refused) return this.#greeted(readExtensions(reply), reply);
        // RFC 5321 §4.1.4: who does not know EHLO may know HELO. LMTP has no other.
        if (reply.code < 500 || this.#settings.protocol === "lmtp") return this.#fail("refused", reply);
        return this.#say(`HELO ${this.#settings.clientName}\r\n`, { to: "helo" });
      case "helo":
        return refused ? this.#fail("refused", reply) : this.#greeted(NO_EXTENSIONS, reply);
      case "starttls":
        return this.#startTlsAnswered(reply);
      case "auth":
        return this.#authenticationAnswered(reply);
      case "rset":
        return refused ? this.#fail("refused", reply) : undefined;
      case "mail":
        if (refused) this.#refuseRest(reply, "mail");
        else this.#mustReset = true;
        return;
      case "rcpt":
        return this.#transaction?.recipientAnswered(expected.recipient, reply);
      case "data":
        return this.#dataAnswered(reply);
      case "chunk":
        if (refused) this.#refuseRest(reply, "content");
        else this.#wantContent();
        return;
      case "final-dot":
        this.#mustReset = false;
        if (this.#settings.protocol === "lmtp") return this.#transaction?.nextAnswered(reply);
        return this.#transaction?.messageAnswered(reply);
      case "final-dot-for-nobody":
        this.#mustReset = false;
        return;
      case "quit":
        return this.#bye();
    }
  }

  /** Nobody asked. Mid-message it is a refusal that could not wait for the end. */
  #unexpected(reply: Reply): void {
    if (this.#stage === "content" && reply.code >= 400) {
      this.#refuseRest(reply, "content");
      return this.#fail("refused", reply);
    }
    this.#fail(reply.code === 421 ? "refused" : "out-of-step", reply);
  }

  // — Until the session is ready —

  #hello(): void {
    const verb = this.#settings.protocol === "lmtp" ? "LHLO" : "EHLO";
    this.#say(`${verb} ${this.#settings.clientName}\r\n`, { to: "ehlo" });
  }

  #greeted(extensions: Extensions, { text }: Reply): void {
    this.#extensions = extensions;
    this.#serverName = text.split(/[\s]/, 1)[0]?.toLowerCase() ?? "";
    const { tls } = this.#settings;
    const wantsTls = !this.#tlsEstablished && tls !== "never";
    if (wantsTls && extensions.startTls) return this.#say("STARTTLS\r\n", { to: "starttls" });
    if (wantsTls && tls === "required") return this.#fail("tls-not-offered");
    this.#logIn();
  }

  #startTlsAnswered(reply: Reply): void {
    if (reply.code !== 220) {
      return this.#settings.tls === "required" ? this.#fail("tls-refused", reply) : this.#logIn();
    }
    // RFC 3207 §5: whoever sits between could answer commands that we say only later, under protection.
    if (this.#replies.pending > 0) return this.#fail("octets-behind-starttls");
    this.#handshaking = true;
    this.#emit({ kind: "start-tls" });
  }

  /** RFC 3207 §4.2: what was offered in clear is forgotten; the answer to this greeting takes its place. */
  #secured(): void {
    if (!this.#handshaking) throw new Error("no handshake was asked for");
    this.#handshaking = false;
    this.#tlsEstablished = true;
    this.#hello();
  }

  #logIn(): void {
    if (this.#authentication === undefined) return this.#ready();
    const command = this.#tlsEstablished ? this.#authentication.begin(this.#extensions.authentication) : undefined;
    if (command === undefined) return this.#fail("no-authentication");
    this.#say(command, { to: "auth" });
  }

  #authenticationAnswered(reply: Reply): void {
    const next = this.#authentication?.answer(reply) ?? "refused";
    if (next === "succeeded") return this.#ready();
    if (next === "refused") return this.#fail("authentication-refused", reply);
    this.#say(next.line, { to: "auth" });
  }

  #ready(): void {
    this.#stage = "ready";
    this.#emit({ kind: "ready", extensions: this.#extensions, serverName: this.#serverName });
  }

  // — A message —

  #send(message: OutgoingMessage): void {
    this.#mustBeReady();
    const transaction = new ClientTransaction(message);
    const problem = whyNotSendable(message, this.#extensions, this.#settings.chunking);
    if (problem !== undefined) {
      const results = message.recipients.map((): MessageResult => ({ kind: "not-sendable", problem }));
      return this.#emit({ kind: "done", results });
    }
    this.#transaction = transaction;
    this.#plan = [
      ...(this.#mustReset ? [{ line: "RSET\r\n", expected: { to: "rset" } } as const] : []),
      { line: mailCommand(message, this.#extensions), expected: { to: "mail" } },
      ...message.recipients.map((recipient, i): PlannedCommand => {
        return { line: rcptCommand(recipient, this.#extensions), expected: { to: "rcpt", recipient: i } };
      }),
      ...(this.#usesChunks() ? [] : [{ line: "DATA\r\n", expected: { to: "data" } } as const]),
    ];
    this.#advance();
  }

  /** Goes on where no reply is due. */
  #advance(): void {
    const transaction = this.#transaction;
    if (transaction === undefined || this.#expected.length > 0) return;
    if (transaction.isAnswered) return this.#done(transaction);
    if (this.#plan.length > 0) return this.#sayPlanned();
    if (this.#content === undefined) this.#beginContent(transaction);
  }

  /** RFC 2920 §3.1: all of them at once, DATA as the last of the group. */
  #sayPlanned(): void {
    if (this.#replies.pending > 0) return this.#fail("out-of-step");
    const group = this.#plan.splice(0, this.#extensions.pipelining ? this.#plan.length : 1);
    this.#expected.push(...group.map(({ expected }) => expected));
    this.#emit({ kind: "write", octets: group.map(({ line }) => line).join("") });
  }

  #dataAnswered(reply: Reply): void {
    const transaction = this.#transaction;
    if (reply.code < 300 || transaction === undefined) return this.#fail("out-of-step", reply);
    if (reply.code >= 400) return this.#refuseRest(reply, "data");
    if (transaction.accepted.length > 0) return this.#beginContent(transaction);
    // It holds recipients, and an empty message would be theirs.
    if (transaction.isContradicted) return this.#fail("out-of-step", reply);
    // RFC 2920 §3.1: told to go on with no recipient left, a client still has to end the message.
    this.#say(".\r\n", { to: "final-dot-for-nobody" });
  }

  #beginContent(transaction: ClientTransaction): void {
    const write = (octets: Uint8Array | string): void => this.#emit({ kind: "write", octets });
    const Sink = this.#usesChunks() ? ChunkSink : DataSink;
    this.#content = new Sink({
      write,
      wantMore: () => this.#wantContent(),
      chunkSent: () => this.#expected.push({ to: "chunk" }),
    });
    this.#stage = "content";
    this.#emit({ kind: "want-content", recipients: transaction.accepted });
  }

  #wantContent(): void {
    this.#stage = "content";
    this.#emit({ kind: "want-content", recipients: this.#transaction?.accepted ?? [] });
  }

  #openContent(): ContentSink {
    if (this.#content === undefined || this.#expected.length > 0) throw new Error("no content is wanted");
    return this.#content;
  }

  #endContent(): void {
    this.#openContent().finish();
    const replies = this.#settings.protocol === "lmtp" ? (this.#transaction?.accepted.length ?? 0) : 1;
    for (let i = 0; i < replies; i++) this.#expected.push({ to: "final-dot" });
  }

  #refuseRest(reply: Reply, stage: ClientStage): void {
    this.#transaction?.refuseRest(reply, stage);
    this.#plan = [];
  }

  #done(transaction: ClientTransaction): void {
    this.#transaction = undefined;
    this.#content = undefined;
    this.#plan = [];
    this.#stage = "ready";
    this.#emit({ kind: "done", results: transaction.results.filter((result) => result !== undefined) });
  }

  #usesChunks(): boolean {
    return this.#settings.chunking && this.#extensions.chunking;
  }

  // — What all of it needs —

  #say(line: string, expected: Expected): void {
    // What stands there already cannot be the answer.
    if (this.#replies.pending > 0) return this.#fail("out-of-step");
    this.#expected.push(expected);
    this.#emit({ kind: "write", octets: line });
  }

  #emit(event: ClientEvent): void {
    this.#events.push(event);
  }

  #announce(): void {
    const [head] = this.#expected;
    if (this.#over) return;
    if (head !== undefined) this.#stage = stageOf(head);
    const awaited = head ?? this.#stage;
    if (awaited !== this.#announced) this.#emit({ kind: "await", stage: this.#stage });
    this.#announced = awaited;
  }

  #mustBeReady(): void {
    if (this.#stage !== "ready") throw new Error(`not ready: ${this.#stage}`);
  }

  #bye(): void {
    this.#over = true;
    this.#emit({ kind: "bye" });
  }

  #fail(cause: FailureCause, reply?: Reply): void {
    this.#over = true;
    const stage = this.#stage;
    const results = this.#transaction?.results ?? [];
    // Who says 421 in answer to the dot has not taken the message.
    const outcomeUnknown = stage === "final-dot" && this.#transaction !== undefined && cause !== "refused";
    this.#emit({ kind: "failed", failure: { stage, cause, reply, results, outcomeUnknown } });
  }
}

function stageOf({ to }: Expected): ClientStage {
  switch (to) {
    case "helo":
      return "ehlo";
    case "rset":
      return "mail";
    case "chunk":
      return "content";
    case "final-dot-for-nobody":
      return "data";
    case "greeting":
    case "ehlo":
    case "starttls":
    case "auth":
    case "mail":
    case "rcpt":
    case "data":
    case "final-dot":
    case "quit":
      return to;
  }
}
