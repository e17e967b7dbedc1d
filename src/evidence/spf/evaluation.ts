/** The evaluation of SPF records against one client (RFC 7208 §4 to §6). What it shows is what it judged by: there is no second path. */
import type { LookupOptions, Resolver } from "#ports/resolver.ts";
import type { SpfProblem, SpfRecordEvidence, SpfResult, SpfTermEvidence } from "./evidence.ts";
import { RECORD_SHOWN_MAX, TERMS_SHOWN_MAX, TEXT_SHOWN_MAX } from "./limits.ts";
import { expand, type MacroString, type MacroValues, printable, targetName, usesLetters } from "./macros.ts";
import { ClientAddress } from "./network.ts";
import { type Asked, askAddresses, askExchanges, askPointerNames, askText, Questions } from "./questions.ts";
import { isSpfRecord, parseRecord, type SpfMechanism, type SpfModifier, type SpfTerm } from "./record.ts";

export interface EvaluationOptions {
  readonly values: Omit<MacroValues, "domain" | "clientName">;
  readonly resolver: Resolver;
  readonly lookup: LookupOptions;
  readonly limits: { readonly lookups: number; readonly voids: number };
  /** Nothing matches, so that every term is looked at: for showing a record whole. */
  readonly isWalk: boolean;
}

export interface RecordOutcome {
  readonly evidence: SpfRecordEvidence;
  readonly problem: SpfProblem | undefined;
  readonly matched: { readonly domain: string; readonly term: string } | undefined;
  /** Where the explanation of a `fail` stands: in the record that failed, never in an included one (RFC 7208 §6.2). */
  readonly explanation: { readonly target: MacroString; readonly domain: string } | undefined;
  readonly passesEverybody: boolean;
}

/** What one term came to. */
interface TermOutcome {
  readonly outcome: "match" | "no-match" | "permerror" | "temperror";
  readonly problem?: SpfProblem;
  readonly nested?: RecordOutcome;
}

const MATCH: TermOutcome = { outcome: "match" };
const NO_MATCH: TermOutcome = { outcome: "no-match" };

export class SpfEvaluation {
  readonly #options: EvaluationOptions;
  readonly #client: ClientAddress;
  lookups = 0;
  voids = 0;
  usesLocalPart = false;

  constructor(options: EvaluationOptions) {
    this.#options = options;
    this.#client = new ClientAddress(options.values.client);
  }

