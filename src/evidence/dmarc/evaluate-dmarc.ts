/** Whether the author's domain stands behind the message (RFC 9989 §5.3), and what it asks for where not. */
import { getDomain } from "tldts";
import type { DnsFailure } from "#ports/resolver.ts";
import type { ArcEvidence } from "../arc/evidence.ts";
import type { SignatureEvidence } from "../dkim/evidence.ts";
import type { SpfEvidence } from "../spf/evidence.ts";
import { arcTrust } from "./arc-trust.ts";
import type { AlignmentEvidence, AuthorEvidence, DmarcEvidence, DmarcPolicy, DmarcRecordEvidence } from "./evidence.ts";
import { ALIGNMENT_WALKS_MAX } from "./limits.ts";
import { type FoundRecord, organizationalDomain, type PolicyTree, type Walk } from "./tree-walk.ts";

export interface DmarcInquiry {
  readonly author: AuthorEvidence;
  /** Null where SPF was not asked. */
  readonly spf: SpfEvidence | null;
  readonly dkim: readonly SignatureEvidence[];
  readonly arc: ArcEvidence;
  /** Domains whose seals are believed. */
  readonly trustedSealers: readonly string[];
  readonly tree: PolicyTree;
}

export async function evaluateDmarc(inquiry: DmarcInquiry): Promise<DmarcEvidence> {
  const { author, tree } = inquiry;
  if (author.kind !== "one") return withoutAuthor(inquiry);
  const walk = await tree.walk(author.domain);
  const discovered = discover(author.domain, walk);
  const alignment = new Alignment(author.domain, discovered, tree);
  const { spf, dkim } = await alignAll(inquiry, alignment, discovered.record);
  const isAligned = [spf, ...dkim].some(({ state }) => state === "aligned");
  const isUnknown = [spf, ...dkim].some(({ state }) => state === "not-checked");
  const { policy, failure: policyFailure } = await policyFor(author.domain, discovered, tree);
  const failure = walk.failure ?? alignment.failure ?? policyFailure;
  const common = {
    author,
    policy,
    record: discovered.record,
    organizationalDomain: discovered.organizational,
    spf,
    dkim,
    arc: arcTrust(inquiry.arc, inquiry.trustedSealers, [author.domain, discovered.organizational ?? author.domain]),
  };
  const ended = (result: DmarcEvidence["result"]): DmarcEvidence => ({
    result,
    ...common,
    failure: result === "temperror" ? failure : undefined,
    walk: [...tree.steps],
  });
  if (discovered.record === undefined) return ended(discovered.isKnown ? "none" : "temperror");
  if (isAligned) return ended("pass");
  return ended(isUnknown || policy === "unknown" ? "temperror" : "fail");
}

/** There is nobody to ask: that is no pass, and no domain without a policy either. */
function withoutAuthor({ author, arc, trustedSealers, dkim, spf, tree }: DmarcInquiry): DmarcEvidence {
  return {
    result: "permerror",
    author,
    policy: "unknown",
    record: undefined,
    organizationalDomain: undefined,
    spf: { domain: spfDomain(spf), state: spfDomain(spf) === undefined ? "not-authenticated" : "not-aligned" },
    dkim: dkim.map(({ domain, result }) =>
      result === "pass" ? { domain, state: "not-aligned" } : { domain: undefined, state: "not-authenticated" },
    ),
    failure: undefined,
    walk: [...tree.steps],
    arc: arcTrust(arc, trustedSealers, []),
  };
}

interface Discovered {
  readonly record: DmarcRecordEvidence | undefined;
  /** The walk came far enough to know whether there is a record. */
  readonly isKnown: boolean;
  /** Undefined where the walk did not come to its end. */
  readonly organizational: string | undefined;
}

/** RFC 9989 §4.10.1: the author's own record, that of the organizational domain, or that of the public suffix above it. */
function discover(domain: string, { found, failure }: Walk): Discovered {
  const organizational = failure === undefined ? organizationalDomain(domain, found) : undefined;
  const own = found.find((entry) => entry.domain === domain);
  if (own !== undefined) return { record: evidenceOf(own), isKnown: true, organizational };
  if (organizational === undefined) return { record: undefined, isKnown: false, organizational };
  const last = found.at(-1);
  const inherited =
    found.find((entry) => entry.domain === organizational) ?? (last?.record.isPublicSuffix === true ? last : undefined);
  return { record: inherited === undefined ? undefined : evidenceOf(inherited), isKnown: true, organizational };
}

/** Undefined also where the record asks for nothing. */
function evidenceOf({ domain, record: { evidence } }: FoundRecord): DmarcRecordEvidence | undefined {
  return evidence === undefined ? undefined : { domain, ...evidence };
}

const MILDER: Readonly<Record<DmarcPolicy, DmarcPolicy>> = { reject: "quarantine", quarantine: "none", none: "none" };

