/** What an operator does to aliases; see `accounts.ts`. */
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { StoredAlias } from "#store/directory-rows.ts";
import { type Administration, type NotOurs, ownMailbox } from "./administration.ts";
import { ALIAS_TARGETS_MAX } from "./limits.ts";

export type Alias = StoredAlias;

export async function addAlias(
  administration: Administration,
  address: string,
  targets: readonly string[],
): Promise<
  Result<
    Alias,
    | NotOurs
    | "address-is-account"
    | "no-targets"
    | "too-many-targets"
    | "bad-target"
    | "no-such-target"
    | "no-such-alias"
  >
> {
  const mailbox = await ownMailbox(administration, address);
  if (!mailbox.ok) return mailbox;
  if (targets.length === 0) return failed("no-targets");
  if (targets.length > ALIAS_TARGETS_MAX) return failed("too-many-targets");
  const alias = canonicalAddress(mailbox.value);
  const canonical = new Set<string>();
  for (const target of targets) {
    const parsed = parseMailbox(target, { utf8: true });
    if (!parsed.ok) return failed("bad-target");
    const name = canonicalAddress(parsed.value);
    // Elsewhere there is nobody to ask; an address here that is none would lose the mail.
    const isHere = (await ownMailbox(administration, name)).ok;
    const isThere = !isHere || (await administration.store.findAddress(name)) !== undefined;
    if (name === alias || !isThere) return failed("no-such-target");
    canonical.add(name);
  }
  const put = await administration.store.putAlias(alias, [...canonical]);
  return put.ok ? findAlias(administration, alias) : put;
}

export async function listAliases({ store }: Administration): Promise<readonly Alias[]> {
  return store.listAliases();
}

export async function findAlias(
  { store }: Pick<Administration, "store">,
  address: string,
): Promise<Result<Alias, "bad-address" | "no-such-alias">> {
  const mailbox = parseMailbox(address, { utf8: true });
  if (!mailbox.ok) return failed("bad-address");
  const entry = await store.findAddress(canonicalAddress(mailbox.value));
  if (entry?.kind !== "alias") return failed("no-such-alias");
  const { kind: _, ...alias } = entry;
  return ok(alias);
}

/** A disabled alias keeps its address: nobody else gets it, nothing is taken for it, and nobody sends as it. */
export async function setAliasEnabled(
  administration: Administration,
  address: string,
  enabled: boolean,
): Promise<Result<Alias, "bad-address" | "no-such-alias">> {
  const alias = await findAlias(administration, address);
  if (!alias.ok) return alias;
  await administration.store.setDisabled(alias.value.address, enabled ? null : administration.clock.now());
  return findAlias(administration, address);
}

export async function removeAlias(
  { store }: Administration,
  address: string,
): Promise<Result<void, "bad-address" | "no-such-alias">> {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? store.removeAlias(canonicalAddress(mailbox.value)) : failed("bad-address");
}
