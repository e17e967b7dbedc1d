/** Addresses that the audit uses. */

/** A local-part that nobody has. */
export function randomLocalPart(random: string): string {
  return `postern-audit-${random.toLowerCase().slice(-12)}`;
}
