/** Which addresses are ours, and whose mail they are. Implemented over the store, with a bounded memory that the store's events clear. */
import type { Domain, Mailbox } from "#mail/address.ts";

export type DomainRole = "primary" | "secondary";

export interface Recipient {
  readonly accountId: number;
  readonly address: string;
  readonly usedOctets: number;
  readonly quotaOctets: number | null;
}

export type Resolution =
  /** Accounts here, each once, and addresses elsewhere that an alias leads to: at least one of either. */
  | { readonly kind: "accounts"; readonly recipients: readonly Recipient[]; readonly forwards: readonly string[] }
  | { readonly kind: "unknown" }
  /** The address takes no mail: its account, alias or domain is disabled. */
  | { readonly kind: "disabled" };

export interface Directory {
  /** Exact match of A-labels; undefined when the domain is not ours. A subdomain is not its parent. */
  domainRole(domain: Domain): DomainRole | undefined;
  /** Ours and disabled: nobody there takes mail, or logs in. */
  isDisabled(domain: Domain): boolean;
  /** Account, alias, plus-address, postmaster and abuse, catch-all: in this order. Rejects when the store cannot be asked. */
  resolve(mailbox: Mailbox): Promise<Resolution>;
  /** `postmaster` without a domain, or at one of our address literals. */
  resolvePostmaster(): Promise<Resolution>;
  /** Every address the account may send as, canonical: its own, and aliases that lead to it. */
  senderAddresses(accountId: number): Promise<readonly string[]>;
  /** May the account send as this mailbox? Plus-addresses of its own addresses count. */
  maySendAs(accountId: number, mailbox: Mailbox): Promise<boolean>;
}