  /** @param questions of the term that leads there; those of the first record have no term. */
  async record(domain: string, questions = new Questions()): Promise<RecordOutcome> {
    const answer = await askText(this.#options, domain, questions);
    if (answer.kind === "unavailable") {
      return ended(domain, "temperror", dnsProblem(domain, answer.cause));
    }
    const found = answer.records.filter(isSpfRecord);
    const [text] = found;
    if (text === undefined) return ended(domain, "none", undefined);
    if (found.length > 1) {
      return ended(domain, "permerror", problem("several-records", `${domain} has ${found.length} SPF records`));
    }
    const terms = parseRecord(text);
    if (!terms.ok) return ended(domain, "permerror", problem("syntax", `${domain}: ${terms.problem}`), text);
    return await this.#terms(domain, text, terms.value);
  }

  /** The terms in their order, `redirect` after all of them, up to the first that decides (RFC 7208 §4.6.2, §6.1). */
  async #terms(domain: string, text: string, terms: readonly SpfTerm[]): Promise<RecordOutcome> {
    const shown = new Map<SpfTerm, SpfTermEvidence>();
    const hasAll = terms.some(({ kind }) => kind === "all");
    let decided: { readonly term: SpfTerm; readonly result: SpfResult; readonly outcome: TermOutcome } | undefined;
    let passesEverybody = passesAll(terms);
    const redirect = hasAll ? undefined : terms.find(({ kind }) => kind === "redirect");
    for (const term of [...terms.filter(isMechanism), ...(redirect === undefined ? [] : [redirect])]) {
      const questions = new Questions();
      const outcome = isMechanism(term)
        ? await this.#mechanism(domain, term, questions)
        : await this.#redirect(domain, term, questions);
      shown.set(term, this.#evidenceOf(term, outcome, questions));
      if (outcome.nested?.passesEverybody === true && (!isMechanism(term) || term.onMatch === "pass")) {
        passesEverybody = true;
      }
      const result = resultOf(term, outcome);
      if (result === undefined) continue;
      decided = { term, result, outcome };
      break;
    }
    const evidence = { domain, record: cut(text, RECORD_SHOWN_MAX), result: decided?.result ?? "neutral" } as const;
    return {
      evidence: { ...evidence, ...this.#shownTerms(terms, shown) },
      problem: decided?.outcome.problem,
      matched: matchedBy(domain, decided),
      explanation: explanationOf(domain, terms, decided),
      passesEverybody,
    };
  }

  async #mechanism(domain: string, term: SpfMechanism, questions: Questions): Promise<TermOutcome> {
    const { isWalk } = this.#options;
    switch (term.kind) {
      case "all":
        return isWalk ? NO_MATCH : MATCH;
      case "ip4":
      case "ip6":
        return !isWalk && this.#client.isIn(term.network, term.prefix) ? MATCH : NO_MATCH;
      case "include":
      case "exists":
      case "a":
      case "mx":
      case "ptr":
        return await this.#asking(domain, term, questions);
    }
  }

  /** Mechanisms that ask the DNS: each is counted before it asks (RFC 7208 §4.6.4). */
  async #asking(
    domain: string,
    term: Extract<SpfMechanism, { readonly kind: "include" | "exists" | "a" | "mx" | "ptr" }>,
    questions: Questions,
  ): Promise<TermOutcome> {
    const target = term.target === undefined ? domain : await this.#expanded(term.target, domain, questions);
    if (typeof target === "object") return target;
    if (target === undefined) {
      // RFC 7208 §4.3 makes this "none" for an include, and §5.2 that a permerror; others find nothing.
      return term.kind === "include" ? this.#leadsNowhere(term.text) : NO_MATCH;
    }
    const over = this.#countLookup();
    if (over !== undefined) return over;
    switch (term.kind) {
      case "include":
        return this.#included(await this.record(target, questions), target);
      case "exists": {
        const asked = await askAddresses(this.#options, target, { ipv6: false, questions });
        return this.#judged(asked, ({ length }) => length > 0);
      }
      case "a": {
        const asked = await askAddresses(this.#options, target, { ipv6: this.#isIpv6, questions });
        return this.#judged(asked, (addresses) => this.#holdsClient(addresses, term));
      }
      case "mx":
        return await this.#exchanges(target, term, questions);
      case "ptr":
        return await this.#pointsInto(target, questions);
    }
  }

  async #redirect(domain: string, term: SpfModifier, questions: Questions): Promise<TermOutcome> {
    if (term.kind !== "redirect") return NO_MATCH;
    const target = await this.#expanded(term.target, domain, questions);
    if (typeof target === "object") {
      return target.outcome === "no-match" ? this.#leadsNowhere(term.text) : target;
    }
    if (target === undefined) return this.#leadsNowhere(term.text);
    const over = this.#countLookup();
    if (over !== undefined) return over;
    const nested = await this.record(target, questions);
    if (nested.evidence.result === "none") return { ...this.#noRecord(target), nested };
    return { outcome: "match", nested, ...(nested.problem === undefined ? {} : { problem: nested.problem }) };
  }

  /** RFC 7208 §5.2. */
  #included(nested: RecordOutcome, target: string): TermOutcome {
    const { result } = nested.evidence;
    switch (result) {
      case "pass":
        return { outcome: "match", nested };
      case "fail":
      case "softfail":
      case "neutral":
        return { outcome: "no-match", nested };
      case "temperror":
      case "permerror":
        return { outcome: result, nested, ...(nested.problem === undefined ? {} : { problem: nested.problem }) };
      case "none":
        return { ...this.#noRecord(target), nested };
    }
  }

  /** RFC 7208 §5.4: the addresses of each host, by preference; ten hosts and no more. */
  async #exchanges(
    target: string,
    term: { readonly prefix4: number; readonly prefix6: number },
    questions: Questions,
  ): Promise<TermOutcome> {
    const asked = await askExchanges(this.#options, target, questions);
    if (asked.kind === "too-many") {
      return permerror("too-many-exchanges", `${target} has ${asked.count} mail exchangers, ten are allowed`);
    }
    if (asked.kind !== "hosts") return this.#judged(asked, () => false);
    for (const host of asked.hosts) {
      if (host.kind === "unavailable") return dnsFailed(host.name, host.cause);
      if (this.#holdsClient(host.records, term)) return MATCH;
    }
    return NO_MATCH;
  }

  /** RFC 7208 §5.5. An error of the DNS only makes it find nothing. */
  async #pointsInto(target: string, questions: Questions): Promise<TermOutcome> {
    const names = await this.#clientNames(questions);
    if ("outcome" in names) return names;
    const isInside = names.some((name) => isSameOrBelow(name, target.toLowerCase()));
    return isInside && !this.#options.isWalk ? MATCH : NO_MATCH;
  }

  async #clientNames(questions: Questions): Promise<readonly string[] | TermOutcome> {
    const asked = await askPointerNames(this.#options, this.#options.values.client, questions);
    if (asked.isVoid) {
      const over = this.#countVoid();
      if (over !== undefined) return over;
    }
    return asked.names;
  }

  /** The name a term asks for; undefined where it can be no name; an outcome where the look-ups for it ended the evaluation. */
  async #expanded(
    macros: MacroString,
    domain: string,
    questions: Questions,
  ): Promise<string | undefined | TermOutcome> {
    const values = { ...this.#options.values, domain, clientName: "unknown" };
    if (usesLetters(macros, "sl")) {
      this.usesLocalPart = true;
      // RFC 8616 §4: such a local-part cannot stand in a name.
      if (/[^\0-\x7f]/.test(values.sender)) return NO_MATCH;
    }
    if (usesLetters(macros, "p")) {
      const over = this.#countLookup();
      if (over !== undefined) return over;
      const names = await this.#clientNames(questions);
      if ("outcome" in names) return names;
      values.clientName = preferredName(names, domain);
    }
    return targetName(expand(macros, values));
  }

  /** A look-up that found nothing counts, one that failed ends the evaluation (RFC 7208 §4.6.4, §5). */
  #judged(asked: Asked, isMatch: (records: readonly string[]) => boolean): TermOutcome {
    if (asked.kind === "unavailable") return dnsFailed(asked.name, asked.cause);
    if (asked.records.length === 0) return this.#countVoid() ?? NO_MATCH;
    return !this.#options.isWalk && isMatch(asked.records) ? MATCH : NO_MATCH;
  }

  #holdsClient(addresses: readonly string[], { prefix4, prefix6 }: { prefix4: number; prefix6: number }): boolean {
    const { isWalk } = this.#options;
    const prefix = this.#isIpv6 ? prefix6 : prefix4;
    return !isWalk && addresses.some((address) => this.#client.isIn(address, prefix));
  }

  get #isIpv6(): boolean {
    return this.#options.values.client.includes(":");
  }

