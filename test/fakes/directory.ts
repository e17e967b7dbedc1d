/** A directory that is a table: addresses and the accounts behind them. */
import type { Directory, DomainRole, Recipient, Resolution } from "#identity/directory.ts";
import { canonicalAddress, type Domain, type Mailbox, parseMailbox } from "#mail/address.ts";

export class FakeDirectory implements Directory {
  readonly domains = new Map<string, DomainRole>();
  /** By canonical address. Several addresses may lead to one account. */
  readonly accounts = new Map<string, readonly Recipient[]>();
  /** By canonical address: addresses elsewhere. */
  readonly forwards = new Map<string, readonly string[]>();
  /** Addresses and domains. */
  readonly disabled = new Set<string>();
  /** Takes postmaster's mail. */
  admin: string | undefined;
  /** While set, every question is rejected. */
  failing = false;

  add(accountId: number, ...addresses: string[]): this {
    for (const address of addresses) {
      this.accounts.set(address, [{ accountId, address, usedOctets: 0, quotaOctets: null }]);
    }
    return this;
  }

  domainRole(domain: Domain): DomainRole | undefined {
    return this.domains.get(domain);
  }

  isDisabled(domain: Domain): boolean {
    return this.disabled.has(domain);
  }

  async resolve(mailbox: Mailbox): Promise<Resolution> {
    await Promise.resolve();
    if (this.failing) throw new Error("the store cannot be asked");
    const address = canonicalAddress(mailbox);
    const recipients = this.accounts.get(address);
    const forwards = this.forwards.get(address) ?? [];
    if (recipients !== undefined || forwards.length > 0) {
      return { kind: "accounts", recipients: recipients ?? [], forwards };
    }
    if (this.disabled.has(address)) return { kind: "disabled" };
    if (mailbox.localPart.toLowerCase() === "postmaster" && this.admin !== undefined) return this.resolvePostmaster();
    return { kind: "unknown" };
  }

  async resolvePostmaster(): Promise<Resolution> {
    const admin = parseMailbox(this.admin ?? "", { utf8: true });
    return admin.ok ? this.resolve(admin.value) : { kind: "unknown" };
  }

  async senderAddresses(accountId: number): Promise<readonly string[]> {
    await Promise.resolve();
    const own = [...this.accounts].filter(([, recipients]) => recipients.some((one) => one.accountId === accountId));
    return own.map(([address]) => address);
  }

  async maySendAs(accountId: number, mailbox: Mailbox): Promise<boolean> {
    if (this.failing) throw new Error("the store cannot be asked");
    return (await this.senderAddresses(accountId)).includes(canonicalAddress(mailbox));
  }
}

/** `local.test` with the account user@local.test (1), who is also postmaster; `relay.test` as a secondary. */
export function smallDirectory(): FakeDirectory {
  const directory = new FakeDirectory().add(1, "user@local.test");
  directory.domains.set("local.test", "primary").set("relay.test", "secondary");
  directory.admin = "user@local.test";
  return directory;
}
