/** What is said to a milter: a length in network order, one letter, and its data. Strings end in NUL. */
import { Buffer } from "node:buffer";
import { ACTIONS_OFFERED, PROTOCOL_VERSION, STEPS_OFFERED } from "./flags.ts";
import { BODY_CHUNK_OCTETS_MAX, COMMAND_OCTETS_MAX } from "./limits.ts";

/** Where in a transaction a command stands; the letter is the protocol's. */
export const LETTER = {
  connect: "C",
  helo: "H",
  mail: "M",
  recipient: "R",
  data: "T",
  header: "L",
  "end-of-headers": "N",
  body: "B",
  end: "E",
} as const;
export type Stage = keyof typeof LETTER;

/** The client: an IP address in its one form, or the path of a socket. */
export interface MilterClient {
  /** Name that its address leads to and that leads back to it, or the address in brackets. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface MilterField {
  readonly name: Uint8Array;
  /** As it stands in the message behind the colon, lines separated by LF, without the last line's end. */
  readonly value: Uint8Array;
}

const LENGTH_OCTETS = 4;
const SOCKET_PREFIX = "unix:";

export function negotiation(): Uint8Array {
  const flags = Buffer.alloc(12);
  flags.writeUInt32BE(PROTOCOL_VERSION, 0);
  flags.writeUInt32BE(ACTIONS_OFFERED, 4);
  flags.writeUInt32BE(STEPS_OFFERED, 8);
  return packet("O", flags);
}

/** Names of more than one letter stand in braces. Undefined where there is nothing to say. */
export function macros(stage: Stage, values: Readonly<Record<string, string>>): Uint8Array | undefined {
  const pairs = Object.entries(values).flatMap(([name, value]) => [text(name), text(value)]);
  return pairs.length === 0 ? undefined : packet("D", Buffer.from(LETTER[stage]), ...pairs);
}

export function connect({ name, address, port }: MilterClient): Uint8Array {
  const isSocket = address.startsWith(SOCKET_PREFIX);
  const family = isSocket ? "L" : address.includes(":") ? "6" : "4";
  const where = Buffer.alloc(2);
  where.writeUInt16BE(isSocket ? 0 : port);
  const place = isSocket ? address.slice(SOCKET_PREFIX.length) : address;
  return packet(LETTER.connect, text(name), Buffer.from(family), where, text(place));
}

export function helo(name: string): Uint8Array {
  return packet(LETTER.helo, text(name));
}

/** @param path in its angle brackets. */
export function mail(path: string, parameters: readonly string[]): Uint8Array {
  return packet(LETTER.mail, ...[path, ...parameters].map(text));
}

export function recipient(path: string): Uint8Array {
  return packet(LETTER.recipient, text(path));
}

/** The longest that a milter reads: of a field that is longer it sees the beginning. */
export function header({ name, value }: MilterField): Uint8Array {
  const valueOctetsMax = COMMAND_OCTETS_MAX - name.length - 3;
  return packet(LETTER.header, withoutNul(name), NUL, withoutNul(value.subarray(0, valueOctetsMax)), NUL);
}

/** @param piece 1 to BODY_CHUNK_OCTETS_MAX octets. */
export function body(piece: Uint8Array): Uint8Array {
  if (piece.length > BODY_CHUNK_OCTETS_MAX) throw new RangeError(`a chunk of ${piece.length} octets`);
  return packet(LETTER.body, piece);
}

/** DATA, the end of the header, the end of the message. */
export function plain(stage: "data" | "end-of-headers" | "end"): Uint8Array {
  return packet(LETTER[stage]);
}

export const ABORT = packet("A");
export const QUIT = packet("Q");

const NUL = Buffer.alloc(1);

function packet(letter: string, ...data: readonly Uint8Array[]): Uint8Array {
  const length = 1 + data.reduce((sum, piece) => sum + piece.length, 0);
  const framed = Buffer.allocUnsafe(LENGTH_OCTETS + length);
  framed.writeUInt32BE(length);
  framed.write(letter, LENGTH_OCTETS, "latin1");
  let at = LENGTH_OCTETS + 1;
  for (const piece of data) {
    framed.set(piece, at);
    at += piece.length;
  }
  return framed;
}

/** What others said stands in it: a NUL would begin the next string. */
function text(value: string): Buffer {
  return Buffer.from(`${value.replaceAll("\0", "")}\0`);
}

function withoutNul(octets: Uint8Array): Uint8Array {
  return octets.includes(0) ? octets.filter((octet) => octet !== 0) : octets;
}