  #countLookup(): TermOutcome | undefined {
    const { lookups } = this.#options.limits;
    if (++this.lookups <= lookups) return undefined;
    return permerror("too-many-lookups", `more than ${lookups} terms ask the DNS`);
  }

  #countVoid(): TermOutcome | undefined {
    const { voids } = this.#options.limits;
    if (++this.voids <= voids) return undefined;
    return permerror("too-many-voids", `more than ${voids} questions find nothing`);
  }

  /** Shown whole, such a record goes on. */
  #noRecord(target: string): TermOutcome {
    return this.#options.isWalk ? NO_MATCH : permerror("no-record-there", `${printable(target)} has no SPF record`);
  }

  #leadsNowhere(term: string): TermOutcome {
    return this.#options.isWalk ? NO_MATCH : permerror("no-record-there", `“${printable(term)}” leads to no domain`);
  }

  #evidenceOf(term: SpfTerm, { outcome, nested }: TermOutcome, questions: Questions): SpfTermEvidence {
    const { lookups, voids } = this;
    return {
      term: cut(term.text, TEXT_SHOWN_MAX),
      outcome,
      lookups,
      voids,
      questions: questions.asked,
      nested: nested?.evidence,
    };
  }

  #shownTerms(
    terms: readonly SpfTerm[],
    done: ReadonlyMap<SpfTerm, SpfTermEvidence>,
  ): Pick<SpfRecordEvidence, "terms" | "termsLeftOut"> {
    let counts = { lookups: this.lookups, voids: this.voids };
    const all = terms.map((term): SpfTermEvidence => {
      const evidence = done.get(term);
      if (evidence !== undefined) {
        counts = { lookups: evidence.lookups, voids: evidence.voids };
        return evidence;
      }
      const outcome = isMechanism(term) ? "not-reached" : "modifier";
      return { term: cut(term.text, TEXT_SHOWN_MAX), outcome, ...counts, questions: [], nested: undefined };
    });
    // What was decided by is always shown, however far back it stands.
    const kept = all.filter(({ outcome }, index) => index < TERMS_SHOWN_MAX || !outcome.startsWith("no"));
    const shown = kept.slice(0, 2 * TERMS_SHOWN_MAX);
    return { terms: shown, termsLeftOut: all.length - shown.length };
  }
}

