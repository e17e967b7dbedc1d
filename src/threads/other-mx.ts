/** The addresses of our domains' other mail exchangers: they hand mail on to us, so that no rule may ban them. */
import type { Settings } from "#config/settings.ts";
import type { DnsAnswer, Resolver } from "#ports/resolver.ts";

/** Of one domain; a real one has a few. */
const EXCHANGERS_MAX = 10;
/** Domains that are asked about. */
const DOMAINS_MAX = 200;

/** What cannot be asked is left out: it is protected by no more than being well-behaved. */
export async function otherMxAddresses(
  { domains, hostname }: Pick<Settings, "domains" | "hostname">,
  resolver: Pick<Resolver, "mx" | "a" | "aaaa">,
  deadlineMs: number,
): Promise<readonly string[]> {
  const options = { deadlineMs };
  const answers = await Promise.all(domains.slice(0, DOMAINS_MAX).map(({ name }) => resolver.mx(name, options)));
  const exchangers = new Set(
    answers.flatMap((answer) =>
      recordsOf(answer)
        .slice(0, EXCHANGERS_MAX)
        .map(({ exchange }) => exchange),
    ),
  );
  exchangers.delete(hostname);
  exchangers.delete("");
  const addresses = await Promise.all(
    [...exchangers].flatMap((name) => [resolver.a(name, options), resolver.aaaa(name, options)]),
  );
  return [...new Set(addresses.flatMap(recordsOf))];
}

function recordsOf<Data>(answer: DnsAnswer<Data>): readonly Data[] {
  return answer.kind === "records" ? answer.records : [];
}
