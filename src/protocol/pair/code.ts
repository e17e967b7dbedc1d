/**
 * The code that joins two nodes, as it is read out or copied: where the other listens, the fingerprint of its key, and a secret
 * that counts once. `PAIR-` and base64url.
 */
import { Buffer } from "node:buffer";

export interface PairingCode {
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the key of whoever made the code, lower-case hexadecimal. */
  readonly fingerprint: string;
  readonly secret: Uint8Array;
}

export const SECRET_OCTETS = 20;
const VERSION = 1;
const PREFIX = "PAIR-";
const FINGERPRINT_OCTETS = 32;
const HOST_AT = 1 + FINGERPRINT_OCTETS + SECRET_OCTETS + 2;
const HOST_OCTETS_MAX = 255;

export function formatPairingCode({ host, port, fingerprint, secret }: PairingCode): string {
  const tail = Buffer.alloc(2);
  tail.writeUInt16BE(port);
  const octets = Buffer.concat([
    Buffer.from([VERSION]),
    Buffer.from(fingerprint, "hex"),
    secret,
    tail,
    Buffer.from(host, "latin1"),
  ]);
  return `${PREFIX}${octets.toString("base64url")}`;
}

/** Undefined: it is none, or one that was cut short. */
export function parsePairingCode(text: string): PairingCode | undefined {
  const [, encoded] = /^PAIR-([A-Za-z0-9_-]{70,450})$/.exec(text.trim()) ?? [];
  if (encoded === undefined) return undefined;
  const octets = Buffer.from(encoded, "base64url");
  const host = octets.subarray(HOST_AT).toString("latin1");
  if (octets[0] !== VERSION || octets.length <= HOST_AT || host.length > HOST_OCTETS_MAX) return undefined;
  if (!/^[A-Za-z0-9.:-]+$/.test(host)) return undefined;
  return {
    host,
    port: octets.readUInt16BE(HOST_AT - 2),
    fingerprint: octets.subarray(1, 1 + FINGERPRINT_OCTETS).toString("hex"),
    secret: octets.subarray(1 + FINGERPRINT_OCTETS, 1 + FINGERPRINT_OCTETS + SECRET_OCTETS),
  };
}
