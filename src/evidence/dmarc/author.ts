/** The one author of a message (RFC 5322 §3.6.2, RFC 9989 §5.3.1). Strict: where two readers would see two, there is none. */
import { parseMailbox } from "#mail/address.ts";
import { parseAddressList } from "#mail/header/address-list.ts";
import { fieldValue, type HeaderField } from "#mail/header/fields.ts";
import type { AuthorEvidence } from "./evidence.ts";
import { FROM_OCTETS_MAX } from "./limits.ts";

export function readAuthor(header: Uint8Array, fields: readonly HeaderField[]): AuthorEvidence {
  const [field, ...others] = fields.filter(({ name }) => name === "from");
  if (field === undefined) return { kind: "none" };
  if (others.length > 0) return { kind: "several-fields" };
  if (field.end - field.valueStart > FROM_OCTETS_MAX) return { kind: "malformed" };
  return authorOf(fieldValue(header, field));
}

/** @param value of the From field, unfolded. */
export function authorOf(value: string): AuthorEvidence {
  const entries = parseAddressList(value);
  const addresses = entries.filter(({ host }) => host !== null);
  const [only, ...others] = addresses;
  if (only === undefined) return { kind: "none" };
  if (others.length > 0) return { kind: "several-addresses" };
  // RFC 6854 allows groups here, but to some readers their name is all of the author.
  if (entries.length > addresses.length || !hasOneReading(value)) return { kind: "malformed" };
  const { mailbox, host } = only;
  if (mailbox === null || mailbox === "") return { kind: "malformed" };
  const parsed = parseMailbox(`${quotedWhereNeeded(mailbox)}@${host ?? ""}`, { utf8: true });
  if (!parsed.ok || parsed.value.domain.startsWith("[")) return { kind: "malformed" };
  const { localPart, domain } = parsed.value;
  return { kind: "one", address: `${localPart}@${domain}`, domain };
}

/** One pair of brackets with one at sign in it and empty list elements behind (RFC 5322 §4.4), or no brackets and one at sign; outside quotes and comments. */
function hasOneReading(value: string): boolean {
  const plain = withoutQuotesAndComments(value);
  if (plain === undefined) return false;
  const [name = "", inside, ...more] = plain.split("<");
  if (inside === undefined) return isAddress(name);
  const [address = "", behind, ...rest] = inside.split(">");
  return more.length === 0 && rest.length === 0 && /^[\s,]*$/.test(behind ?? "<") && isAddress(address);
}

/** What is left of one where its local-part was quoted. */
function isAddress(plain: string): boolean {
  return plain.split("@").length === 2 && !/\s/.test(plain.trim());
}

/** Undefined where a quoted string or comment never ends. */
function withoutQuotesAndComments(value: string): string | undefined {
  let plain = "";
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === "\\" && (isQuoted || depth > 0)) at++;
    else if (isQuoted) isQuoted = character !== '"';
    else if (character === "(") depth++;
    else if (depth > 0) depth -= character === ")" ? 1 : 0;
    else if (character === '"') isQuoted = true;
    else plain += character;
  }
  return isQuoted || depth > 0 ? undefined : plain;
}

function quotedWhereNeeded(localPart: string): string {
  return /^[^\s"(),:;<>@[\\\]]+$/.test(localPart) ? localPart : `"${localPart.replace(/["\\]/g, String.raw`\$&`)}"`;
}
