/** A message is told to a milter when it is there: the whole transaction in one go, over a connection of its own. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import { negotiation, QUIT } from "#protocol/milter/command.ts";
import { BODY_CHUNK_OCTETS_MAX } from "#protocol/milter/limits.ts";
import { PacketReader } from "#protocol/milter/packet-reader.ts";
import { type Change, type Decision, parseReply } from "#protocol/milter/reply.ts";
import { type MilterMessage, type MilterOutcome, MilterSession, type MilterStep } from "#protocol/milter/session.ts";
import type { MessageOctets } from "../content/message-octets.ts";
import { type Budget, budget, unavailable } from "./budget.ts";
import type { MilterEvidence, MilterResult, Unavailable } from "./evidence.ts";
import { CONNECT_MS, HEADER_OCTETS_MAX, NAMED_MAX, SHOWN_CHARACTERS_MAX } from "./limits.ts";
import { addedFields, additionsAmong, milterFields, spamField } from "./milter-fields.ts";
import { Turns, type TurnsOptions } from "./turns.ts";
import type { Wire } from "./wire.ts";

export interface MilterOptions extends TurnsOptions {
  /** For people. */
  readonly name: string;
  /** Milliseconds for one message, the wait for a connection included. */
  readonly timeoutMs: number;
  /** Our own: fields under this name are ours alone. */
  readonly hostname: string;
  readonly clock: Clock;
}

/** A message as it stands, our fields in front, and where it came from. */
export interface FilteredMessage {
  readonly octets: MessageOctets;
  readonly sizeOctets: number;
  /** Where the body begins. */
  readonly bodyStart: number;
  /** How much of the header is ours. */
  readonly ownOctets: number;
  readonly transaction: Omit<MilterMessage, "fields">;
}

export interface Filtered {
  readonly evidence: MilterEvidence;
  /** Fields for the message, with their CRLF. */
  readonly fields: readonly string[];
}

export class Milter {
  readonly #options: MilterOptions;
  readonly #turns: Turns;

  constructor(options: MilterOptions) {
    this.#options = options;
    this.#turns = new Turns(options);
  }

  /**
   * Rejects only with the error of the message's octets.
   * @param gone fires when nobody wants to know any more.
   */
  async filter(message: FilteredMessage, gone: AbortSignal): Promise<Filtered> {
    const { name: milter, timeoutMs, clock, hostname } = this.#options;
    const time = budget(timeoutMs, gone, clock);
    try {
      const outcome = await this.#turns.take(time, (wire) => talk(wire, message, time));
      const tookMs = time.tookMs();
      if ("kind" in outcome) return { evidence: { milter, result: outcome, tookMs }, fields: [] };
      const { result, fields } = resultOf(outcome, hostname);
      return { evidence: { milter, result, tookMs }, fields };
    } finally {
      time.end();
    }
  }

  /** Does it speak the protocol? The version it agrees on. Never rejects. */
  async version(): Promise<Result<string, Unavailable>> {
    const { clock, timeoutMs } = this.#options;
    const time = budget(Math.min(timeoutMs, CONNECT_MS), new AbortController().signal, clock);
    try {
      const said = await this.#turns.take(time, (wire) => greet(wire, time));
      return typeof said === "string" ? ok(said) : failed(said);
    } finally {
      time.end();
    }
  }
}

async function greet(wire: Wire, time: Budget): Promise<string | Unavailable> {
  const packets = new PacketReader();
  await wire.write(negotiation());
  for (;;) {
    const octets = await wire.read();
    if (octets === undefined)
      return time.endedBecause(unavailable("crashed", "the connection ended without an answer"));
    packets.push(octets);
    const packet = packets.next();
    if (packet === undefined) continue;
    const reply = packet === "malformed" ? undefined : parseReply(packet);
    if (reply?.kind !== "agreement") return unavailable("malformed", "it does not speak the milter protocol");
    await wire.write(QUIT);
    return `milter protocol ${reply.agreement.version}`;
  }
}

async function talk(wire: Wire, message: FilteredMessage, time: Budget): Promise<MilterOutcome | Unavailable> {
  const { octets, sizeOctets, bodyStart, ownOctets, transaction } = message;
  const header = await octets.read(0, Math.min(bodyStart, HEADER_OCTETS_MAX));
  const session = new MilterSession({ ...transaction, fields: milterFields(header, ownOctets) });
  const gone = (): Unavailable => time.endedBecause(unavailable("crashed", "the connection ended without an answer"));
  let at = bodyStart;
  let step: MilterStep = session.next();
  for (;;) {
    switch (step.kind) {
      case "send":
        // What it said before it went may be its answer: that is seen when it is waited for.
        await wire.write(step.octets);
        step = session.next();
        break;
      case "receive": {
        const said = await wire.read();
        if (said === undefined) return gone();
        step = session.next(said);
        break;
      }
      case "read-body": {
        if (wire.isOver) return gone();
        const piece = await octets.read(at, Math.min(at + BODY_CHUNK_OCTETS_MAX, sizeOctets));
        at += piece.length;
        step = session.next(piece);
        break;
      }
      case "done":
        return { ...step.outcome, notAgreed: additionsAmong(step.outcome.notAgreed, header) };
      case "broken":
        return unavailable("malformed", `milter protocol: ${step.problem.replaceAll("-", " ")}`);
    }
  }
}

function resultOf(
  { decision, stage, changes, notAgreed }: MilterOutcome,
  hostname: string,
): { readonly result: MilterResult; readonly fields: readonly string[] } {
  const { taken, refused } = addedFields([...changes, ...notAgreed], hostname);
  const quarantine = changes.find((change) => change.kind === "quarantine");
  return {
    fields: taken,
    result: {
      kind: "decided",
      decision: decision.kind,
      stage,
      reply: replyOf(decision),
      quarantine: quarantine === undefined ? null : cut(quarantine.reason),
      saysSpam: spamField([...changes, ...notAgreed]),
      added: taken.map((field) => cut(field.trimEnd())),
      notTaken: [...refused.map((name) => `the field ${cut(name)}`), ...inVain(notAgreed)].slice(0, NAMED_MAX),
    },
  };
}

function replyOf(decision: Decision): MilterResult["reply"] {
  if (decision.kind !== "reply") return null;
  const { code, status, text } = decision;
  return { code, status, text };
}

function inVain(notAgreed: readonly Change[]): readonly string[] {
  return notAgreed.filter(({ kind }) => kind !== "add-header").map(nameOf);
}

function nameOf(change: Change): string {
  switch (change.kind) {
    case "add-header":
      return `the field ${cut(change.name)}`;
    case "change-header":
      return `another ${cut(change.name)}`;
    case "change-from":
      return `another sender, ${cut(change.address)}`;
    case "add-recipient":
      return `one more recipient, ${cut(change.address)}`;
    case "delete-recipient":
      return `a recipient less, ${cut(change.address)}`;
    case "replace-body":
      return "another body";
    case "quarantine":
      return "quarantine";
  }
}

function cut(text: string): string {
  return text.slice(0, SHOWN_CHARACTERS_MAX);
}
