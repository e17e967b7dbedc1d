/** Which addresses a name has in the client's family, and whether the client's is among them. */
import { isIpv6 } from "#mail/ip-address.ts";
import type { LookupOptions, Resolver } from "#ports/resolver.ts";
import type { NameAnswer } from "./evidence.ts";

/** The A or AAAA answer, by the family of the client's address. */
export function askForward(
  resolver: Resolver,
  name: string,
  client: string,
  options: LookupOptions,
): Promise<NameAnswer> {
  return isIpv6(client) ? resolver.aaaa(name, options) : resolver.a(name, options);
}

export function leadsTo(answer: NameAnswer, client: string): boolean {
  return answer.kind === "records" && answer.records.includes(client);
}
