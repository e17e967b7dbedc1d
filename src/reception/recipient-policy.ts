/** RCPT: gathers the facts the relay decision needs, asks it, and says where an accepted recipient's mail goes. */
import type { Directory, Recipient } from "#identity/directory.ts";
import { isReturnLocalPart, type ReturnAddresses } from "#identity/return-address.ts";
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
  | {
      readonly kind: "accounts";
      readonly accounts: readonly Recipient[];
      /** Addresses elsewhere that it is passed on to, and the domain of ours that does so. */
      readonly forwards: readonly string[];
      readonly forwardingDomain: string;
    }
  /** Another server's recipient, for the queue; `isHandedOn`: the node's that we are a second MX for. */
  | { readonly kind: "queue"; readonly address: string; readonly isHandedOn?: true }
  /** A bounce of what we passed on goes back to who wrote that. */
  | { readonly kind: "return"; readonly address: string };

/** Which recipients the domains have that we are a second MX for. */
export interface OtherNodes {
  find(mailbox: Mailbox): "exists" | "unknown" | "disabled" | "no-list";
}

export type RecipientDecision =
  | { readonly accepted: true; readonly reply: Reply; readonly destination: Destination }
  | { readonly accepted: false; readonly reply: Reply; readonly reason: string };

const RECIPIENT_OK = reply(250, "2.1.5", "Recipient ok");
const MAILBOX_FULL = reply(452, "4.2.2", "Mailbox full: the recipient has no room for this message; try again later");
const ONLY_BOUNCES = reply(
  550,
  "5.7.1",
  "This address takes bounces of forwarded mail alone; write to the sender itself",
);
const SENDS_NOTHING = reply(
  451,
  "4.3.0",
  "This server does not send mail to other servers; use another one for this recipient",
);

export class RecipientPolicy {
  readonly #directory: Directory;
  readonly #outbound: ReceptionSettings["outbound"];
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #returns: ReturnAddresses | undefined;
  readonly #otherNodes: OtherNodes | undefined;

  /** `returns` knows the reverse-paths of mail that was passed on; without it there are none. */
  constructor(
    directory: Directory,
    settings: ReceptionSettings,
    known: { readonly returns?: ReturnAddresses | undefined; readonly otherNodes?: OtherNodes | undefined } = {},
  ) {
    this.#returns = known.returns;
    this.#otherNodes = known.otherNodes;
    this.#directory = directory;
    this.#outbound = settings.outbound;
    this.#ownAddresses = new Set(settings.relay.ownAddresses.map((address) => canonicalIp(address) ?? address));
  }

  /** Never rejects: what the directory cannot tell is a temporary refusal. */
  async decide(asker: Asker, recipient: RecipientRequest, sender: SenderRequest): Promise<RecipientDecision> {
    const { path } = recipient;
    const domainRole = path === "postmaster" ? undefined : this.#directory.domainRole(path.domain);
    const atOwnLiteral = path !== "postmaster" && this.#isOwnLiteral(path, asker.localAddress);
    const writer = domainRole === "primary" ? this.#writerOf(path) : undefined;
    if (writer !== undefined) return this.#toWriter(writer, sender);
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
        return this.#toAccounts(found, path === "postmaster" ? "" : path.domain, sender);
      case "hand-on":
        return toOtherNode(path);
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
  ): Promise<Found> {
    const asksPostmaster = path === "postmaster" || atOwnLiteral;
    if (!asksPostmaster && domainRole === undefined) return { existence: "not-asked", ...NOBODY };
    // Without a list of recipients a secondary would accept in order to bounce.
    if (!asksPostmaster && domainRole === "secondary") {
      if (this.#directory.isDisabled(path.domain)) return { existence: "disabled", ...NOBODY };
      return { existence: this.#otherNodes?.find(path) ?? "no-list", ...NOBODY };
    }
    try {
      const resolution = await (asksPostmaster ? this.#directory.resolvePostmaster() : this.#directory.resolve(path));
      if (resolution.kind !== "accounts") return { existence: resolution.kind, ...NOBODY };
      return { existence: "exists", accounts: resolution.recipients, forwards: resolution.forwards };
    } catch {
      return { existence: "unavailable", ...NOBODY };
    }
  }

  /** Only bounces are taken for a reverse-path: whoever else writes to it has read it in a header. */
  #toWriter(address: string, { reversePath }: SenderRequest): RecipientDecision {
    if (reversePath !== null) return { accepted: false, reply: ONLY_BOUNCES, reason: "not-a-bounce" };
    if (this.#outbound === "off") return { accepted: false, reply: SENDS_NOTHING, reason: "outbound-off" };
    return { accepted: true, reply: RECIPIENT_OK, destination: { kind: "return", address } };
  }

  #writerOf(path: Mailbox | "postmaster"): string | undefined {
    return path !== "postmaster" && isReturnLocalPart(path.localPart) ? this.#returns?.read(path) : undefined;
  }

  #toAccounts(
    { accounts, forwards }: Found,
    forwardingDomain: string,
    { declaredOctets = 0 }: SenderRequest,
  ): RecipientDecision {
    const passesOn = this.#outbound !== "off" && this.#returns !== undefined;
    if (accounts.length === 0 && !passesOn) return { accepted: false, reply: SENDS_NOTHING, reason: "outbound-off" };
    if (accounts.length > 0 && areFull(accounts, declaredOctets)) {
      return { accepted: false, reply: MAILBOX_FULL, reason: "over-quota" };
    }
    const passedOn = passesOn ? forwards : [];
    return {
      accepted: true,
      reply: RECIPIENT_OK,
      destination: { kind: "accounts", accounts, forwards: passedOn, forwardingDomain },
    };
  }

  #toQueue(path: Mailbox | "postmaster"): RecipientDecision {
    if (path === "postmaster" || this.#outbound === "off") {
      return { accepted: false, reply: SENDS_NOTHING, reason: "outbound-off" };
    }
    return { accepted: true, reply: RECIPIENT_OK, destination: { kind: "queue", address: formatMailbox(path) } };
  }
}

function toOtherNode(path: Mailbox | "postmaster"): RecipientDecision {
  // Without a domain it is ours.
  if (path === "postmaster") throw new Error("postmaster is no other node's");
  const destination: Destination = { kind: "queue", address: formatMailbox(path), isHandedOn: true };
  return { accepted: true, reply: RECIPIENT_OK, destination };
}

interface Found {
  readonly existence: Existence;
  readonly accounts: readonly Recipient[];
  readonly forwards: readonly string[];
}

const NOBODY = { accounts: [], forwards: [] } as const;

/** An alias with several accounts is full when all of them are. */
function areFull(accounts: readonly Recipient[], declaredOctets: number): boolean {
  return accounts.every(
    ({ usedOctets, quotaOctets }) => quotaOctets !== null && usedOctets + Math.max(1, declaredOctets) > quotaOctets,
  );
}
