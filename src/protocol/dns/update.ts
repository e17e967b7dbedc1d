/** Dynamic updates of a zone (RFC 2136), signed with a shared key (TSIG, RFC 8945). Octets in, octets out. */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { isAskable } from "./message.ts";

export interface UpdateRecord {
  /** Absolute, without the final dot. */
  readonly name: string;
  readonly type: UpdateType;
  /** As zone files have it; strings of TXT joined and without quotes, names without the final dot. */
  readonly value: string;
}

export type UpdateType = keyof typeof TYPES;

const TYPES = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;

export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** RFC 8945 §6; those built on MD5 and SHA-1 are left out. */
export const TSIG_ALGORITHMS = { "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512" } as const;
export type TsigAlgorithm = keyof typeof TSIG_ALGORITHMS;

export interface SignedUpdate {
  readonly octets: Uint8Array;
  /** The answer's signature covers it. */
  readonly mac: Uint8Array;
}

const OPCODE_UPDATE = 5 << 11;
const [SOA, TSIG] = [6, 250];
const [CLASS_IN, CLASS_ANY] = [1, 255];
/** Seconds that the clocks of the two sides may differ, RFC 8945 §10. */
const FUDGE_SECONDS = 300;
const HEADER_OCTETS = 12;
const STRING_OCTETS_MAX = 255;

