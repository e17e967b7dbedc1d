import type { Invocation } from "./command.ts";

/** `--limit`; undefined: it was wrong, and that has been said. */
export function readLimit(
  { option, out }: Pick<Invocation, "option" | "out">,
  { byDefault, max }: { readonly byDefault: number; readonly max: number },
): number | undefined {
  const limit = Number(option("limit") ?? byDefault);
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  out.problem(`--limit is a number from 1 to ${max}.`);
  return undefined;
}
