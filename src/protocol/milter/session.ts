/**
 * One message told to one milter, without sockets: `next` says what is to be done, and takes what came of it. The whole
 * transaction is told at once, when the message is there; so an answer in the middle ends it.
 */
import { Buffer } from "node:buffer";
import {
  ABORT,
  body,
  connect,
  header,
  helo,
  type MilterClient,
  type MilterField,
  macros,
  mail,
  negotiation,
  plain,
  QUIT,
  recipient,
  type Stage,
} from "./command.ts";
import {
  ACTION,
  ACTIONS_OFFERED,
  type Agreement,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  STEP,
  STEPS_OFFERED,
  VERSION_WITH_DATA,
} from "./flags.ts";
import { CHANGES_MAX, CHANGES_OCTETS_MAX, PROGRESS_MAX } from "./limits.ts";
import { PacketReader } from "./packet-reader.ts";
import { type Change, type Decision, type MilterReply, parseReply } from "./reply.ts";

export interface MilterMessage {
  readonly client: MilterClient;
  readonly helo: string;
  /** In its angle brackets. */
  readonly sender: string;
  readonly senderParameters: readonly string[];
  readonly recipients: readonly string[];
  /** In their order. */
  readonly fields: Iterable<MilterField>;
  readonly macros: Readonly<Partial<Record<Stage, Readonly<Record<string, string>>>>>;
}

export interface MilterOutcome {
  readonly decision: Decision;
  /** Where it was said. */
  readonly stage: Stage;
  /** Those that were agreed on, in order. */
  readonly changes: readonly Change[];
  /** What it asks for although it knows that it cannot be had. */
  readonly notAgreed: readonly Change[];
}

export type MilterProblem =
  /** Not the protocol, or more than its bounds. */
  | "malformed"
  /** A version, or demands, that are not spoken here. */
  | "no-agreement"
  /** A reply that has no place where it was said. */
  | "out-of-step"
  | "too-many-changes";

export type MilterStep =
  | { readonly kind: "send"; readonly octets: Uint8Array }
  /** Call `next` with octets from the milter. */
  | { readonly kind: "receive" }
  /** Call `next` with 1 to BODY_CHUNK_OCTETS_MAX octets of the body; none at its end. */
  | { readonly kind: "read-body" }
  | { readonly kind: "done"; readonly outcome: MilterOutcome }
  | { readonly kind: "broken"; readonly problem: MilterProblem };

type Talk<Told> = Generator<MilterStep, Told, Uint8Array | undefined>;
type Ending = Extract<MilterStep, { kind: "done" | "broken" }>;

interface Question {
  readonly stage: Exclude<Stage, "end">;
  readonly octets: Uint8Array;
  /** Flags of those who do not want to be told, and of those who do not answer. */
  readonly unless: number;
  readonly silent: number;
}

export class MilterSession {
  readonly #message: MilterMessage;
  readonly #packets = new PacketReader();
  readonly #steps: Talk<Ending>;
  #agreed: Agreement = { version: PROTOCOL_VERSION, actions: 0, steps: 0 };
  #bodyIsEnough = false;
  #ending: Ending | undefined;

  constructor(message: MilterMessage) {
    this.#message = message;
    this.#steps = this.#talk();
  }

  /** @param input what the step before asked for. After `done` and `broken` it says the same again. */
  next(input?: Uint8Array): MilterStep {
    if (this.#ending !== undefined) return this.#ending;
    const step = this.#steps.next(input);
    if (step.done === true) this.#ending = step.value;
    return step.value;
  }

  *#talk(): Talk<Ending> {
    yield { kind: "send", octets: negotiation() };
    const answer = yield* this.#reply();
    if (answer === "malformed") return broken(answer);
    if (answer.kind !== "agreement") return broken("out-of-step");
    const { version, actions, steps } = answer.agreement;
    if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION) return broken("no-agreement");
    // Some answer with all that they can do, whatever was offered. Only what was offered holds.
    this.#agreed = { version, actions: actions & ACTIONS_OFFERED, steps: steps & STEPS_OFFERED };
    return (yield* this.#envelope()) ?? (yield* this.#header()) ?? (yield* this.#body()) ?? (yield* this.#end());
  }

