/** How the policy file is asked: see `check.ts` for what it is told. */
import type { Connection, Message, Recipient, Sender } from "./check.ts";
import type { PolicyStage, StageAnswer } from "./evidence.ts";

/** Plain data: it goes to another thread. */
export interface PolicyQuestion {
  /** The functions that are asked, one after the other. */
  readonly stages: readonly PolicyStage[];
  readonly connection: Connection;
  readonly sender: Sender;
  /** Those accepted; of a question about a recipient, this one. */
  readonly recipients: readonly Recipient[];
  /** Null before it is there. */
  readonly message: Message | null;
}

export interface PolicyAsker {
  /** The functions that the file has: no others need be asked. */
  readonly stages: ReadonlySet<PolicyStage>;
  /** One answer a stage. Never rejects, and takes a bounded time. */
  ask(question: PolicyQuestion): Promise<readonly StageAnswer[]>;
}
