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
}

/** @param settings the domains of the settings with their roles. */
export async function listDomains(
  { store }: Administration,
  settings: readonly Pick<StoredDomain, "name" | "role">[],
): Promise<readonly ListedDomain[]> {
  const names = new Set(settings.map(({ name }) => name));
  const stored = (await store.listDomains()).filter(({ name }) => !names.has(name));
  return [
    ...settings.map(({ name, role }): ListedDomain => ({ name, role, from: "settings" })),
    ...stored.map(({ name, role }): ListedDomain => ({ name, role, from: "store" })),
  ];
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
