/** Whether hops that we trust vouch for a message that has lost its own proof on the way (RFC 8617 §7.2, RFC 9989 §7.4). */
import type { ArcEvidence, ClaimedResult } from "../arc/evidence.ts";
import type { ArcTrust } from "./evidence.ts";

/**
 * Every sealer must be trusted: any of them could have changed the message and sealed it again. What counts is what the
 * first one saw, before anybody changed anything.
 * @param authorDomains the author's domain and its organizational domain.
 */
export function arcTrust(
  { result, sets }: ArcEvidence,
  trustedSealers: readonly string[],
  authorDomains: readonly string[],
): ArcTrust {
  const [first] = sets;
  if (result !== "pass" || first === undefined) return { kind: "no-chain" };
  const trusted = trustedSealers.map((domain) => domain.toLowerCase());
  const stranger = sets.findLast(({ sealer }) => !trusted.includes(sealer));
  if (stranger !== undefined) return { kind: "untrusted", sealer: stranger.sealer };
  const isVouched = first.claims.results.some((claim) => provesAuthor(claim, authorDomains));
  return isVouched ? { kind: "vouched", sealers: sets.map(({ sealer }) => sealer) } : { kind: "trusted-without-proof" };
}

/** It saw DMARC pass for this author, or a signature of the author's own domain. */
function provesAuthor({ method, result, properties }: ClaimedResult, authorDomains: readonly string[]): boolean {
  if (result !== "pass") return false;
  const domains = (names: readonly string[]): readonly string[] =>
    properties.flatMap(([name, value]) =>
      names.includes(name) ? [value.slice(value.lastIndexOf("@") + 1).toLowerCase()] : [],
    );
  if (method === "dmarc") {
    const about = domains(["header.from"]);
    return authorDomains.length > 0 && about.every((domain) => authorDomains.includes(domain));
  }
  return method === "dkim" && domains(["header.d", "header.i"]).some((domain) => authorDomains.includes(domain));
}
