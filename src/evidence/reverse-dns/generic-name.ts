/**
 * Host names that a provider makes for all its lines: from the address, or from a word for the kind of line. Such a host is
 * seldom meant to send mail. What speaks for a server counts against it, as hosting companies make names in the same way.
 */

import { parse } from "tldts";
import { hexDigits, isIpv6 } from "#mail/ip-address.ts";
import type { GenericName, GenericSign } from "./evidence.ts";

const WEIGHT_MIN = 0.5;
const WEIGHT_MAX = 3;

const WEIGHTS: Readonly<Record<GenericSign, number>> = {
  "holds-the-address": 2,
  "dynamic-word": 2,
  "access-line-word": 1.5,
  "customer-word": 1,
  "holds-half-the-address": 0.5,
  numbers: 0.5,
  "server-word": -1.5,
};

/** Whole words between dots, hyphens and digits, in the order in which they are looked for. */
const WORDS: readonly (readonly [GenericSign, ReadonlySet<string>])[] = [
  ["dynamic-word", words("dyn dynamic dynip dynamicip dyna dhcp ppp pppoe dial dialup dialin dip dipool")],
  [
    "access-line-word",
    words("dsl adsl vdsl xdsl sdsl dslb cable cablemodem modem catv docsis cpe hfc ftth fttb fttx gpon fios mobile"),
  ],
  ["access-line-word", words("mobil gprs umts lte wimax wifi wlan wireless cellular satellite")],
  [
    "customer-word",
    words("pool pools customer customers cust client clients broadband bb user users subscriber subs abo home res"),
  ],
  ["customer-word", words("residential resi dom unassigned")],
  [
    "server-word",
    words(
      "mail mails email mx mta smtp smtpout relay out outbound mailout outgoing send sender bounce newsletter news",
    ),
  ],
  ["server-word", words("static server srv vps vserver dedicated dedi colo ns web www hosting gateway gw")],
];

/** Digits below the registered domain from which on a name is mostly a number. */
const DIGITS_MIN = 6;

/** @param address the client's, in its one form. */
export function genericName(name: string, address: string): GenericName | undefined {
  const lower = name.toLowerCase();
  const own = ownLabels(lower);
  if (own === "") return undefined;
  const signs = [...addressSigns(lower, address), ...wordSigns(own)];
  if (signs.length === 0 && isMostlyDigits(own)) signs.push("numbers");
  const sum = signs.reduce((total, sign) => total + WEIGHTS[sign], 0);
  if (sum < WEIGHT_MIN) return undefined;
  const byWeight = signs.toSorted((a, b) => WEIGHTS[b] - WEIGHTS[a]);
  return { name, weight: Math.min(WEIGHT_MAX, sum), signs: byWeight };
}

/** What the host's owner or provider chose: all labels below the registered domain. Its own name says nothing about a host. */
function ownLabels(name: string): string {
  const { isIcann, subdomain } = parse(name, { allowPrivateDomains: false });
  return isIcann === true ? (subdomain ?? "") : name;
}

function wordSigns(own: string): GenericSign[] {
  const found = own.split(/[^a-z]+/);
  const signs = WORDS.filter(([, known]) => found.some((word) => known.has(word))).map(([sign]) => sign);
  return [...new Set(signs)];
}

function addressSigns(name: string, address: string): GenericSign[] {
  if (isIpv6(address)) return holdsIpv6(name, address) ? ["holds-the-address"] : [];
  const octets = address.split(".").map(Number);
  if (holdsIpv4(name, octets)) return ["holds-the-address"];
  const [, , third = 0, fourth = 0] = octets;
  return holdsPair(name, third, fourth) ? ["holds-half-the-address"] : [];
}

/** `203-0-113-5`, `5.113.0.203`, `203000113005`, `cb007105`, or the octets in any other order. */
function holdsIpv4(name: string, octets: readonly number[]): boolean {
  const written = octets.map((octet) => [octet.toString(16).padStart(2, "0"), String(octet).padStart(3, "0")]);
  for (const order of [written, written.toReversed()]) {
    if (name.includes(order.map(([hex]) => hex).join(""))) return true;
    if (name.includes(order.map(([, decimal]) => decimal).join(""))) return true;
  }
  const numbers = numbersIn(name);
  return octets.every((octet) => {
    const at = numbers.indexOf(octet);
    if (at !== -1) numbers.splice(at, 1);
    return at !== -1;
  });
}

function holdsPair(name: string, third: number, fourth: number): boolean {
  const numbers = numbersIn(name);
  return numbers.some((number, i) => {
    const next = numbers[i + 1];
    return (number === third && next === fourth) || (number === fourth && next === third);
  });
}

/** All 32 digits, the last 16 of them, or the last four groups as people write them. */
function holdsIpv6(name: string, address: string): boolean {
  const digits = hexDigits(address);
  const interfaceId = digits.slice(16);
  const run = name.replace(/[.-]/g, "");
  // An interface ID such as ::1 is short and in many names by chance.
  const isTelling = !interfaceId.startsWith("00000000");
  if (run.includes(digits) || (isTelling && run.includes(interfaceId))) return true;
  if (run.includes(digits.split("").toReversed().join(""))) return true;
  const groups = interfaceId.match(/.{4}/g) ?? [];
  return isTelling && name.includes(groups.map((group) => group.replace(/^0{1,3}/, "")).join("-"));
}

function numbersIn(name: string): number[] {
  return (name.match(/\d+/g) ?? []).map(Number);
}

function isMostlyDigits(own: string): boolean {
  const digits = own.replace(/\D/g, "").length;
  const others = own.replace(/[\d.-]/g, "").length;
  return digits >= DIGITS_MIN && digits > others * 2;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
