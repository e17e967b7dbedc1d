/** A server that says what a script tells it, and the client session that answers. */
import assert from "node:assert/strict";
import type {
  ClientEvent,
  ClientInput,
  ClientSettings,
  MessageResult,
  OutgoingMessage,
} from "#protocol/smtp/client-events.ts";
import { ClientSession } from "#protocol/smtp/client-session.ts";

export const SETTINGS: ClientSettings = {
  protocol: "smtp",
  clientName: "mx.example.test",
  tls: "if-offered",
  chunking: true,
};
export const MESSAGE: OutgoingMessage = {
  mailFrom: "alice@example.test",
  recipients: recipients("bob@peer.test"),
  sizeOctets: 12,
  body: "7BIT",
  utf8: false,
  requireTls: false,
  returnContent: undefined,
  envelopeId: undefined,
};
export const CREDENTIALS = { username: "user", password: "pencil", nonce: "abc" };
export const TWO = { recipients: recipients("bob@peer.test", "carol@peer.test") };
/** Until MAIL, in clear. */
export const GREETED = ["S: 220 peer", "C: EHLO mx.example.test"];
export const LOGGING_IN: Partial<ClientSettings> = { tls: "established", credentials: CREDENTIALS };

export function recipients(...addresses: readonly string[]): OutgoingMessage["recipients"] {
  return addresses.map((address) => ({ address, notify: undefined, originalRecipient: undefined }));
}

export interface Course {
  readonly settings?: Partial<ClientSettings>;
  readonly message?: Partial<OutgoingMessage>;
  /** The slices of the message. */
  readonly content?: readonly string[];
  /** After the last line of the script. */
  readonly lost?: "closed" | "timed-out";
}

/**
 * Plays a server: lines `S: …` are said by it (`\` before more in the same piece), `C: …` is what must have been said by
 * us in answer, octet for octet with its line ends left out. The message is sent when the session is ready.
 * @param expected what comes of it: `done: …`, `failed: stage cause` or `open`.
 */
export function checkCourse(script: readonly string[], expected: string, course: Course = {}): void {
  const session = new ClientSession({ ...SETTINGS, ...course.settings });
  const waiting: ClientInput[] = [];
  const slices = [...(course.content ?? ["Hi\r\n\r\n.x\r\n"])];
  const content = (): ClientInput => {
    const slice = slices.shift();
    return slice === undefined ? { kind: "content-end" } : { kind: "content", octets: Buffer.from(slice) };
  };
  let said = "";
  let outcome = "open";
  const take = (events: readonly ClientEvent[]): void => {
    for (const event of events) {
      if (event.kind === "write") said += Buffer.from(event.octets).toString("latin1");
      if (event.kind === "start-tls") said += "<TLS>\r\n";
      if (event.kind === "ready") waiting.push({ kind: "send", message: { ...MESSAGE, ...course.message } });
      if (event.kind === "want-content") waiting.push(content());
      if (event.kind === "done") outcome = `done: ${event.results.map(wordsFor).join(", ")}`;
      if (event.kind === "bye") outcome = "bye";
      if (event.kind === "failed") {
        const { stage, cause, outcomeUnknown, results } = event.failure;
        const known = results.map(wordsFor).join(", ");
        outcome = `failed: ${stage} ${cause}${outcomeUnknown ? " (unknown)" : ""}${known === "" ? "" : ` [${known}]`}`;
      }
    }
    const next = waiting.shift();
    if (next !== undefined && outcome === "open") take(session.handle(next));
  };
  let piece = "";
  for (const line of script) {
    if (line.startsWith("C: ")) {
      assert.equal(said.replaceAll("\r\n", "|"), `${line.slice(3)}|`);
      said = "";
    } else if (line === "<TLS>") {
      take(session.handle({ kind: "tls-established" }));
    } else {
      piece += line.endsWith("\\") ? `${line.slice(3, -1)}\r\n` : `${line.slice(3)}\r\n`;
      if (line.endsWith("\\")) continue;
      take(session.handle({ kind: "octets", octets: Buffer.from(piece, "latin1") }));
      piece = "";
    }
  }
  assert.equal(said, "", "said more than was expected");
  if (course.lost !== undefined) take(session.handle({ kind: "lost", cause: course.lost }));
  assert.equal(outcome, expected);
}

function wordsFor(result: MessageResult | undefined): string {
  if (result === undefined) return "-";
  if (result.kind === "not-sendable") return result.problem;
  return `${result.kind} ${result.reply.code}${result.kind === "refused" ? ` ${result.stage}` : ""}`;
}