function resultOf(term: SpfTerm, { outcome, nested }: TermOutcome): SpfResult | undefined {
  switch (outcome) {
    case "match":
      return isMechanism(term) ? term.onMatch : nested?.evidence.result;
    case "no-match":
      return undefined;
    case "permerror":
    case "temperror":
      return outcome;
  }
}

function isMechanism(term: SpfTerm): term is SpfMechanism {
  return "onMatch" in term;
}

/** `+all`, or a network that holds every address of its family. */
function passesAll(terms: readonly SpfTerm[]): boolean {
  const first = terms.find(({ kind }) => kind === "all");
  if (first !== undefined && isMechanism(first) && first.onMatch === "pass") return true;
  return terms.some(
    (term) => (term.kind === "ip4" || term.kind === "ip6") && term.prefix === 0 && term.onMatch === "pass",
  );
}

type Decided = { readonly term: SpfTerm; readonly outcome: TermOutcome } | undefined;

function matchedBy(domain: string, decided: Decided): RecordOutcome["matched"] {
  if (decided === undefined || decided.outcome.outcome !== "match") return undefined;
  if (!isMechanism(decided.term)) return decided.outcome.nested?.matched;
  return { domain, term: cut(decided.term.text, TEXT_SHOWN_MAX) };
}

function explanationOf(domain: string, terms: readonly SpfTerm[], decided: Decided): RecordOutcome["explanation"] {
  if (decided === undefined) return undefined;
  if (!isMechanism(decided.term)) return decided.outcome.nested?.explanation;
  for (const term of terms) if (term.kind === "exp") return { target: term.target, domain };
  return undefined;
}

/** RFC 7208 §7.3: the domain itself, then one below it, then any. */
export function preferredName(names: readonly string[], domain: string): string {
  const wanted = domain.toLowerCase();
  return (
    names.find((name) => name === wanted) ?? names.find((name) => isSameOrBelow(name, wanted)) ?? names[0] ?? "unknown"
  );
}

function isSameOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function ended(domain: string, result: SpfResult, why: SpfProblem | undefined, text?: string): RecordOutcome {
  const record = text === undefined ? undefined : cut(text, RECORD_SHOWN_MAX);
  return {
    evidence: { domain, record, result, terms: [], termsLeftOut: 0 },
    problem: why,
    matched: undefined,
    explanation: undefined,
    passesEverybody: false,
  };
}

function problem(kind: Exclude<SpfProblem["kind"], "dns">, text: string): SpfProblem {
  return { kind, text: cut(text, TEXT_SHOWN_MAX), failure: undefined };
}

function permerror(kind: Exclude<SpfProblem["kind"], "dns">, text: string): TermOutcome {
  return { outcome: "permerror", problem: problem(kind, text) };
}

function dnsFailed(name: string, cause: NonNullable<SpfProblem["failure"]>): TermOutcome {
  return { outcome: "temperror", problem: dnsProblem(name, cause) };
}

function dnsProblem(name: string, failure: NonNullable<SpfProblem["failure"]>): SpfProblem {
  return { kind: "dns", text: cut(`${printable(name)}: the DNS gave no answer`, TEXT_SHOWN_MAX), failure };
}

function cut(text: string, lengthMax: number): string {
  const shown = printable(text);
  return shown.length > lengthMax ? `${shown.slice(0, lengthMax - 1)}…` : shown;
}
