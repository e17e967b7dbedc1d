import type { ResponseCode } from "./response.ts";

/** Why a command is none, as the tagged answer to it. */
export interface CommandProblem {
  readonly status: "BAD" | "NO";
  readonly code?: ResponseCode;
  readonly text: string;
}
