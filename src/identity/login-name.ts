import { canonicalAddress, parseDomain, parseMailbox } from "#mail/address.ts";
import { USERNAME_CHARACTERS_MAX } from "./limits.ts";

/**
 * The canonical address a client means: an address, or a local-part where there is exactly one domain. Undefined for
 * what can be no account's name. @param domains all of ours, canonical.
 */
export function loginAddress(username: string, domains: Iterable<string>): string | undefined {
  if (username.length > USERNAME_CHARACTERS_MAX) return undefined;
  const mailbox = parseMailbox(username, { utf8: true });
  if (mailbox.ok) return canonicalAddress(mailbox.value);
  if (mailbox.problem !== "no-domain" || username.includes("@")) return undefined;
  const [only, ...others] = new Set(domains);
  if (only === undefined || others.length > 0) return undefined;
  const domain = parseDomain(only);
  if (!domain.ok) return undefined;
  const completed = parseMailbox(`${username}@${domain.value}`, { utf8: true });
  return completed.ok ? canonicalAddress(completed.value) : undefined;
}
