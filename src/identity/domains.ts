/** What an operator does to domains while the server runs; see `accounts.ts`. Those of the settings are changed there. */
import { type Domain, parseDomain } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { StoredDomain } from "#store/store.ts";
import type { Administration } from "./administration.ts";

export async function addDomain(
  { store, clock, domains }: Administration,
  name: string,
  role: StoredDomain["role"],
): Promise<Result<StoredDomain, "bad-domain" | "already-exists">> {
  const parsed = domainName(name);
  if (parsed === undefined) return failed("bad-domain");
  const stored = await store.listDomains();
  if (domains.includes(parsed) || stored.some((domain) => domain.name === parsed)) return failed("already-exists");
  const domain: StoredDomain = { name: parsed, role, createdAtMs: clock.now() };
  await store.putDomain(domain);
  return ok(domain);
}

export interface ListedDomain {
  readonly name: string;
  readonly role: StoredDomain["role"];
  readonly from: "settings" | "store";
  readonly enabled: boolean;
}

/** @param settings the domains of the settings with their roles. */
export async function listDomains(
  { store }: Administration,
  settings: readonly Pick<StoredDomain, "name" | "role">[],
): Promise<readonly ListedDomain[]> {
  const names = new Set(settings.map(({ name }) => name));
  const disabled = new Set(await store.listDisabled());
  const listed = ({ name, role }: Pick<StoredDomain, "name" | "role">, from: ListedDomain["from"]): ListedDomain => {
    return { name, role, from, enabled: !disabled.has(name) };
  };
  const stored = (await store.listDomains()).filter(({ name }) => !names.has(name));
  return [...settings.map((domain) => listed(domain, "settings")), ...stored.map((domain) => listed(domain, "store"))];
}

/**
 * A disabled domain stays ours, so that nobody else's server is asked for it: nothing is taken for its addresses, and nobody
 * logs in or sends as one of them. Their mail stays.
 */
export async function setDomainEnabled(
  { store, clock, domains }: Administration,
  name: string,
  enabled: boolean,
): Promise<Result<{ readonly name: string; readonly enabled: boolean }, "bad-domain" | "no-such-domain">> {
  const parsed = domainName(name);
  if (parsed === undefined) return failed("bad-domain");
  const isOurs = domains.includes(parsed) || (await store.listDomains()).some((domain) => domain.name === parsed);
  if (!isOurs) return failed("no-such-domain");
  await store.setDisabled(parsed, enabled ? null : clock.now());
  return ok({ name: parsed, enabled });
}

/** Refused while an account or alias has an address there, and for a domain of the settings. */
export async function removeDomain(
  { store, domains }: Administration,
  name: string,
): Promise<Result<void, "bad-domain" | "no-such-domain" | "in-settings" | "in-use">> {
  const parsed = domainName(name);
  if (parsed === undefined) return failed("bad-domain");
  if (domains.includes(parsed)) return failed("in-settings");
  const addresses = [...(await store.listAccounts()), ...(await store.listAliases())].map(({ address }) => address);
  if (addresses.some((address) => address.endsWith(`@${parsed}`))) return failed("in-use");
  return store.removeDomain(parsed);
}

/** A name; an address literal is no domain of anybody. */
function domainName(text: string): Domain | undefined {
  const parsed = parseDomain(text);
  return parsed.ok && !parsed.value.startsWith("[") ? parsed.value : undefined;
}
