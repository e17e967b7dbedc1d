/**
 * Notices that other servers refuse this server rather than a message or a recipient of it: its address is on a list, its
 * name or its mail proves nothing. Counted by who refuses and with which code; each user sees one bounce and thinks no more of it.
 */
import { LRUCache } from "lru-cache";
import { getDomain } from "tldts";
import type { AttemptReport, AttemptStage, RemoteReply } from "./attempt.ts";
import { REFUSALS_FROM_MESSAGES, REFUSALS_KEPT_MAX, REFUSALS_TOLD_AGAIN_MS, REFUSALS_WINDOW_MS } from "./limits.ts";

export interface RefusalOfUs {
  /** Registered domain of the host that refuses: `outlook.com`. */
  readonly provider: string;
  /** `550 5.7.1` */
  readonly code: string;
  readonly cause: RefusalCause;
  /** Of the last day. */
  readonly messages: number;
  /** The last one, in its own words. */
  readonly said: string;
  readonly host: string;
}

export type RefusalCause = "listed" | "reverse-dns" | "authentication" | "too-fast" | "policy";

/** What was said before anybody was named is about us. */
const BEFORE_RCPT: ReadonlySet<AttemptStage> = new Set(["greeting", "ehlo", "mail"]);
/** RFC 3463 §3.8, of policy. Addresses that may not be written to (5.7.1 at RCPT) are refused so as well: the words decide. */
const POLICY = /^[45]\.7\./;
/** What passes by itself, and says nothing of us. */
const GREYLISTED = /gr[ea]y-?list|try again (?:in|later)/i;

/** The first that fits; by code, then by words. */
const CAUSES: readonly (readonly [RefusalCause, RegExp])[] = [
  ["reverse-dns", /^[45]\.7\.25\b|\bptr\b|reverse[ -]?dns|\brdns\b|reverse hostname|does not resolve/i],
  ["authentication", /^[45]\.7\.(?:2[0-4679]|9)\b|\bspf\b|\bdkim\b|\bdmarc\b|unauthenticated/i],
  [
    "listed",
    /spamhaus|\b[sxpc]bl\b|\bzen\b|dnsbl|\brbl\b|block ?list|black ?list|banned sending ip|\blisted\b|s3140|s3150/i,
  ],
  [
    "too-fast",
    /^4\.7\.28\b|rate[ -]?limit|unusual rate|too many (?:messages|connections)|temporarily deferred|reputation/i,
  ],
];

interface Counted {
  /** By message, when it was refused last. */
  readonly messages: Map<number, number>;
  toldMs: number;
}

/** Messages of one provider and code that are remembered: more are as bad. */
const MESSAGES_COUNTED_MAX = 1000;

export class RefusalsOfUs {
  readonly #counted = new LRUCache<string, Counted>({ max: REFUSALS_KEPT_MAX });

  /** @returns what has become worth telling: so many messages, and not told within a day. */
  note(messageId: number, { results }: Pick<AttemptReport, "results">, nowMs: number): readonly RefusalOfUs[] {
    const told = new Map<string, RefusalOfUs>();
    for (const { outcome, reply } of results) {
      const cause = outcome === "delivered" ? undefined : causeOf(reply);
      if (cause === undefined) continue;
      const refusal = this.#count(messageId, reply, cause, nowMs);
      if (refusal !== undefined) told.set(`${refusal.provider} ${refusal.code}`, refusal);
    }
    return [...told.values()];
  }

  #count(messageId: number, reply: RemoteReply, cause: RefusalCause, nowMs: number): RefusalOfUs | undefined {
    const host = reply.byHost ?? "";
    const provider = getDomain(host) ?? host;
    const code = [reply.code, reply.enhanced].filter((part) => part !== null).join(" ");
    const key = `${provider} ${code}`;
    const counted = this.#counted.get(key) ?? { messages: new Map<number, number>(), toldMs: Number.NEGATIVE_INFINITY };
    this.#counted.set(key, counted);
    for (const [id, atMs] of counted.messages) if (nowMs - atMs >= REFUSALS_WINDOW_MS) counted.messages.delete(id);
    if (counted.messages.size < MESSAGES_COUNTED_MAX) counted.messages.set(messageId, nowMs);
    if (counted.messages.size < REFUSALS_FROM_MESSAGES || nowMs - counted.toldMs < REFUSALS_TOLD_AGAIN_MS) {
      return undefined;
    }
    counted.toldMs = nowMs;
    const said = `${code} ${reply.text.replaceAll("\n", " ")}`;
    return { provider, code, cause, messages: counted.messages.size, said, host };
  }
}

/** Undefined: it is not about us. */
function causeOf({ code, enhanced, text, byHost, stage }: RemoteReply): RefusalCause | undefined {
  if (code === null || code < 400 || byHost === null) return undefined;
  if (code < 500 && GREYLISTED.test(text)) return undefined;
  const words = `${enhanced ?? ""} ${text}`;
  const cause = CAUSES.find(([, pattern]) => pattern.test(words))?.[0];
  if (cause !== undefined)
    return BEFORE_RCPT.has(stage) || POLICY.test(enhanced ?? "") || enhanced === null ? cause : undefined;
  // A server that has no room for anybody says 421 at its greeting, too: without words of policy it only asks for patience.
  return BEFORE_RCPT.has(stage) && code >= 500 ? "policy" : undefined;
}
