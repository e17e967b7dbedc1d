/** Why a handshake failed, in words of a fixed set: for counting, and for whoever asks why a device does not get in. */

export const HANDSHAKE_FAILURES = [
  /** The client speaks nothing as new as the listener wants. */
  "version-too-old",
  "no-shared-cipher",
  /** The client speaks another protocol (ALPN): a browser on a mail port. */
  "other-protocol",
  /** It does not trust the certificate, or misses its name there. */
  "certificate-refused",
  /** What came was no TLS: a client without it on a port that begins with it. */
  "not-tls",
  "timed-out",
  /** The client went away in the middle: scanners, and clients that were not asked about a certificate. */
  "closed",
  "other",
] as const;

export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

/** Of OpenSSL's and Node's codes; the alerts are the client's words (RFC 8446 §6.2). */
const BY_CODE: readonly (readonly [RegExp, HandshakeFailure])[] = [
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|ALERT_PROTOCOL_VERSION|INAPPROPRIATE_FALLBACK|UNKNOWN_PROTOCOL/,
    "version-too-old",
  ],
  [/NO_SHARED_CIPHER|NO_SUITABLE|NO_SHARED_GROUP|ALERT_HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY/, "no-shared-cipher"],
  [/NO_APPLICATION_PROTOCOL|ALPN/, "other-protocol"],
  [/ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/, "certificate-refused"],
  [
    /HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|BAD_RECORD_TYPE|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/,
    "not-tls",
  ],
  [/TIMED_OUT/, "timed-out"],
  [/CLOSED|ECONNRESET|EPIPE|UNEXPECTED_EOF/, "closed"],
];

export function handshakeFailure(error: unknown): HandshakeFailure {
  const { code = "" } = error as NodeJS.ErrnoException;
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? "other";
}
