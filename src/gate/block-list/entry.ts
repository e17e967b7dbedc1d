/** An entry of our own block list: plain data, to be stored and sent to other threads. */
import { failed, ok, type Result } from "#mail/result.ts";
import { formatPrefix, type Prefix, type PrefixProblem, parsePrefix } from "../network/prefix.ts";
import { BANNED_PREFIX_BITS_MIN, EVIDENCE_LINES_MAX, TEXT_CHARACTERS_MAX } from "./limits.ts";

/** What is asked: may it deliver mail, may it log in? */
export type AskedScope = "smtp" | "auth";
export type Scope = AskedScope | "all";

export interface BlockEntry {
  /** In its one text: `192.0.2.5`, `192.0.2.0/24`, `2001:db8::/64`. */
  readonly prefix: string;
  readonly scope: Scope;
  /** `allow` wins over every ban of what it covers. */
  readonly kind: "ban" | "allow";
  readonly reason: string;
  /** What was seen, a line each, newest last. */
  readonly evidence: readonly string[];
  readonly sinceMs: number;
  /** null: until somebody removes it. Bans by rule always end. */
  readonly untilMs: number | null;
  readonly origin: "admin" | "rule" | "import";
  /** For bans by rule: how many there were before; each lasts twice as long. */
  readonly repeat: number;
}

export type EntryProblem = PrefixProblem | "too-wide" | "never-ends" | "ended-already";

/** Says what is wrong, in words for an administrator. */
export function entryProblemText(problem: EntryProblem): string {
  switch (problem) {
    case "not-an-address":
      return "not an IP address or network (192.0.2.5, 192.0.2.0/24, 2001:db8::/48)";
    case "bad-length":
      return "the number behind the slash must be from 0 to 32 (IPv4) or 128 (IPv6), without leading zeros";
    case "host-bits":
      return "the address has bits outside of its network: write 192.0.2.0/24, not 192.0.2.5/24";
    case "too-wide":
      return `wider than /${BANNED_PREFIX_BITS_MIN[4]} (IPv4) or /${BANNED_PREFIX_BITS_MIN[6]} (IPv6): that shuts out half the world`;
    case "never-ends":
      return "a ban by a rule must end";
    case "ended-already":
      return "the end lies before the beginning";
  }
}

/** @param fields `prefix` as somebody wrote it. Texts are cut to their bounds. */
export function makeEntry(fields: BlockEntry): Result<BlockEntry, EntryProblem> {
  const prefix = parsePrefix(fields.prefix);
  if (!prefix.ok) return prefix;
  if (fields.kind === "ban" && isTooWide(prefix.value)) return failed("too-wide");
  const { untilMs, sinceMs, origin } = fields;
  if (untilMs === null && origin === "rule" && fields.kind === "ban") return failed("never-ends");
  if (untilMs !== null && untilMs <= sinceMs) return failed("ended-already");
  return ok({
    ...fields,
    prefix: formatPrefix(prefix.value),
    reason: fields.reason.slice(0, TEXT_CHARACTERS_MAX),
    evidence: fields.evidence.slice(-EVIDENCE_LINES_MAX).map((line) => line.slice(0, TEXT_CHARACTERS_MAX)),
  });
}

export function isTooWide({ family, length }: Prefix): boolean {
  return length < BANNED_PREFIX_BITS_MIN[family];
}

export function isLive({ untilMs }: BlockEntry, nowMs: number): boolean {
  return untilMs === null || untilMs > nowMs;
}

export function scopeCovers(scope: Scope, asked: Scope): boolean {
  return scope === "all" || scope === asked;
}
