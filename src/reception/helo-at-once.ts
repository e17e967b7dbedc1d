import type { HeloEvidence } from "#evidence/reverse-dns/evidence.ts";
import { parseDomain } from "#mail/address.ts";

/** What a HELO name tells without any look-up: is it ours, and is it a full name at all? */
export function heloAtOnce(helo: string, claimsToBeUs: HeloEvidence["claimsToBeUs"]): HeloEvidence {
  // Underscores are against the rules and harmless.
  const domain = parseDomain(helo.replace(/\.$/, "").replaceAll("_", "-"));
  const isSingleLabel = domain.ok && !domain.value.startsWith("[") && !domain.value.includes(".");
  return {
    helo,
    // All other forms are judged when the rest is known.
    form: isSingleLabel ? "single-label" : "name",
    claimsToBeUs,
    address: undefined,
    resolution: "not-asked",
    match: "not-asked",
    a: undefined,
    aaaa: undefined,
    generic: undefined,
  };
}
