import type { SpecialUse } from "#store/store.ts";

/** RFC 6154 §2. `\All`, `\Flagged` and `\Important` are views that this store does not keep. */
export const SPECIAL_USES: readonly (readonly [SpecialUse, string])[] = [
  ["drafts", "\\Drafts"],
  ["sent", "\\Sent"],
  ["junk", "\\Junk"],
  ["trash", "\\Trash"],
  ["archive", "\\Archive"],
];

export function specialUseAttribute(use: SpecialUse): string {
  const found = SPECIAL_USES.find(([kept]) => kept === use);
  if (found === undefined) throw new Error(`no attribute for ${use}`);
  return found[1];
}