  *#envelope(): Talk<Ending | undefined> {
    const { client, helo: name, sender, senderParameters, recipients } = this.#message;
    const questions: Question[] = [
      { stage: "connect", octets: connect(client), unless: STEP.noConnect, silent: STEP.noReplyConnect },
      { stage: "helo", octets: helo(name), unless: STEP.noHelo, silent: STEP.noReplyHelo },
      { stage: "mail", octets: mail(sender, senderParameters), unless: STEP.noMail, silent: STEP.noReplyMail },
      ...recipients.map(
        (path): Question => ({
          stage: "recipient",
          octets: recipient(path),
          unless: STEP.noRecipients,
          silent: STEP.noReplyRecipient,
        }),
      ),
    ];
    if (this.#agreed.version >= VERSION_WITH_DATA) {
      questions.push({ stage: "data", octets: plain("data"), unless: STEP.noData, silent: STEP.noReplyData });
    }
    for (const question of questions) {
      const ending = yield* this.#ask(question);
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  *#header(): Talk<Ending | undefined> {
    const { steps } = this.#agreed;
    if ((steps & STEP.noHeaders) === 0) {
      for (const field of this.#message.fields) {
        const told = (steps & STEP.leadingSpace) === 0 ? { ...field, value: withoutBlanks(field.value) } : field;
        const ending = yield* this.#ask({
          stage: "header",
          octets: header(told),
          unless: STEP.noHeaders,
          silent: STEP.noReplyHeader,
        });
        if (ending !== undefined) return ending;
      }
    }
    return yield* this.#ask({
      stage: "end-of-headers",
      octets: plain("end-of-headers"),
      unless: STEP.noEndOfHeaders,
      silent: STEP.noReplyEndOfHeaders,
    });
  }

  *#body(): Talk<Ending | undefined> {
    while (!this.#bodyIsEnough && (this.#agreed.steps & STEP.noBody) === 0) {
      const piece = yield { kind: "read-body" };
      if (piece === undefined || piece.length === 0) return undefined;
      const octets = body(piece);
      const ending = yield* this.#ask({ stage: "body", octets, unless: STEP.noBody, silent: STEP.noReplyBody });
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  *#end(): Talk<Ending> {
    yield* this.#tellMacros("end");
    yield { kind: "send", octets: plain("end") };
    const changes: Change[] = [];
    const notAgreed: Change[] = [];
    let octets = 0;
    for (;;) {
      const answer = yield* this.#reply();
      if (answer === "malformed") return broken(answer);
      if (answer.kind === "decision") return yield* this.#conclude(answer.decision, "end", { changes, notAgreed });
      if (answer.kind !== "change") return broken("out-of-step");
      const { change } = answer;
      octets += sizeOf(change);
      (this.#allows(change) ? changes : notAgreed).push(change);
      if (changes.length + notAgreed.length > CHANGES_MAX || octets > CHANGES_OCTETS_MAX) {
        return broken("too-many-changes");
      }
    }
  }

  /** Undefined: go on. */
  *#ask({ stage, octets, unless, silent }: Question): Talk<Ending | undefined> {
    // They hold for what comes later, too: who is not told of the step hears them all the same.
    yield* this.#tellMacros(stage);
    if ((this.#agreed.steps & unless) !== 0) return undefined;
    yield { kind: "send", octets };
    if ((this.#agreed.steps & silent) !== 0) return undefined;
    const answer = yield* this.#reply();
    if (answer === "malformed") return broken(answer);
    if (answer.kind === "skip" && stage === "body") {
      this.#bodyIsEnough = true;
      return undefined;
    }
    if (answer.kind !== "decision") return broken("out-of-step");
    return answer.decision.kind === "continue" ? undefined : yield* this.#conclude(answer.decision, stage);
  }

  *#tellMacros(stage: Stage): Talk<void> {
    const octets = macros(stage, this.#message.macros[stage] ?? {});
    if (octets !== undefined) yield { kind: "send", octets };
  }

  *#conclude(
    decision: Decision,
    stage: Stage,
    asked: Pick<MilterOutcome, "changes" | "notAgreed"> = { changes: [], notAgreed: [] },
  ): Talk<Ending> {
    yield { kind: "send", octets: stage === "end" ? QUIT : Buffer.concat([ABORT, QUIT]) };
    return { kind: "done", outcome: { decision, stage, ...asked } };
  }

  *#reply(): Talk<MilterReply | "malformed"> {
    for (let progress = 0; progress <= PROGRESS_MAX; ) {
      const packet = this.#packets.next();
      if (packet === undefined) {
        const octets = yield { kind: "receive" };
        if (octets !== undefined) this.#packets.push(octets);
        continue;
      }
      const answer = packet === "malformed" ? undefined : parseReply(packet);
      if (answer === undefined) return "malformed";
      if (answer.kind !== "progress") return answer;
      progress++;
    }
    return "malformed";
  }

  #allows({ kind }: Change): boolean {
    const { actions } = this.#agreed;
    if (kind === "add-header") return (actions & ACTION.addHeaders) !== 0;
    return kind === "quarantine" && (actions & ACTION.quarantine) !== 0;
  }
}

function broken(problem: MilterProblem): Ending {
  return { kind: "broken", problem };
}

function sizeOf(change: Change): number {
  switch (change.kind) {
    case "add-header":
    case "change-header":
      return change.name.length + change.value.length;
    case "quarantine":
      return change.reason.length;
    case "change-from":
    case "add-recipient":
    case "delete-recipient":
      return change.address.length;
    case "replace-body":
      return 0; // not kept
  }
}

const SPACE = 0x20;
const TAB = 0x09;

function withoutBlanks(value: Uint8Array): Uint8Array {
  let at = 0;
  while (value[at] === SPACE || value[at] === TAB) at++;
  return value.subarray(at);
}