/** Adds records to a zone; those that are there stay. Undefined: a name or value that cannot be written down. */
export function encodeUpdate(
  id: number,
  update: { readonly zone: string; readonly records: readonly UpdateRecord[]; readonly ttlSeconds: number },
  key: TsigKey,
  nowMs: number,
): SignedUpdate | undefined {
  const { zone, records, ttlSeconds } = update;
  const parts = records.map((record) => encodeRecord(record, ttlSeconds));
  if (!isAskable(zone) || !isAskable(key.name) || parts.includes(undefined)) return undefined;
  const header = u16(id, OPCODE_UPDATE, 1, 0, records.length, 0);
  const unsigned = Buffer.concat([header, wireName(zone), u16(SOA, CLASS_IN), ...(parts as Buffer[])]);
  const signed = { seconds: Math.floor(nowMs / 1000), fudge: FUDGE_SECONDS, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(unsigned, key, signed, undefined);
  const octets = Buffer.concat([unsigned, encodeTsig(key, signed, mac, id)]);
  octets.writeUInt16BE(1, HEADER_OCTETS - 2);
  return { octets, mac };
}

export type UpdateAnswer =
  | { readonly kind: "answered"; readonly rcode: number }
  /** Signed by nobody, or by somebody else: nothing it says counts. `rcode` is what it claims. */
  | { readonly kind: "unsigned"; readonly rcode: number }
  | { readonly kind: "malformed" };

/** RFC 8945 §5.3: the signature is over the request's MAC, the answer and the variables. */
export function decodeUpdateAnswer(
  octets: Uint8Array,
  id: number,
  requestMac: Uint8Array,
  key: TsigKey,
  nowMs: number,
): UpdateAnswer {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (bytes.length < HEADER_OCTETS || bytes.readUInt16BE(0) !== id || (bytes.readUInt8(2) & 0x80) === 0) {
    return { kind: "malformed" };
  }
  const rcode = bytes.readUInt8(3) & 0x0f;
  const found = findTsig(bytes, id);
  if (found === "malformed") return { kind: "malformed" };
  if (found === undefined) return { kind: "unsigned", rcode };
  const { start, variables, mac, keyName, algorithm } = found;
  const stripped = Buffer.from(bytes.subarray(0, start));
  stripped.writeUInt16BE(stripped.readUInt16BE(HEADER_OCTETS - 2) - 1, HEADER_OCTETS - 2);
  const expected = macOf(stripped, key, variables, requestMac);
  const isFresh = Math.abs(Math.floor(nowMs / 1000) - variables.seconds) <= variables.fudge;
  const isNamed = keyName === key.name.toLowerCase() && algorithm === key.algorithm;
  const isOurs = isNamed && mac.length === expected.length && timingSafeEqual(mac, expected);
  return isOurs && isFresh ? { kind: "answered", rcode } : { kind: "unsigned", rcode };
}

interface TsigVariables {
  readonly seconds: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** RFC 8945 §4.3. */
function macOf(message: Buffer, key: TsigKey, variables: TsigVariables, requestMac: Uint8Array | undefined): Buffer {
  const hmac = createHmac(TSIG_ALGORITHMS[key.algorithm], key.secret);
  if (requestMac !== undefined) hmac.update(u16(requestMac.length)).update(requestMac);
  const { seconds, fudge, error, other } = variables;
  return hmac
    .update(message)
    .update(wireName(key.name.toLowerCase()))
    .update(u16(CLASS_ANY, 0, 0))
    .update(wireName(key.algorithm))
    .update(u48(seconds))
    .update(u16(fudge, error, other.length))
    .update(other)
    .digest();
}

function encodeTsig(key: TsigKey, { seconds, fudge, error, other }: TsigVariables, mac: Buffer, id: number): Buffer {
  const tail = [u16(mac.length), mac, u16(id, error, other.length), other];
  const data = Buffer.concat([wireName(key.algorithm), u48(seconds), u16(fudge), ...tail]);
  return Buffer.concat([wireName(key.name.toLowerCase()), u16(TSIG, CLASS_ANY, 0, 0, data.length), data]);
}

interface FoundTsig {
  readonly start: number;
  readonly keyName: string;
  readonly algorithm: string;
  readonly mac: Buffer;
  readonly variables: TsigVariables;
}

/** It is the last record (RFC 8945 §5.1). */
function findTsig(bytes: Buffer, id: number): FoundTsig | undefined | "malformed" {
  try {
    let at = HEADER_OCTETS;
    for (let left = bytes.readUInt16BE(4); left > 0; left--) at = afterName(bytes, at) + 4;
    const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
    let start = -1;
    for (let left = records; left > 0; left--) {
      start = at;
      const fixed = afterName(bytes, at);
      at = fixed + 10 + bytes.readUInt16BE(fixed + 8);
    }
    if (at !== bytes.length) return "malformed";
    return start === -1 || bytes.readUInt16BE(10) === 0 ? undefined : readTsig(bytes, start, id);
  } catch {
    return "malformed"; // It says that it is longer than it is.
  }
}

function readTsig(bytes: Buffer, start: number, id: number): FoundTsig | undefined {
  const fixed = afterName(bytes, start);
  // What the signature takes for granted: class ANY and a TTL of 0.
  const isTsig = bytes.readUInt16BE(fixed) === TSIG && bytes.readUInt16BE(fixed + 2) === CLASS_ANY;
  if (!isTsig || bytes.readUInt32BE(fixed + 4) !== 0) return undefined;
  const at = afterName(bytes, fixed + 10);
  const macOctets = bytes.readUInt16BE(at + 8);
  const behind = at + 10 + macOctets;
  const otherOctets = bytes.readUInt16BE(behind + 4);
  // It is the last record, and its last field ends it.
  if (bytes.readUInt16BE(behind) !== id || behind + 6 + otherOctets !== bytes.length) return undefined;
  return {
    start,
    keyName: plainName(bytes, start),
    algorithm: plainName(bytes, fixed + 10),
    mac: bytes.subarray(at + 10, behind),
    variables: {
      seconds: bytes.readUIntBE(at, 6),
      fudge: bytes.readUInt16BE(at + 6),
      error: bytes.readUInt16BE(behind + 2),
      other: bytes.subarray(behind + 6, behind + 6 + otherOctets),
    },
  };
}

/** Where the name that begins at `at` ends; a pointer (RFC 1035 §4.1.4) ends it. */
function afterName(bytes: Buffer, at: number): number {
  let next = at;
  for (;;) {
    const length = bytes.readUInt8(next);
    if (length >= 0xc0) return next + 2;
    if (length === 0) return next + 1;
    next += 1 + length;
  }
}

/** Lower-case; a name of a TSIG record is never compressed (RFC 8945 §4.2). */
function plainName(bytes: Buffer, start: number): string {
  const labels: string[] = [];
  for (let at = start; bytes.readUInt8(at) !== 0; at += 1 + bytes.readUInt8(at)) {
    if (bytes.readUInt8(at) >= 0xc0) return "";
    labels.push(bytes.toString("latin1", at + 1, at + 1 + bytes.readUInt8(at)));
  }
  return labels.join(".").toLowerCase();
}

function encodeRecord({ name, type, value }: UpdateRecord, ttlSeconds: number): Buffer | undefined {
  const data = isAskable(name) ? recordData(type, value) : undefined;
  if (data === undefined) return undefined;
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(ttlSeconds);
  return Buffer.concat([wireName(name), u16(TYPES[type], CLASS_IN), ttl, u16(data.length), data]);
}

function recordData(type: UpdateType, value: string): Buffer | undefined {
  switch (type) {
    case "A": {
      const octets = value.split(".").map(Number);
      const isAddress = octets.length === 4 && octets.every((one) => Number.isInteger(one) && one >= 0 && one <= 255);
      return isAddress ? Buffer.from(octets) : undefined;
    }
    case "AAAA":
      return ipv6Octets(value);
    case "CNAME":
      return isAskable(value) ? wireName(value) : undefined;
    case "MX":
    case "SRV": {
      const words = value.split(" ");
      const target = words.pop() ?? "";
      const numbers = words.map(Number);
      const isRight = numbers.length === (type === "MX" ? 1 : 3) && numbers.every((one) => one >= 0 && one <= 0xffff);
      return isRight && isAskable(target) ? Buffer.concat([u16(...numbers), wireName(target)]) : undefined;
    }
    case "TXT": {
      const text = Buffer.from(value, "latin1");
      const strings: Buffer[] = [];
      for (let at = 0; at < text.length; at += STRING_OCTETS_MAX) {
        const string = text.subarray(at, at + STRING_OCTETS_MAX);
        strings.push(Buffer.from([string.length]), string);
      }
      return strings.length === 0 ? undefined : Buffer.concat(strings);
    }
  }
}

/** Of an address in its one form (RFC 5952). */
function ipv6Octets(address: string): Buffer | undefined {
  const [head = "", tail, ...more] = address.split("::");
  if (more.length > 0) return undefined;
  const [before, behind] = [groupsOf(head), groupsOf(tail ?? "")];
  const missing = 8 - before.length - behind.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...behind];
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? u16(...all.map((group) => Number.parseInt(group, 16)))
    : undefined;
}

function groupsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}

function wireName(name: string): Buffer {
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function u16(...numbers: readonly number[]): Buffer {
  const octets = Buffer.alloc(numbers.length * 2);
  for (const [index, number] of numbers.entries()) octets.writeUInt16BE(number, index * 2);
  return octets;
}

function u48(number: number): Buffer {
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(number, 0, 6);
  return octets;
}
