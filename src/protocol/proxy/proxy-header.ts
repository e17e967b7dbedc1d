/**
 * The header a proxy puts in front of a connection to say whose it is (the PROXY protocol, versions 1 and 2). Whether a
 * peer is believed is the listener's affair: from anyone else these octets are bad SMTP.
 */
import { Buffer } from "node:buffer";
import { formatIp, parseIpv4, parseIpv6 } from "./ip-address.ts";
import { V1_LINE_OCTETS_MAX, V2_FIXED_OCTETS, V2_PAYLOAD_OCTETS_MAX } from "./limits.ts";

export interface ProxyEndpoint {
  /** An IP address in its one form, or `unix:PATH`. */
  readonly address: string;
  readonly port: number;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** The client and the address it dialled; undefined where the proxy speaks for itself (LOCAL, UNKNOWN): a health check. */
  readonly endpoints: { readonly source: ProxyEndpoint; readonly destination: ProxyEndpoint } | undefined;
}

export type ProxyStep =
  | { readonly kind: "incomplete" }
  /** `rest` are the first octets of the connection itself. */
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly rest: Uint8Array }
  | { readonly kind: "malformed" };

const SIGNATURE_V1 = Buffer.from("PROXY ", "latin1");
const SIGNATURE_V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LF = 0x0a;
const INCOMPLETE: ProxyStep = { kind: "incomplete" };
const MALFORMED: ProxyStep = { kind: "malformed" };

/** Takes octets until the header is whole. Holds at most one header; after another answer than `incomplete` it is done. */
export class ProxyHeaderReader {
  #held: Buffer = Buffer.alloc(0);

  push(octets: Uint8Array): ProxyStep {
    this.#held = this.#held.length === 0 ? viewOf(octets) : Buffer.concat([this.#held, octets]);
    if (startsLike(this.#held, SIGNATURE_V2)) return readV2(this.#held);
    if (startsLike(this.#held, SIGNATURE_V1)) return readV1(this.#held);
    return MALFORMED;
  }
}

function readV1(held: Buffer): ProxyStep {
  const end = held.subarray(0, V1_LINE_OCTETS_MAX).indexOf(LF);
  if (end === -1) return held.length < V1_LINE_OCTETS_MAX ? INCOMPLETE : MALFORMED;
  const line = held.toString("latin1", 0, end + 1);
  if (!line.endsWith("\r\n")) return MALFORMED;
  const rest = held.subarray(end + 1);
  // After UNKNOWN the rest of the line means nothing (§2.1).
  if (/^PROXY UNKNOWN(?: .*)?\r\n$/.test(line)) {
    return { kind: "header", header: { version: 1, endpoints: undefined }, rest };
  }
  const words = line.slice(0, -2).split(" ");
  const [, family, sourceText = "", destinationText = "", sourcePort = "", destinationPort = ""] = words;
  if (words.length !== 6 || (family !== "TCP4" && family !== "TCP6")) return MALFORMED;
  const parse = family === "TCP4" ? parseIpv4 : parseIpv6;
  const source = endpoint(parse(sourceText), parsePort(sourcePort));
  const destination = endpoint(parse(destinationText), parsePort(destinationPort));
  if (source === undefined || destination === undefined) return MALFORMED;
  return { kind: "header", header: { version: 1, endpoints: { source, destination } }, rest };
}

function readV2(held: Buffer): ProxyStep {
  if (held.length < V2_FIXED_OCTETS) return INCOMPLETE;
  const versionAndCommand = held.readUInt8(12);
  const payloadOctets = held.readUInt16BE(14);
  if (payloadOctets > V2_PAYLOAD_OCTETS_MAX) return MALFORMED;
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return MALFORMED;
  const end = V2_FIXED_OCTETS + payloadOctets;
  if (held.length < end) return INCOMPLETE;
  const rest = held.subarray(end);
  const family = held.readUInt8(13);
  // LOCAL, or an unspecified family: the connection is the proxy's own (§2.2).
  if (versionAndCommand === 0x20 || family === 0x00) {
    return { kind: "header", header: { version: 2, endpoints: undefined }, rest };
  }
  const endpoints = readV2Endpoints(family, held.subarray(V2_FIXED_OCTETS, end));
  return endpoints === undefined ? MALFORMED : { kind: "header", header: { version: 2, endpoints }, rest };
}

/** Stream sockets only: mail does not come over UDP. */
function readV2Endpoints(family: number, payload: Buffer): ProxyHeader["endpoints"] {
  switch (family) {
    case 0x11:
      return readIpEndpoints(payload, 4);
    case 0x21:
      return readIpEndpoints(payload, 16);
    case 0x31:
      return payload.length < 216
        ? undefined
        : { source: socketPath(payload.subarray(0, 108)), destination: socketPath(payload.subarray(108, 216)) };
    default:
      return undefined;
  }
}

function readIpEndpoints(payload: Buffer, octets: 4 | 16): ProxyHeader["endpoints"] {
  if (payload.length < 2 * octets + 4) return undefined;
  return {
    source: { address: formatIp(payload.subarray(0, octets)), port: payload.readUInt16BE(2 * octets) },
    destination: {
      address: formatIp(payload.subarray(octets, 2 * octets)),
      port: payload.readUInt16BE(2 * octets + 2),
    },
  };
}

function socketPath(field: Buffer): ProxyEndpoint {
  const end = field.indexOf(0);
  return { address: `unix:${field.toString("utf8", 0, end === -1 ? field.length : end)}`, port: 0 };
}

function endpoint(address: Uint8Array | undefined, port: number | undefined): ProxyEndpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { address: formatIp(address), port };
}

function parsePort(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port < 65_536 ? port : undefined;
}

/** True while `held` can still become, or already is, a header with this signature. */
function startsLike(held: Buffer, signature: Buffer): boolean {
  const known = Math.min(held.length, signature.length);
  return held.subarray(0, known).equals(signature.subarray(0, known));
}

function viewOf(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
