/** Whether who is to have the reports of a domain wants them (RFC 9990 §4): nobody is flooded by another's record. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { Resolver } from "#ports/resolver.ts";
import { type Destination, dmarcDestinations } from "./report-address.ts";

/** Of a DNS name. */
const NAME_LENGTH_MAX = 253;

type MailDestination = Extract<Destination, { readonly kind: "mail" }>;

export interface PolicyPlace {
  /** Where the record was found. */
  readonly domain: string;
  readonly organizationalDomain: string | undefined;
}

/**
 * Those of the destinations that are the domain's own or have agreed, each with what it says in place of its address.
 * The problem: the DNS could not be asked.
 */
export async function agreedDestinations(
  destinations: readonly Destination[],
  place: PolicyPlace,
  resolver: Pick<Resolver, "txt">,
  deadlineMs: number,
): Promise<Result<readonly MailDestination[], "unavailable">> {
  const agreed: MailDestination[] = [];
  for (const destination of destinations) {
    // RFC 9990 §3.5: mail is the only way.
    if (destination.kind !== "mail") continue;
    if (isOwn(destination.domain, place)) {
      agreed.push(destination);
      continue;
    }
    const name = `${place.domain}._report._dmarc.${destination.domain}`;
    if (name.length > NAME_LENGTH_MAX) continue;
    const answer = await resolver.txt(name, { deadlineMs });
    if (answer.kind === "unavailable") return failed("unavailable");
    const said = answer.kind === "records" ? dmarcDestinations(answer.records) : undefined;
    if (said !== undefined) agreed.push(...overridden(destination, said));
  }
  return ok(agreed);
}

function isOwn(domain: string, { domain: policyDomain, organizationalDomain = policyDomain }: PolicyPlace): boolean {
  return [policyDomain, organizationalDomain].some((own) => domain === own || domain.endsWith(`.${own}`));
}

/** RFC 9990 §4 step 9: another address of the same host; with one of another host nobody has the report. */
function overridden(destination: MailDestination, said: readonly Destination[]): readonly MailDestination[] {
  if (said.length === 0) return [destination];
  const others = said.filter((one): one is MailDestination => one.kind === "mail");
  return others.length === said.length && others.every(({ domain }) => domain === destination.domain) ? others : [];
}
