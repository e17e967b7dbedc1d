/** Why a data folder cannot be opened, in words for the person who runs the server, and what they can do. */
export type StoreOpenProblem =
  | "in-use"
  | "not-a-folder"
  | "other-owner"
  | "not-writable"
  | "not-a-store"
  | "newer-schema"
  | "corrupt"
  | "no-space";

export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
  readonly problem: StoreOpenProblem;
  readonly remedy: string;

  constructor(problem: StoreOpenProblem, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
    this.remedy = remedy;
  }
}

export function noSpaceError(path: string, cause: unknown): StoreOpenError {
  return new StoreOpenError("no-space", `there is no room for ${path}`, "Free some room on that disk.", cause);
}
