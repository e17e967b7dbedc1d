/** DNS messages of a stub resolver (RFC 1035, EDNS RFC 6891) on top of dns-packet's codec, which throws on bad input. */
import { Buffer } from "node:buffer";
import { type Answer, AUTHENTIC_DATA, decode, encode, type Packet, RECURSION_DESIRED } from "dns-packet";
import { MESSAGE_RECORDS_MAX, UDP_PAYLOAD_OCTETS } from "./limits.ts";

export type QuestionType = "A" | "AAAA" | "PTR" | "TXT" | "MX" | "TLSA" | "CNAME" | "NS" | "CAA" | "SRV";

export interface Question {
  /** Absolute, without the final dot. */
  readonly name: string;
  readonly type: QuestionType;
}

export interface ResponseMessage {
  /** With the upper bits that EDNS adds (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticated: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

export type Response =
  | { readonly kind: "response"; readonly message: ResponseMessage }
  /** Too long for UDP: ask again over TCP (RFC 7766). */
  | { readonly kind: "truncated" }
  /** Not the answer to this question: another's, forged, or late. */
  | { readonly kind: "foreign" }
  | { readonly kind: "malformed" };

/** Response codes (IANA, DNS RCODEs). */
export const NOERROR = 0;
export const FORMERR = 1;
export const NXDOMAIN = 3;
export const NOTIMP = 4;
export const REFUSED = 5;
export const BADVERS = 16;

const LABEL_OCTETS_MAX = 63; // RFC 1035 §2.3.4
const NAME_OCTETS_MAX = 253; // 255 on the wire, less the first length and the root
const HEADER_OCTETS = 12;

/** Can this be asked at all? A name from a message may be anything. */
export function isAskable(name: string): boolean {
  if (name.length === 0 || name.length > NAME_OCTETS_MAX || /[^\x21-\x7e]/.test(name)) return false;
  return name.split(".").every((label) => label.length > 0 && label.length <= LABEL_OCTETS_MAX);
}

/** @param id 0 to 65,535, not to be guessed. */
export function encodeQuery(id: number, { name, type }: Question, options: { readonly edns: boolean }): Uint8Array {
  const edns = { type: "OPT", name: ".", udpPayloadSize: UDP_PAYLOAD_OCTETS, flags: 0, options: [] };
  return encode({
    type: "query",
    id,
    // RFC 6840 §5.7: AD in a query asks whether the answer was validated, without the signatures themselves.
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ name, type, class: "IN" }],
    additionals: options.edns ? [edns as never] : [],
  });
}

/**
 * What came for a question. It must bear the question's ID and repeat its name, so that an answer to something else is
 * never believed. Only what says no more than "I cannot" may leave the question out, as servers do
 * that did not understand it.
 */
export function decodeResponse(octets: Uint8Array, id: number, question: Question): Response {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  // Cheap, before anything is decoded: garbage costs a forger more than us.
  if (bytes.length < HEADER_OCTETS || bytes.readUInt16BE(0) !== id || (bytes.readUInt8(2) & 0x80) === 0) {
    return { kind: "foreign" };
  }
  const packet = decodePacket(bytes);
  if (packet === undefined) return { kind: "malformed" };
  const { questions = [], answers = [], authorities = [], additionals = [] } = packet;
  const rcode = responseCode(bytes, additionals);
  const [asked, ...more] = questions;
  if (asked === undefined && !isFailure(rcode)) return { kind: "foreign" };
  const same = asked === undefined || (asked.type === question.type && isEcho(asked.name, question.name));
  if (!same || more.length > 0) return { kind: "foreign" };
  if (packet.flag_tc) return { kind: "truncated" };
  return {
    kind: "response",
    message: {
      rcode,
      authoritative: packet.flag_aa,
      recursionAvailable: packet.flag_ra,
      authenticated: packet.flag_ad,
      answers,
      authorities,
    },
  };
}

/** Capitals in a question are there to be repeated (0x20); to a name without them a server may answer in its own case. */
function isEcho(echoed: string, asked: string): boolean {
  return echoed === asked || echoed.toLowerCase() === asked;
}

function decodePacket(bytes: Buffer): ReturnType<typeof decode> | undefined {
  let records = 0;
  for (let at = 4; at < HEADER_OCTETS; at += 2) records += bytes.readUInt16BE(at);
  if (records > MESSAGE_RECORDS_MAX) return undefined;
  try {
    const packet = decode(bytes);
    // The codec reads some records beyond the end; what it made of them is nothing.
    return decode.bytes <= bytes.length ? packet : undefined;
  } catch {
    return undefined;
  }
}

function responseCode(bytes: Buffer, additionals: NonNullable<Packet["additionals"]>): number {
  const edns = additionals.find((record) => record.type === "OPT");
  const upper = edns?.type === "OPT" ? edns.extendedRcode : 0;
  return (upper << 4) | (bytes.readUInt8(3) & 0x0f);
}

function isFailure(rcode: number): boolean {
  return rcode !== NOERROR && rcode !== NXDOMAIN;
}
