/** The password in a command that should never have been sent in clear: refused, but worth knowing of. */
import { startPlain } from "./plain.ts";

export interface ClearPassword {
  readonly username: string;
  readonly password: string;
}

/** Undefined: the command holds none. LOGIN holds half of one, and the other half is never asked for. */
export function clearPassword(mechanism: string, initialResponse: Uint8Array | undefined): ClearPassword | undefined {
  if (mechanism.toUpperCase() !== "PLAIN" || initialResponse === undefined) return undefined;
  const step = startPlain().step(initialResponse);
  if (step.kind !== "question" || step.question.about !== "password") return undefined;
  return { username: step.question.username, password: step.question.password };
}
