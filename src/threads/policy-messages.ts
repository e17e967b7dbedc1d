/** What the thread of the policy file and the one that asks it say to each other. */
import type { PolicyStage, StageAnswer } from "#evidence/policy/evidence.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";

export interface PolicyThreadData {
  /** Absolute. */
  readonly file: string;
  readonly source: string;
  /** One Int32: the question whose function runs at this moment; 0 for none. It can be read while the thread is stuck. */
  readonly running: SharedArrayBuffer;
}

/** To the thread. IDs begin at 1. */
export interface PolicyOrder {
  readonly id: number;
  readonly question: PolicyQuestion;
}

export type PolicyReport =
  /** The file is loaded and has these functions. */
  | { readonly kind: "ready"; readonly stages: readonly PolicyStage[] }
  | { readonly kind: "unusable"; readonly problem: PolicyFileProblem }
  | { readonly kind: "started"; readonly id: number }
  | { readonly kind: "answered"; readonly id: number; readonly answers: readonly StageAnswer[] }
  /** An error that belongs to no question: a promise or timer that nobody waited for. */
  | { readonly kind: "stray"; readonly detail: string };

/** Why a file cannot be used. */
export interface PolicyFileProblem {
  /** Of the policy file, counted from 1; 0 where it is not known. */
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}
