/** The name or address that the client says in HELO or EHLO (RFC 5321 §4.1.1.1, §4.1.4). */

import { getDomain } from "tldts";
import { literalAddress, parseDomain } from "#mail/address.ts";
import { isPrivateAddress, parseIpAddress } from "#mail/ip-address.ts";
import type { Resolver } from "#ports/resolver.ts";
import { leadsTo } from "./client-address.ts";
import type { HeloEvidence, NameAnswer, ReverseDnsEvidence } from "./evidence.ts";
import { genericName } from "./generic-name.ts";

export interface HeloInquiry {
  /** As said. */
  readonly helo: string;
  /** The client's address. */
  readonly client: string;
  readonly own: OwnIdentity;
  /** What was found about the client's address, if it was looked at. */
  readonly reverseDns: ReverseDnsEvidence | undefined;
  readonly resolver: Resolver;
  /** Clock.monotonicMs() for all questions together. */
  readonly deadlineMs: number;
}

export interface OwnIdentity {
  /** Names that only this host may say: its own, not those of the domains it serves. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

type Form = Pick<HeloEvidence, "form"> & {
  /** As A-labels in lower case, where it is a name. */
  readonly name?: string;
  readonly address?: string;
};

export async function checkHelo(inquiry: HeloInquiry): Promise<HeloEvidence> {
  const { helo, resolver, deadlineMs } = inquiry;
  const client = parseIpAddress(inquiry.client) ?? inquiry.client;
  const { form, name, address } = formOf(helo);
  const evidence: HeloEvidence = {
    helo,
    form,
    claimsToBeUs: claimToBeUs({ form, name: name ?? "", address: address ?? "" }, client, inquiry.own),
    address:
      address === undefined
        ? undefined
        : { value: address, isPrivate: isPrivateAddress(address), isClient: address === client },
    resolution: "not-asked",
    match: "not-asked",
    a: undefined,
    aaaa: undefined,
    generic: undefined,
  };
  if (form !== "name" || name === undefined) return evidence;
  const [a, aaaa] = await Promise.all([resolver.a(name, { deadlineMs }), resolver.aaaa(name, { deadlineMs })]);
  return {
    ...evidence,
    resolution: resolutionOf(a, aaaa),
    match: matchOf(name, client, [a, aaaa], inquiry.reverseDns),
    a,
    aaaa,
    generic: genericName(name, client),
  };
}

function formOf(helo: string): Form {
  const bare = parseIpAddress(helo);
  if (bare !== undefined) return { form: "bare-address", address: bare };
  // Underscores are against the rules and harmless; half the world's desktop names have one.
  const domain = parseDomain(helo.replaceAll("_", "-"));
  if (!domain.ok) return { form: isDottedNumber(helo) ? "bare-address" : "malformed" };
  const literal = literalAddress(domain.value);
  if (literal !== undefined) {
    const address = parseIpAddress(literal);
    return address === undefined ? { form: "malformed" } : { form: "literal", address };
  }
  const name = helo.includes("_") ? helo.toLowerCase() : domain.value;
  return { form: name.includes(".") ? "name" : "single-label", name };
}

/** `192.0.2` or `010.0.0.1`: meant as an address, whichever. */
function isDottedNumber(helo: string): boolean {
  return /^\d+(?:\.\d+)+$/.test(helo);
}

/** A program on this very host may say our name. */
function claimToBeUs(
  { name, address }: Required<Form>,
  client: string,
  own: OwnIdentity,
): HeloEvidence["claimsToBeUs"] {
  const addresses = own.addresses.map((text) => parseIpAddress(text) ?? text);
  if (addresses.includes(client)) return "no";
  if (own.names.some((ownName) => ownName.toLowerCase() === name)) return "name";
  return addresses.includes(address) ? "address" : "no";
}

function resolutionOf(...answers: readonly NameAnswer[]): HeloEvidence["resolution"] {
  if (answers.some(({ kind }) => kind === "records")) return "resolves";
  return answers.some(({ kind }) => kind === "unavailable") ? "not-checked" : "unresolvable";
}

function matchOf(
  name: string,
  client: string,
  answers: readonly NameAnswer[],
  reverseDns: ReverseDnsEvidence | undefined,
): HeloEvidence["match"] {
  if (answers.some((answer) => leadsTo(answer, client))) return "address";
  if (reverseDns?.confirmedName !== undefined && isSameOwner(name, reverseDns.confirmedName)) return "pointer";
  const isUnknown = reverseDns?.state === "not-checked" || answers.some(({ kind }) => kind === "unavailable");
  return isUnknown ? "not-checked" : "differs";
}

/** In one registered domain; hosts of different customers of a provider are not. */
function isSameOwner(left: string, right: string): boolean {
  if (left === right) return true;
  const owner = getDomain(left, { allowPrivateDomains: true });
  return owner !== null && owner === getDomain(right, { allowPrivateDomains: true });
}
