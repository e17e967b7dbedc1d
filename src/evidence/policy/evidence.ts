/** What the operator's policy file said, or why it said nothing. Facts only; plain data that JSON can hold. */

/** As the functions of the file are called, in the order in which they are asked. */
export const POLICY_STAGES = ["connection", "sender", "recipient", "message"] as const;
export type PolicyStage = (typeof POLICY_STAGES)[number];

export interface PolicyEvidence {
  readonly answers: readonly PolicyAnswer[];
}

export interface PolicyAnswer extends StageAnswer {
  /** Whose mail it is about, by canonical address; null: everybody's. */
  readonly accounts: readonly string[] | null;
}

export interface StageAnswer {
  readonly stage: PolicyStage;
  readonly outcome: PolicyOutcome;
  /** To be put into the message. */
  readonly headers: readonly PolicyHeader[];
  /** Milliseconds from the question to the answer; of one that came never, as long as it was waited for. */
  readonly tookMs: number;
}

export interface PolicyHeader {
  readonly name: string;
  readonly value: string;
}

export type PolicyOutcome =
  | { readonly kind: "nothing" }
  | { readonly kind: "score"; readonly score: number; readonly text: string }
  | { readonly kind: "junk" | "quarantine" | "defer" | "reject"; readonly text: string }
  /** `detail`: for the operator alone; cut. */
  | { readonly kind: "failed"; readonly why: PolicyFailure; readonly detail: string };

export type PolicyFailure =
  | "timed-out"
  | "threw"
  /** Something that no answer looks like. */
  | "bad-answer"
  /** Its thread ended under the question: `process.exit()`, no memory. */
  | "ended"
  /** The file cannot be loaded. */
  | "unusable"
  /** It failed so often that it is not asked for a while. */
  | "suspended"
  /** Too many questions wait. */
  | "busy";
