import { authenticationResultsField } from "#evidence/authentication-results/render.ts";
import type { Evidence } from "#verdict/evidence.ts";

/** The field that says what became of SPF, DKIM, ARC and DMARC; none where they were not asked. */
export function authenticationResults(hostname: string, { spf, dkim, arc, dmarc }: Evidence): readonly string[] {
  if (dkim === null || arc === null || dmarc === null) return [];
  return [authenticationResultsField(hostname, { author: dmarc.author, spf, dkim, arc, dmarc })];
}