async function policyFor(
  domain: string,
  { record, isKnown }: Discovered,
  tree: PolicyTree,
): Promise<{ readonly policy: DmarcPolicy | "unknown"; readonly failure: DnsFailure | undefined }> {
  if (record === undefined) return { policy: isKnown ? "none" : "unknown", failure: undefined };
  const inEffect = (policy: DmarcPolicy): DmarcPolicy => (record.isTesting ? MILDER[policy] : policy);
  if (record.domain === domain) return { policy: inEffect(record.p), failure: undefined };
  const existing = record.sp ?? record.p;
  if (record.np === undefined || record.np === existing) return { policy: inEffect(existing), failure: undefined };
  const exists = await tree.exists(domain);
  if (typeof exists === "string") return { policy: "unknown", failure: exists };
  return { policy: inEffect(exists ? existing : record.np), failure: undefined };
}

async function alignAll(
  { spf, dkim }: DmarcInquiry,
  alignment: Alignment,
  record: DmarcRecordEvidence | undefined,
): Promise<{ readonly spf: AlignmentEvidence; readonly dkim: readonly AlignmentEvidence[] }> {
  // SPF first: a flood of signatures cannot use up the walk that it needs.
  const spfMode = record?.spfAlignment ?? "relaxed";
  const aligned =
    spf?.result === "temperror"
      ? await alignment.ofUnknown(spf.domain, spfMode, spf.problem?.failure)
      : await alignment.of(spfDomain(spf), spfMode);
  const signatures: AlignmentEvidence[] = [];
  const dkimMode = record?.dkimAlignment ?? "relaxed";
  for (const { domain, result, unsignedBodyOctets, problem } of dkim) {
    if (result === "temperror") {
      const failure = problem?.kind === "dns" ? problem.failure : undefined;
      signatures.push(await alignment.ofUnknown(domain, dkimMode, failure));
    } else if (result === "pass" && unsignedBodyOctets > 0) signatures.push({ domain, state: "partly-signed" });
    else signatures.push(await alignment.of(result === "pass" ? domain : undefined, dkimMode));
  }
  return { spf: aligned, dkim: signatures };
}

function spfDomain(spf: SpfEvidence | null): string | undefined {
  return spf?.result === "pass" ? spf.domain : undefined;
}

/** RFC 9989 §4.4, §4.10.2. */
class Alignment {
  failure: DnsFailure | undefined;
  readonly #author: string;
  readonly #discovered: Discovered;
  readonly #tree: PolicyTree;
  readonly #walked = new Set<string>();

  constructor(author: string, discovered: Discovered, tree: PolicyTree) {
    this.#author = author;
    this.#discovered = discovered;
    this.#tree = tree;
  }

  async of(domain: string | undefined, mode: "relaxed" | "strict"): Promise<AlignmentEvidence> {
    if (domain === undefined) return { domain, state: "not-authenticated" };
    if (domain === this.#author) return { domain, state: "aligned" };
    return { domain, state: mode === "strict" ? "not-aligned" : await this.#relaxed(domain) };
  }

  /** An error kept it from being authenticated: had it passed, would it align? A stranger's broken zone excuses nobody. */
  async ofUnknown(
    domain: string,
    mode: "relaxed" | "strict",
    failure: DnsFailure | undefined,
  ): Promise<AlignmentEvidence> {
    const { state } = await this.of(domain, mode);
    if (state !== "aligned" && state !== "not-checked") return { domain: undefined, state: "not-authenticated" };
    this.failure ??= failure;
    return { domain, state: "not-checked" };
  }

  async #relaxed(domain: string): Promise<AlignmentEvidence["state"]> {
    const { organizational, record } = this.#discovered;
    // Nobody published anything to walk by; what a registry knows must do.
    if (record === undefined && organizational !== undefined) return this.#sameRegistered(domain);
    if (organizational === undefined) {
      return domain.split(".").at(-1) === this.#author.split(".").at(-1) ? "not-checked" : "not-aligned";
    }
    if (domain !== organizational && !domain.endsWith(`.${organizational}`)) return "not-aligned";
    if (!this.#walked.has(domain) && this.#walked.size >= ALIGNMENT_WALKS_MAX) return "not-checked";
    this.#walked.add(domain);
    const { found, failure } = await this.#tree.walk(domain);
    if (failure !== undefined) {
      this.failure ??= failure;
      return "not-checked";
    }
    return organizationalDomain(domain, found) === organizational ? "aligned" : "not-aligned";
  }

  #sameRegistered(domain: string): "aligned" | "not-aligned" {
    const owner = getDomain(this.#author, { allowPrivateDomains: true });
    return owner !== null && owner === getDomain(domain, { allowPrivateDomains: true }) ? "aligned" : "not-aligned";
  }
}
