import { receivedSpfField } from "#evidence/authentication-results/received-spf.ts";
import { authenticationResultsField } from "#evidence/authentication-results/render.ts";
import type { Evidence } from "#verdict/evidence.ts";

/** The fields that say what became of SPF, DKIM, ARC and DMARC; none where they were not asked. */
export function authenticationResults(hostname: string, { spf, dkim, arc, dmarc }: Evidence): readonly string[] {
  const received = spf === null ? [] : [receivedSpfField(hostname, spf)];
  if (dkim === null || arc === null || dmarc === null) return received;
  return [authenticationResultsField(hostname, { author: dmarc.author, spf, dkim, arc, dmarc }), ...received];
}
