/** What TLS is spoken here: versions, ciphers, and what a listener may loosen. The same rules on every port. */
import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/** The oldest version a listener takes. */
export type OldestTls = "1.0" | "1.1" | "1.2" | "1.3";

/** No renegotiation, no compression, server's order of ciphers. */
const SECURE_OPTIONS =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE;

/** Forward secrecy and authenticated encryption only; what the mail clients of the last ten years speak. */
const CIPHERS = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

/**
 * What TLS 1.0 and 1.1 know at best. OpenSSL signs their handshakes with SHA-1, which it does at security level 0 alone:
 * the level falls for the whole listener, so that nobody has it who did not ask for it.
 */
const LEGACY_CIPHERS = [
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "@SECLEVEL=0",
];

/** Seconds that a ticket may be used: less than a key of tickets is kept. */
const SESSION_SECONDS = 2 * 60 * 60;

export function policyOptions(oldest: OldestTls): SecureContextOptions {
  const isLegacy = oldest === "1.0" || oldest === "1.1";
  return {
    minVersion: oldest === "1.0" ? "TLSv1" : `TLSv${oldest}`,
    ciphers: [...CIPHERS, ...(isLegacy ? LEGACY_CIPHERS : [])].join(":"),
    secureOptions: SECURE_OPTIONS,
    sessionTimeout: SESSION_SECONDS,
  };
}
