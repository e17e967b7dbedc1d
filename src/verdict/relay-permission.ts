/**
 * May this recipient be accepted here? The one decision that keeps a server from being an open relay. It stands apart
 * from all spam policy: no list, score or plugin is asked, and none can grant what this refuses.
 */
import type { Mailbox } from "#mail/address.ts";
import { type Reply, reply } from "#mail/reply.ts";

export interface RelayFacts {
  readonly listener: "smtp" | "submission" | "lmtp";
  /** A credential was accepted in this session. */
  readonly authenticated: boolean;
  /** The client's address is in a network that the operator trusts on this listener. */
  readonly trustedNetwork: boolean;
  /** Parsed by the one strict parser, a source route stripped; without a domain only `postmaster`. */
  readonly recipient: Mailbox | "postmaster";
  /** Of exactly this domain; a subdomain is not its parent. */
  readonly domainRole: "primary" | "secondary" | undefined;
  /** The domain is an address literal with one of our own addresses. */
  readonly atOwnLiteral: boolean;
  readonly existence: Existence;
}

export type Existence =
  | "exists"
  | "unknown"
  | "disabled"
  /** We are a secondary and do not know yet which recipients there are. */
  | "no-list"
  /** Could not be asked. */
  | "unavailable"
  /** The domain is not ours, so nobody was asked. */
  | "not-asked";

export type RelayPermission =
  /** Deliver here. */
  | { readonly kind: "local" }
  /** A secondary's domain: keep it for the primary. */
  | { readonly kind: "hand-on" }
  /** Another server's recipient, from somebody who may send there. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "refused"; readonly reason: RelayRefusal; readonly reply: Reply };

export type RelayRefusal =
  | "routing-operator"
  | "authentication-required"
  | "relaying-denied"
  | "unknown-recipient"
  | "disabled-recipient"
  | "not-known-now";

/** `%`, `!` and `@` in a local-part, quoted or not, once told servers where to go next (RFC 5321 §3.6.1 and its ancestors). */
const ROUTING_OPERATOR = /[%!@]/;

/** The order is part of the meaning: routing operators, authenticated?, is the domain ours?, does the recipient exist? */
export function relayPermission(facts: RelayFacts): RelayPermission {
  const { recipient } = facts;
  if (recipient !== "postmaster" && ROUTING_OPERATOR.test(recipient.localPart)) {
    return refused("routing-operator", ROUTING_REFUSED);
  }
  const maySendElsewhere = facts.listener !== "lmtp" && (facts.authenticated || facts.trustedNetwork);
  if (facts.listener === "submission" && !maySendElsewhere) {
    return refused("authentication-required", AUTHENTICATE);
  }
  if (recipient === "postmaster") return byExistence(facts.existence, "local", recipient);
  if (facts.atOwnLiteral) {
    // RFC 5321 §4.5.1: postmaster is there whatever the domain is called; nobody else is.
    const isPostmaster = recipient.localPart.toLowerCase() === "postmaster";
    return byExistence(isPostmaster ? facts.existence : "unknown", "local", recipient);
  }
  switch (facts.domainRole) {
    case "primary":
      return byExistence(facts.existence, "local", recipient);
    case "secondary":
      return byExistence(facts.existence, "hand-on", recipient);
    case undefined:
      return maySendElsewhere ? { kind: "elsewhere" } : refused("relaying-denied", relayingDenied(recipient));
  }
}

/** Only a recipient known to exist is accepted: what cannot be asked is asked again later, never taken to be bounced. */
function byExistence(
  existence: Existence,
  granted: "local" | "hand-on",
  recipient: Mailbox | "postmaster",
): RelayPermission {
  switch (existence) {
    case "exists":
      return { kind: granted };
    case "unknown":
      return refused("unknown-recipient", unknownRecipient(recipient));
    case "disabled":
      return refused("disabled-recipient", DISABLED);
    case "no-list":
    case "unavailable":
    case "not-asked":
      return refused("not-known-now", NOT_KNOWN_NOW);
  }
}

function refused(reason: RelayRefusal, answer: Reply): RelayPermission {
  return { kind: "refused", reason, reply: answer };
}

const ROUTING_REFUSED = reply(550, "5.7.1", "Relaying denied: %, ! and @ in a local part lead nowhere from here");
const AUTHENTICATE = reply(530, "5.7.0", "Authenticate first; mail from other servers goes to port 25");
const DISABLED = reply(550, "5.2.1", "This address takes no mail; write to the recipient by another way");
const NOT_KNOWN_NOW = reply(451, "4.3.0", "Cannot tell now whether the recipient exists; try again later");

function relayingDenied({ domain }: Mailbox): Reply {
  const text = `Relaying denied: mail for ${domain} is not taken here; look up its MX, or send through your own provider with a password`;
  return reply(550, "5.7.1", text);
}

function unknownRecipient(recipient: Mailbox | "postmaster"): Reply {
  const where = recipient === "postmaster" ? "here" : `at ${recipient.domain}`;
  return reply(550, "5.1.1", `No such user ${where}; check the address`);
}
