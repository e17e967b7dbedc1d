/**
 * The reverse-path of mail that is passed on: an address of ours that holds the sender's, so that SPF passes for us at the
 * next hop and a bounce finds its way back (the scheme called SRS). Who does not know the key cannot make one, so that
 * nothing is passed on that way but bounces of what we passed on ourselves.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Mailbox } from "#mail/address.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days are counted modulo this, in two letters of base 32. */
const DAYS = 1024;
/** A bounce comes within the days that mail is tried, and some more. Days. */
const VALID_DAYS = 14;
/** RFC 5321 §4.5.3.1.1. */
const LOCAL_PART_OCTETS_MAX = 64;
const TAG_LENGTH = 10;
/** Octets of the key: as many as its hash has. */
export const RETURN_KEY_OCTETS = 32;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const PREFIX = "srs0=";

/**
 * @param sender reverse-path of the message as it came.
 * @param domain of ours, that it is passed on for.
 * @returns a local-part at `domain`; undefined where it would be too long for other servers.
 */
export function returnLocalPart(sender: Mailbox, domain: string, key: Uint8Array, nowMs: number): string | undefined {
  const day = dayWord(nowMs);
  const held = `${sender.domain}=${sender.localPart}`;
  const localPart = `${PREFIX}${tagOf(key, domain, day, held)}=${day}=${held}`;
  return localPart.length <= LOCAL_PART_OCTETS_MAX && /^[\w!#$%&'*+\-/=?^`{|}~.]+$/.test(localPart)
    ? localPart
    : undefined;
}

export function isReturnLocalPart(localPart: string): boolean {
  return localPart.toLowerCase().startsWith(PREFIX);
}

/** Who wrote the message that is bounced; undefined for what is not from us, or too old. */
export function readReturnAddress(address: Mailbox, key: Uint8Array, nowMs: number): string | undefined {
  const parsed = /^srs0=([a-z2-7]{10})=([a-z2-7]{2})=([^=]+)=(.+)$/is.exec(address.localPart);
  if (parsed === null) return undefined;
  const [, tag = "", day = "", senderDomain = "", senderLocalPart = ""] = parsed;
  const held = `${senderDomain.toLowerCase()}=${senderLocalPart}`;
  const right = tagOf(key, address.domain, day.toLowerCase(), held);
  if (!timingSafeEqual(Buffer.from(right), Buffer.from(tag.toLowerCase()))) return undefined;
  return isRecent(day.toLowerCase(), nowMs) ? `${senderLocalPart}@${senderDomain.toLowerCase()}` : undefined;
}

/** Case is lost on the way at some servers: nothing here depends on it. */
function tagOf(key: Uint8Array, domain: string, day: string, held: string): string {
  const digest = createHmac("sha256", key).update(`${domain}\0${day}\0${held.toLowerCase()}`).digest();
  let tag = "";
  for (const octet of digest.subarray(0, TAG_LENGTH)) tag += BASE32[octet & 31] ?? "";
  return tag;
}

function dayWord(nowMs: number): string {
  const day = Math.floor(nowMs / DAY_MS) % DAYS;
  return (BASE32[day >> 5] ?? "") + (BASE32[day & 31] ?? "");
}

function isRecent(word: string, nowMs: number): boolean {
  const [high = "", low = ""] = word;
  const day = BASE32.indexOf(high) * 32 + BASE32.indexOf(low);
  const age = (Math.floor(nowMs / DAY_MS) - day) % DAYS;
  return ((age % DAYS) + DAYS) % DAYS <= VALID_DAYS;
}

/** What reception knows of reverse-paths that we made. */
export interface ReturnAddresses {
  /** A reverse-path at `domain` for mail of `sender` that is passed on; the null one stays. */
  make(sender: Mailbox | null, domain: string): string | undefined;
  /** Undefined: none of ours. */
  read(address: Mailbox): string | undefined;
}

export function returnAddresses(key: Uint8Array, now: () => number): ReturnAddresses {
  return {
    make: (sender, domain) => {
      if (sender === null) return "";
      const localPart = returnLocalPart(sender, domain, key, now());
      return localPart === undefined ? undefined : `${localPart}@${domain}`;
    },
    read: (address) => readReturnAddress(address, key, now()),
  };
}
