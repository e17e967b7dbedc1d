/** Which names stand in the certificate: asked of the DNS, as one that does not lead here would cost the certificate of all. */
import type { Resolver } from "#ports/resolver.ts";

/** What mail programs and servers look for below a domain. */
const BELOW_A_DOMAIN = ["mta-sts.", "autoconfig.", "autodiscover."];

export interface WantedNamesOptions {
  readonly hostname: string;
  readonly domains: readonly string[];
  /** Of the settings: these and no others. */
  readonly names: readonly string[];
}

/** Those below a domain that have an address in common with the host name; what cannot be asked is left out. */
export async function wantedNames(
  { hostname, domains, names }: WantedNamesOptions,
  resolver: Pick<Resolver, "a" | "aaaa">,
  deadlineMs: number,
): Promise<readonly string[]> {
  if (names.length > 0) return [...new Set(names)];
  const own = new Set(await addressesOf(hostname, resolver, deadlineMs));
  const possible = domains.flatMap((domain) => BELOW_A_DOMAIN.map((prefix) => `${prefix}${domain}`));
  const leading = await Promise.all(
    possible.map(async (name) => {
      const addresses = own.size === 0 ? [] : await addressesOf(name, resolver, deadlineMs);
      return addresses.some((address) => own.has(address)) ? [name] : [];
    }),
  );
  return [...new Set([hostname, ...leading.flat()])];
}

async function addressesOf(
  name: string,
  resolver: Pick<Resolver, "a" | "aaaa">,
  deadlineMs: number,
): Promise<readonly string[]> {
  const answers = await Promise.all([resolver.a(name, { deadlineMs }), resolver.aaaa(name, { deadlineMs })]);
  return answers.flatMap((answer) => (answer.kind === "records" ? answer.records : []));
}
