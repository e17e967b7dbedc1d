import type { Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Protocol } from "./source-keys.ts";

/** One line in the protocol's words, never one that looks like a wrong password, and the connection ends. */
export function refuseConnection(
  connection: Connection,
  { protocol, hostname, text }: { readonly protocol: Protocol; readonly hostname: string; readonly text: string },
): ConnectionHandler {
  connection.write(refusalLine(protocol, hostname, text));
  connection.end();
  return { octets: nothing, drained: nothing, timedOut: nothing, shutdown: nothing, closed: nothing };
}

/** RFC 5321 §3.1 and 3463, RFC 3501 §7.1.5 and 5530, RFC 3206. */
export function refusalLine(protocol: Protocol, hostname: string, text: string): string {
  switch (protocol) {
    case "imap":
      return `* BYE [UNAVAILABLE] ${text}\r\n`;
    case "pop3":
      return `-ERR [SYS/TEMP] ${text}\r\n`;
    case "smtp":
    case "submission":
    case "lmtp":
      return `421 4.7.0 ${hostname} ${text}\r\n`;
    case "http":
      return `HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  }
}

function nothing(): void {
  // The connection is over; what comes now is of no interest.
}
