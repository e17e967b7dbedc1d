/** SPF for one envelope (RFC 7208): which identity, which domain, what its record says about the client. */
import { parseDomain } from "#mail/address.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import type { Resolver } from "#ports/resolver.ts";
import { type EvaluationOptions, preferredName, type RecordOutcome, SpfEvaluation } from "./evaluation.ts";
import type { SpfEvidence, SpfRecordEvidence } from "./evidence.ts";
import { EXPLANATION_LENGTH_MAX, LOOKUPS_MAX, TEXT_SHOWN_MAX, VOIDS_MAX, WALK_LOOKUPS_MAX } from "./limits.ts";
import { expand, type MacroString, parseMacroString, targetName, usesLetters } from "./macros.ts";
import { askPointerNames, askText, Questions } from "./questions.ts";

export interface SpfInquiry {
  /** The client's address, in any form. */
  readonly client: string;
  /** As said; may be empty or a literal. */
  readonly helo: string;
  /** The reverse-path without brackets; empty for the null one, for which HELO is checked (RFC 7208 §2.4). */
  readonly mailFrom: string;
  /** Our host name, for the macro `r`. */
  readonly receiver: string;
  /** Seconds since the epoch, for the macro `t`. */
  readonly nowSeconds: number;
  readonly resolver: Resolver;
  /** Clock.monotonicMs(); `SPF_TIME_MS` from the first question at most. What is not known by then is a temperror. */
  readonly deadlineMs: number;
}

/** Never throws, whatever the client said and the domain published. */
export async function checkSpf(inquiry: SpfInquiry): Promise<SpfEvidence> {
  const { helo, mailFrom } = inquiry;
  const client = parseIpAddress(inquiry.client);
  const identity = mailFrom === "" ? "helo" : "mail-from";
  const said = identity === "helo" ? helo : mailFrom.slice(mailFrom.lastIndexOf("@") + 1);
  const localPart = mailFrom.slice(0, Math.max(0, mailFrom.lastIndexOf("@")));
  // Underscores are no part of a host name, but of names in the DNS.
  const parsed = parseDomain(said.replace(/\.$/, "").replaceAll("_", "-"));
  const domain = parsed.ok && !said.includes("_") ? parsed.value : said.replace(/\.$/, "").toLowerCase();
  // RFC 7208 §4.3: without a local-part it is "postmaster".
  const sender = `${localPart === "" ? "postmaster" : localPart}@${domain}`;
  const about = {
    identity,
    domain: shown(domain),
    sender: shown(sender),
    client: client ?? shown(inquiry.client),
    helo: shown(helo),
  } as const;
  if (client === undefined || !parsed.ok || targetName(domain) === undefined) return { ...about, ...NOT_ASKED };
  const { resolver, deadlineMs, receiver, nowSeconds } = inquiry;
  const options: EvaluationOptions = {
    values: { sender, client, helo, receiver, nowSeconds },
    resolver,
    lookup: { deadlineMs },
    limits: { lookups: LOOKUPS_MAX, voids: VOIDS_MAX },
    isWalk: false,
  };
  const evaluation = new SpfEvaluation(options);
  const outcome = await evaluation.record(domain);
  return {
    ...about,
    result: outcome.evidence.result,
    problem: outcome.problem,
    matched: outcome.matched,
    explanation: outcome.evidence.result === "fail" ? await explain(outcome, options) : undefined,
    lookups: evaluation.lookups,
    voids: evaluation.voids,
    passesEverybody: outcome.passesEverybody,
    usesLocalPart: evaluation.usesLocalPart,
    tree: outcome.evidence,
  };
}

/**
 * The whole tree of a domain's record, by the evaluator itself, with a client that nothing matches: every term is counted,
 * those behind the tenth look-up too. What the record would do to a client, only `checkSpf` says.
 * @param family of the addresses that are asked for.
 */
export async function walkSpf(
  domain: string,
  {
    family,
    ...inquiry
  }: Pick<SpfInquiry, "resolver" | "deadlineMs" | "receiver" | "nowSeconds"> & { readonly family: 4 | 6 },
): Promise<SpfRecordEvidence> {
  const { resolver, deadlineMs, receiver, nowSeconds } = inquiry;
  const client = family === 4 ? "192.0.2.1" : "2001:db8::1";
  const evaluation = new SpfEvaluation({
    values: { sender: `postmaster@${domain}`, client, helo: domain, receiver, nowSeconds },
    resolver,
    lookup: { deadlineMs },
    limits: { lookups: WALK_LOOKUPS_MAX, voids: WALK_LOOKUPS_MAX },
    isWalk: true,
  });
  return (await evaluation.record(domain)).evidence;
}

const NOT_ASKED = {
  result: "none",
  problem: { kind: "not-a-domain", text: "there is no domain to ask", failure: undefined },
  matched: undefined,
  explanation: undefined,
  lookups: 0,
  voids: 0,
  passesEverybody: false,
  usesLocalPart: false,
  tree: undefined,
} as const;

/** RFC 7208 §6.2: whatever is wrong with it, there is then no explanation. It counts for no limit. */
async function explain({ explanation }: RecordOutcome, options: EvaluationOptions): Promise<string | undefined> {
  if (explanation === undefined) return undefined;
  const { target, domain } = explanation;
  const name = targetName(await expanded(target, domain, options));
  if (name === undefined) return undefined;
  const answer = await askText(options, name, new Questions());
  if (answer.kind === "unavailable" || answer.records.length !== 1) return undefined;
  const macros = parseMacroString(answer.records[0] ?? "", "explanation");
  if (!macros.ok) return undefined;
  const text = await expanded(macros.value, domain, options);
  return text === "" || /[^\x20-\x7e]/.test(text) ? undefined : text.slice(0, EXPLANATION_LENGTH_MAX);
}

async function expanded(macros: MacroString, domain: string, options: EvaluationOptions): Promise<string> {
  const { values } = options;
  const names = usesLetters(macros, "p") ? (await askPointerNames(options, values.client, new Questions())).names : [];
  return expand(macros, { ...values, domain, clientName: preferredName(names, domain) });
}

/** As it was said, but for what would break a line. */
function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these controls are what is taken out
  return text.replace(/[\0-\x1f\x7f]/g, "?").slice(0, TEXT_SHOWN_MAX);
}
