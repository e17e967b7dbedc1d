import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type TLSSocketOptions } from "node:tls";

/** A certificate chain and its key, in PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What one listener needs to speak TLS as a server; the same object serves implicit TLS and STARTTLS. */
export interface ServerTls {
  socketOptions(): TLSSocketOptions;
}

/** Same rules on every port: 1.2 or newer, no renegotiation, no compression, server's order of ciphers. */
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
].join(":");

/** Throws when certificate and key do not fit each other or cannot be read. */
export function secureContext({ certificatePem, keyPem }: KeyPair): SecureContext {
  return createSecureContext({
    cert: certificatePem,
    key: keyPem,
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    secureOptions: SECURE_OPTIONS,
  });
}

/**
 * @param contextFor asked at every handshake, so that a renewed certificate serves the next connection.
 * @param alpn the one protocol spoken here. A client that offers others only is turned away (RFC 7301 §3.2,
 *   no_application_protocol): mail is not spoken to a browser that was led here.
 */
export function serverTls(
  contextFor: (serverName: string | undefined) => SecureContext,
  alpn: "smtp" | "imap" | "pop3",
): ServerTls {
  return {
    socketOptions: () => ({
      isServer: true,
      secureContext: contextFor(undefined),
      SNICallback: (serverName, use) => use(null, contextFor(serverName)),
      ALPNCallback: ({ protocols }) => (protocols.includes(alpn) ? alpn : undefined),
    }),
  };
}
