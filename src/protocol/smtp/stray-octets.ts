/** Octets where none belong: before the greeting, another protocol's, in clear behind STARTTLS. */
import type { Outbox } from "./outbox.ts";
import { NOT_SMTP, TALKS_TOO_EARLY } from "./session-replies.ts";

const TLS_HANDSHAKE = 0x16; // RFC 8446 §5.1, the record type of a ClientHello
const TLS_MAJOR_VERSION = 0x03;

export function isClientHello(first: number | undefined, second: number | undefined): boolean {
  return first === TLS_HANDSHAKE && second === TLS_MAJOR_VERSION;
}

export function earlyTalker(out: Outbox, octets: Uint8Array): void {
  if (octets.length === 0) return;
  if (octets[0] === TLS_HANDSHAKE && (octets.length === 1 || octets[1] === TLS_MAJOR_VERSION))
    return tlsOnClearPort(out);
  out.signal("early-talker");
  out.end(TALKS_TOO_EARLY, "early-talker");
}

/** A client that was set up for implicit TLS: no fault of its address. */
export function tlsOnClearPort(out: Outbox): void {
  out.signal("tls-on-clear-port");
  out.close("tls-on-clear-port", true);
}

/** Whoever put it there, it is no part of the protected session (RFC 3207 §5): dropped without an answer. */
export function behindStartTls(out: Outbox): void {
  out.signal("command-behind-starttls");
  out.close("out-of-step", true);
}

export function notSmtp(out: Outbox): void {
  out.signal("not-smtp");
  out.end(NOT_SMTP, "not-smtp");
}
