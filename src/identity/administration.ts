/** What the operator's operations share (`accounts.ts`, `aliases.ts`, `app-passwords.ts`, `domains.ts`): what they work on, and how they read an address. */
import { canonicalAddress, type Mailbox, parseMailbox } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { ScramHash } from "#protocol/sasl/scram-keys.ts";
import type { Credential } from "#store/credential-store.ts";
import type { Account, Store } from "#store/store.ts";
import { deriveScramKeys, scramSalt } from "./scram-derivation.ts";

export interface Administration {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Domains of the settings, canonical; those of the store are added. */
  readonly domains: readonly string[];
  /** That keys for SCRAM are made for, when a password is set. */
  readonly scramHashes: readonly ScramHash[];
}

/** Beside the password's own hash. */
export async function putScramKeys(
  { store, scramHashes: hashes }: Administration,
  { id: credentialId, accountId }: Credential,
  password: string,
): Promise<void> {
  const account = hashes.length === 0 ? undefined : await store.findAccount(accountId);
  if (account === undefined) return;
  const salt = scramSalt(await store.readScramSalt(), account.address);
  await store.putScramKeys(await deriveScramKeys(password, { credentialId, salt, hashes }));
}

export type NotOurs = "bad-address" | "domain-not-ours";
export type NoAccount = "bad-address" | "no-such-account";

/** An address in a domain of ours, whether it exists or not. */
export async function ownMailbox(
  { store, domains }: Administration,
  address: string,
): Promise<Result<Mailbox, NotOurs>> {
  const mailbox = parseMailbox(address, { utf8: true });
  if (!mailbox.ok) return failed("bad-address");
  const { domain } = mailbox.value;
  if (domains.includes(domain)) return mailbox;
  const stored = await store.listDomains();
  return stored.some(({ name }) => name === domain) ? mailbox : failed("domain-not-ours");
}

export async function findAccount(store: Store, address: string): Promise<Result<Account, NoAccount>> {
  const mailbox = parseMailbox(address, { utf8: true });
  if (!mailbox.ok) return failed("bad-address");
  const entry = await store.findAddress(canonicalAddress(mailbox.value));
  return entry?.kind === "account" ? ok(entry.account) : failed("no-such-account");
}
