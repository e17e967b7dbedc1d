/** Who a message says it is from, in all places where it says so, and whether they agree. */
import { getDomain } from "tldts";
import { formatMailbox, type Mailbox, parseMailbox } from "#mail/address.ts";
import { parseAddressList } from "#mail/header/address-list.ts";
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import type { DisplayNameEvidence, NamedAddress, OwnDomainClaim, ReplyToEvidence } from "./evidence.ts";
import { ADDRESSES_MAX } from "./limits.ts";

/** Values of all fields of a name, unfolded. */
export type FieldValues = (name: string) => readonly string[];

export interface SenderIdentity {
  readonly headerFrom: NamedAddress | null;
  readonly displayName: DisplayNameEvidence;
  readonly replyTo: ReplyToEvidence;
  readonly ownDomainClaims: readonly OwnDomainClaim[];
}

export interface Surroundings {
  /** Domain of the reverse-path as A-labels; null for `<>`. */
  readonly mailFromDomain: string | null;
  /** The client is neither one of our users nor one of our own hosts. */
  readonly isFromOutside: boolean;
  /** @param domain as A-labels in lower case. */
  readonly isOwnDomain: (domain: string) => boolean;
}

interface Person {
  readonly name: string;
  readonly mailbox: Mailbox;
}

/** Bounded in its parts: nothing here may be slow, whatever a display name holds. */
const ADDRESS_IN_NAME = /[\w.+-]{1,64}\s?(?:@|\uff20)\s?((?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63})/u;

export function senderIdentity(values: FieldValues, around: Surroundings): SenderIdentity {
  const [from] = people(values("from"));
  const sender = people(values("sender"));
  const replyTo = people(values("reply-to"));
  const inName = from === undefined ? undefined : addressIn(from.name);
  return {
    headerFrom: from === undefined ? null : shown(from),
    displayName: {
      address: inName?.text ?? null,
      isOfAnotherDomain: from !== undefined && inName !== undefined && !isSameOwner(inName.domain, from.mailbox.domain),
    },
    replyTo: compareReplyTo(from, replyTo),
    ownDomainClaims: around.isFromOutside ? claims({ from, sender, replyTo, inName: inName?.domain }, around) : [],
  };
}

/** In one registered domain; customers of a provider (`a.github.io`) are not. */
export function isSameOwner(left: string, right: string): boolean {
  return left === right || registered(left) === registered(right);
}

function registered(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain;
}

function people(values: readonly string[]): readonly Person[] {
  return values.flatMap((value) =>
    parseAddressList(value)
      .slice(0, ADDRESSES_MAX)
      .flatMap(({ name, mailbox, host }) => {
        if (mailbox === null || host === null) return [];
        const parsed = parseMailbox(`${mailbox}@${host}`, { utf8: true });
        return parsed.ok ? [{ name: decodeEncodedWords(name ?? ""), mailbox: parsed.value }] : [];
      }),
  );
}

function shown({ name, mailbox }: Person): NamedAddress {
  return { name, address: formatMailbox(mailbox), domain: mailbox.domain };
}

function addressIn(name: string): { readonly text: string; readonly domain: string } | undefined {
  const [text, written] = ADDRESS_IN_NAME.exec(name) ?? [];
  if (text === undefined || written === undefined) return undefined;
  const parsed = parseMailbox(`x@${written.normalize("NFKC")}`, { utf8: true });
  return parsed.ok ? { text, domain: parsed.value.domain } : undefined;
}

function compareReplyTo(from: Person | undefined, replyTo: readonly Person[]): ReplyToEvidence {
  const domains = new Set(replyTo.map(({ mailbox }) => mailbox.domain));
  const home = from?.mailbox.domain;
  const otherDomains = [...domains].filter((domain) => home === undefined || !isSameOwner(domain, home));
  if (replyTo.length === 0) return { relation: "none", otherDomains: [] };
  if (otherDomains.length > 0) return { relation: "other-domain", otherDomains };
  const own = from === undefined ? "" : formatMailbox(from.mailbox).toLowerCase();
  const isSame = replyTo.every(({ mailbox }) => formatMailbox(mailbox).toLowerCase() === own);
  return { relation: isSame ? "same-address" : "same-domain", otherDomains: [] };
}

interface Places {
  readonly from: Person | undefined;
  readonly sender: readonly Person[];
  readonly replyTo: readonly Person[];
  readonly inName: string | undefined;
}

function claims({ from, sender, replyTo, inName }: Places, around: Surroundings): readonly OwnDomainClaim[] {
  const { isOwnDomain, mailFromDomain } = around;
  const isOwn = ({ mailbox }: Person): boolean => isOwnDomain(mailbox.domain);
  const found: OwnDomainClaim[] = [];
  if (mailFromDomain !== null && isOwnDomain(mailFromDomain)) found.push("mail-from");
  if (from !== undefined && isOwn(from)) found.push("header-from");
  if (sender.some(isOwn)) found.push("sender");
  if (replyTo.some(isOwn)) found.push("reply-to");
  if (inName !== undefined && isOwnDomain(inName)) found.push("display-name");
  return found;
}
