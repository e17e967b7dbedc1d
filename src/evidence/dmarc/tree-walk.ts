/** The walk up the tree of names that finds a policy and the organizational domain (RFC 9989 §4.10). */
import type { DnsFailure, LookupOptions, Resolver } from "#ports/resolver.ts";
import type { WalkStep } from "./evidence.ts";
import { NAME_LENGTH_MAX, WALK_LABELS_MAX } from "./limits.ts";
import { isPolicyRecord, type PolicyRecord, parsePolicyRecord } from "./record.ts";

export interface FoundRecord {
  readonly domain: string;
  readonly record: PolicyRecord;
}

export interface Walk {
  /** The longest name first. */
  readonly found: readonly FoundRecord[];
  /** What ended the walk before its end. */
  readonly failure: DnsFailure | undefined;
}

type Answer =
  | { readonly kind: "record"; readonly record: PolicyRecord }
  | { readonly kind: "nothing" }
  | { readonly kind: "unavailable"; readonly cause: DnsFailure };

/** The policy records that one message needs: each name is asked for once, however many walks come by. */
export class PolicyTree {
  /** What was asked, in order. */
  readonly steps: WalkStep[] = [];
  readonly #resolver: Resolver;
  readonly #lookup: LookupOptions;
  readonly #answers = new Map<string, Promise<Answer>>();

  constructor(resolver: Resolver, lookup: LookupOptions) {
    this.#resolver = resolver;
    this.#lookup = lookup;
  }

  /** At most eight questions: a long name is cut to seven labels after the first. */
  async walk(domain: string): Promise<Walk> {
    const found: FoundRecord[] = [];
    let labels = domain.split(".");
    while (labels.length > 0) {
      const name = labels.join(".");
      const answer = await this.#find(name);
      if (answer.kind === "unavailable") return { found, failure: answer.cause };
      if (answer.kind === "record") {
        found.push({ domain: name, record: answer.record });
        if (answer.record.isPublicSuffix !== undefined) break;
      }
      labels = labels.slice(Math.max(1, labels.length - WALK_LABELS_MAX));
    }
    return { found, failure: undefined };
  }

  /** Does the name exist? For `np` (RFC 9989 §4.10.1). */
  async exists(domain: string): Promise<boolean | DnsFailure> {
    const answer = await this.#resolver.a(domain, this.#lookup);
    return answer.kind === "unavailable" ? answer.cause : answer.kind !== "no-such-name";
  }

  #find(name: string): Promise<Answer> {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(`_dmarc.${name}`);
    this.#answers.set(name, asked);
    return asked;
  }

  async #ask(name: string): Promise<Answer> {
    if (name.length > NAME_LENGTH_MAX) return { kind: "nothing" };
    const answer = await this.#resolver.txt(name, this.#lookup);
    if (answer.kind === "unavailable") {
      this.steps.push({ name, answer: answer.cause });
      return { kind: "unavailable", cause: answer.cause };
    }
    const records = answer.kind === "records" ? answer.records.filter(isPolicyRecord) : [];
    // RFC 9989 §4.10 steps 2 and 6: several are as good as none.
    const [text] = records;
    const record = text === undefined || records.length > 1 ? undefined : parsePolicyRecord(text);
    this.steps.push({ name, answer: record !== undefined ? "record" : text === undefined ? "no-record" : "ignored" });
    return record === undefined ? { kind: "nothing" } : { kind: "record", record };
  }
}

/** RFC 9989 §4.10.2: whose mail it is, after the walk from `domain` came to its end. */
export function organizationalDomain(domain: string, found: readonly FoundRecord[]): string {
  for (const { domain: name, record } of found) {
    if (record.isPublicSuffix === false) return name;
    // One label below the suffix; a suffix that sends mail itself is its own organization.
    if (record.isPublicSuffix === true && name !== domain) {
      return domain
        .split(".")
        .slice(-(name.split(".").length + 1))
        .join(".");
    }
  }
  return found.at(-1)?.domain ?? domain;
}
