/** RCPT: gathers the facts the relay decision needs, asks it, and says where an accepted recipient's mail goes. */
import type { Directory, Recipient, Resolution } from "#identity/directory.ts";
import { formatMailbox, literalAddress, type Mailbox } from "#mail/address.ts";
import { type Reply, reply } from "#mail/reply.ts";
import type { RecipientRequest, SenderRequest } from "#protocol/smtp/transaction.ts";
import { type Existence, relayPermission } from "#verdict/relay-permission.ts";
import { canonicalIp } from "./ip-networks.ts";
import type { ListenerProtocol } from "./listener-session.ts";
import type { ReceptionSettings } from "./settings.ts";

/** Who asks, and where. */
export interface Asker {
  readonly listener: ListenerProtocol;
  readonly authenticated: boolean;
  readonly trustedNetwork: boolean;
  /** Our own address on this connection. */
  readonly localAddress: string;
}

export type Destination =
  | { readonly kind: "accounts"; readonly accounts: readonly Recipient[] }
  /** Another server's recipient, for the queue. */
  | { readonly kind: "queue"; readonly address: string };

export type RecipientDecision =
  | { readonly accepted: true; readonly reply: Reply; readonly destination: Destination }
  | { readonly accepted: false; readonly reply: Reply; readonly reason: string };

const RECIPIENT_OK = reply(250, "2.1.5", "Recipient ok");
const MAILBOX_FULL = reply(452, "4.2.2", "Mailbox full: the recipient has no room for this message; try again later");
const SENDS_NOTHING = reply(
  451,
  "4.3.0",
  "This server does not send mail to other servers; use another one for this recipient",
);

export class RecipientPolicy {
  readonly #directory: Directory;
  readonly #outbound: ReceptionSettings["outbound"];
  readonly #ownAddresses: ReadonlySet<string>;

  constructor(directory: Directory, settings: ReceptionSettings) {
    this.#directory = directory;
    this.#outbound = settings.outbound;
    this.#ownAddresses = new Set(settings.relay.ownAddresses.map((address) => canonicalIp(address) ?? address));
  }

  /** Never rejects: what the directory cannot tell is a temporary refusal. */
  async decide(asker: Asker, recipient: RecipientRequest, sender: SenderRequest): Promise<RecipientDecision> {
    const { path } = recipient;
    const domainRole = path === "postmaster" ? undefined : this.#directory.domainRole(path.domain);
    const atOwnLiteral = path !== "postmaster" && this.#isOwnLiteral(path, asker.localAddress);
    const found = await this.#find(path, domainRole, atOwnLiteral);
    const permission = relayPermission({
      listener: asker.listener,
      authenticated: asker.authenticated,
      trustedNetwork: asker.trustedNetwork,
      recipient: path,
      domainRole,
      atOwnLiteral,
      existence: found.existence,
    });
    switch (permission.kind) {
      case "refused":
        return { accepted: false, reply: permission.reply, reason: permission.reason };
      case "local":
        return toAccounts(found.accounts, sender.declaredOctets);
      case "hand-on":
      case "elsewhere":
        return this.#toQueue(path);
    }
  }

  #isOwnLiteral({ domain }: Mailbox, localAddress: string): boolean {
    const literal = literalAddress(domain);
    if (literal === undefined) return false;
    const address = canonicalIp(literal);
    return address !== undefined && (address === canonicalIp(localAddress) || this.#ownAddresses.has(address));
  }

  async #find(
    path: Mailbox | "postmaster",
    domainRole: "primary" | "secondary" | undefined,
    atOwnLiteral: boolean,
  ): Promise<{ readonly existence: Existence; readonly accounts: readonly Recipient[] }> {
    const asksPostmaster = path === "postmaster" || atOwnLiteral;
    if (!asksPostmaster && domainRole === undefined) return { existence: "not-asked", accounts: [] };
    // A secondary has no list of recipients until one is replicated to it: it must not accept in order to bounce.
    if (!asksPostmaster && domainRole === "secondary") return { existence: "no-list", accounts: [] };
    try {
      const resolution = await (asksPostmaster ? this.#directory.resolvePostmaster() : this.#directory.resolve(path));
      return {
        existence: existenceOf(resolution),
        accounts: resolution.kind === "accounts" ? resolution.recipients : [],
      };
    } catch {
      return { existence: "unavailable", accounts: [] };
    }
  }

  #toQueue(path: Mailbox | "postmaster"): RecipientDecision {
    if (path === "postmaster" || this.#outbound === "off") {
      return { accepted: false, reply: SENDS_NOTHING, reason: "outbound-off" };
    }
    return { accepted: true, reply: RECIPIENT_OK, destination: { kind: "queue", address: formatMailbox(path) } };
  }
}

function existenceOf(resolution: Resolution): Existence {
  return resolution.kind === "accounts" ? "exists" : resolution.kind;
}

/** An alias with several accounts is full when all of them are. */
function toAccounts(accounts: readonly Recipient[], declaredOctets = 0): RecipientDecision {
  const full = accounts.every(
    ({ usedOctets, quotaOctets }) => quotaOctets !== null && usedOctets + Math.max(1, declaredOctets) > quotaOctets,
  );
  if (full) return { accepted: false, reply: MAILBOX_FULL, reason: "over-quota" };
  return { accepted: true, reply: RECIPIENT_OK, destination: { kind: "accounts", accounts } };
}
