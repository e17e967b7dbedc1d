/** Talks to a ServerSession in one process: what goes in as octets comes out as the lines of a transcript. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Reply, reply } from "#mail/reply.ts";
import { formatReply } from "#protocol/smtp/reply-format.ts";
import { ServerSession } from "#protocol/smtp/server-session.ts";
import type { Event, Input } from "#protocol/smtp/session-events.ts";
import type { SessionSettings } from "#protocol/smtp/session-settings.ts";
import type { RecipientRequest } from "#protocol/smtp/transaction.ts";

export function sessionSettings(changes: Partial<SessionSettings> = {}): SessionSettings {
  const protocol = changes.protocol ?? "smtp";
  return {
    protocol,
    hostname: "mx.test",
    tls: "starttls",
    credentialChannel: (tls) => (protocol === "submission" ? (tls ? "open" : "needs-tls") : "never"),
    sasl: () => ({ mechanisms: ["PLAIN", "LOGIN"], channelBinding: undefined, tokenScope: "", tokenDescription: "" }),
    authenticationRequired: protocol === "submission",
    messageSizeOctetsMax: 52_428_800,
    recipientsMax: 100,
    errorsMax: 20,
    authenticationFailuresMax: 3,
    probeRecipients: 10,
    probeUnknownMax: 5,
    ...changes,
  };
}

/** A driver that knows everybody: recipients called `unknown…` and at `foreign.test` are refused, the password is `secret`. */
export class Conversation {
  readonly session: ServerSession;
  /** `S:` reply lines, `! signal`, `= message`, `TLS`, `CLOSED reason`, in the order they happened. */
  readonly transcript: string[] = [];
  readonly messages: Buffer[] = [];
  /** Passwords that were refused unread. */
  readonly sentInClear: string[] = [];
  #lmtp: boolean;
  #content: Uint8Array[] = [];

  constructor(settings: SessionSettings, { greet = true }: { readonly greet?: boolean } = {}) {
    this.session = new ServerSession(settings);
    this.#lmtp = settings.protocol === "lmtp";
    if (greet) this.input({ kind: "greet" });
  }

  get closed(): boolean {
    return this.transcript.at(-1)?.startsWith("CLOSED") === true;
  }

  /** One segment. */
  send(octets: Uint8Array | string): void {
    this.input({ kind: "octets", octets: typeof octets === "string" ? Buffer.from(octets) : octets });
  }

  input(first: Input): void {
    for (const inputs = [first]; inputs.length > 0; ) {
      const input = inputs.shift();
      if (input === undefined) break;
      for (const event of this.session.handle(input)) {
        const answer = this.#meet(event);
        if (answer !== undefined) inputs.push(answer);
      }
    }
  }

  #meet(event: Event): Input | undefined {
    switch (event.kind) {
      case "reply":
        this.transcript.push(
          ...formatReply(event.reply)
            .trimEnd()
            .split("\r\n")
            .map((line) => `S: ${line}`),
        );
        return undefined;
      case "client-name":
        return answerWith(reply(250, null, ""));
      case "sender":
        return answerWith(reply(250, "2.1.0", "Sender ok"));
      case "recipient":
        return answerWith(recipientReply(event.recipient));
      case "sasl": {
        const isRight = event.question.about === "password" && event.question.password === "secret";
        const identity = { accountId: 1, address: "a@mx.test" };
        return { kind: "sasl-answer", answer: isRight ? { kind: "accepted", identity } : { kind: "refused" } };
      }
      case "login":
        return answerWith(
          event.outcome.kind === "accepted" ? reply(235, "2.7.0", "Welcome") : reply(535, "5.7.8", "No"),
        );
      case "clear-password":
        this.sentInClear.push(`${event.username}/${event.password}`);
        return undefined;
      case "message-begin":
        this.#content = [];
        return undefined;
      case "message-octets":
        this.#content.push(event.octets);
        return undefined;
      case "message-abandoned":
        this.transcript.push(`ABANDONED ${event.reason}`);
        return undefined;
      case "message-end": {
        const message = Buffer.concat(this.#content);
        this.messages.push(message);
        this.transcript.push(`= ${JSON.stringify(message.toString("latin1"))}`);
        const replies = this.#lmtp ? event.transaction.recipients : [null];
        return { kind: "message-answer", replies: replies.map(() => reply(250, "2.0.0", "Taken")) };
      }
      case "start-tls":
        this.transcript.push("TLS");
        return undefined;
      case "signal":
        this.transcript.push(`! ${event.name}`);
        return undefined;
      case "close":
        this.transcript.push(`CLOSED ${event.reason}${event.abrupt ? " abruptly" : ""}`);
        return undefined;
    }
  }
}

/**
 * Plays a script. `C:` is a line of the client, sent as a segment of its own; `C&` is sent together with what follows.
 * Escapes `\r \n \0 \xNN` stand for octets; a final `\` keeps the CRLF away. `SECURE` completes the handshake. All other
 * lines are what must happen; a final `…` leaves the rest of the line open.
 */
export function playScript(settings: SessionSettings, script: string): void {
  const conversation = new Conversation(settings);
  const expected: string[] = [];
  let together = "";
  for (const line of script.split("\n").map((text) => text.trim())) {
    if (line.startsWith("C: ") || line === "C:" || line.startsWith("C& ")) {
      together += unescape(line.slice(3));
      if (line.startsWith("C&")) continue;
      conversation.send(Buffer.from(together, "latin1"));
      together = "";
    } else if (line === "SECURE") {
      conversation.input({ kind: "tls-established" });
    } else if (line !== "") {
      expected.push(line);
    }
  }
  const actual = conversation.transcript.map((line, index) => {
    const pattern = expected[index];
    return pattern?.endsWith("…") === true && line.startsWith(pattern.slice(0, -1)) ? pattern : line;
  });
  assert.deepEqual(actual, expected);
}

function unescape(text: string): string {
  const open = text.endsWith("\\");
  const octets = (open ? text.slice(0, -1) : text).replace(
    /\\(r|n|0|x([0-9a-f]{2}))/g,
    (_, name: string, hex?: string) =>
      hex === undefined ? ({ r: "\r", n: "\n", "0": "\0" }[name] ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return open ? octets : `${octets}\r\n`;
}

function answerWith(said: Reply): Input {
  return { kind: "answer", reply: said };
}

function recipientReply({ path }: RecipientRequest): Reply {
  if (path === "postmaster") return reply(250, "2.1.5", "Recipient ok");
  if (path.domain === "foreign.test") return reply(550, "5.7.1", "Relaying denied");
  if (path.localPart.startsWith("unknown")) return reply(550, "5.1.1", "No such user");
  return reply(250, "2.1.5", "Recipient ok");
}
