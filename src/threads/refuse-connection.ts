import type { ListenerProtocol } from "#config/settings.ts";
import type { Connection, ConnectionHandler } from "#ports/connection.ts";

/** The server is full: one line in the protocol's words, never one that looks like a wrong password, and the connection ends. */
export function refuseConnection(
  connection: Connection,
  protocol: ListenerProtocol,
  hostname: string,
): ConnectionHandler {
  const text = "too many connections, try again later";
  switch (protocol) {
    case "imap":
      connection.write(`* BYE [UNAVAILABLE] ${text}\r\n`);
      break;
    case "pop3":
      connection.write(`-ERR [SYS/TEMP] ${text}\r\n`);
      break;
    case "smtp":
    case "submission":
    case "lmtp":
      connection.write(`421 4.7.0 ${hostname} ${text}\r\n`);
      break;
    case "http":
      break;
  }
  connection.end();
  return { octets: nothing, drained: nothing, timedOut: nothing, shutdown: nothing, closed: nothing };
}

function nothing(): void {
  // The connection is over; what comes now is of no interest.
}
