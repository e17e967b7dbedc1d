/** A TLS connection to a port of ours, with STARTTLS or STLS first where the port begins in clear. */
import { connect as dial, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";

const DIALOGUES = {
  smtp: [
    [/^220 .*\r\n/m, "EHLO client.example\r\n"],
    [/^250 .*\r\n/m, "STARTTLS\r\n"],
    [/^220 .*\r\n/m, ""],
  ],
  imap: [
    [/^\* .*\r\n/m, "a STARTTLS\r\n"],
    [/^a OK.*\r\n/m, ""],
  ],
  pop3: [
    [/^\+OK.*\r\n/m, "STLS\r\n"],
    [/^\+OK.*\r\n/m, ""],
  ],
} as const;

const tickets = new WeakMap<TLSSocket, Buffer>();

/** What the client may come back with. */
export async function ticketOf(socket: TLSSocket): Promise<Buffer> {
  socket.resume();
  for (let turn = 0; turn < 200; turn++) {
    const ticket = socket.getProtocol() === "TLSv1.3" ? tickets.get(socket) : socket.getSession();
    if (ticket !== undefined) return ticket;
    await sleep(10);
  }
  throw new Error(`no ticket came: ${socket.getProtocol()} ${socket.isSessionReused()} port ${socket.remotePort}`);
}

/** Rejects with OpenSSL's error when the handshake fails. */
export async function dialTls(
  port: number,
  starttls: keyof typeof DIALOGUES | undefined,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const raw = dial({ port, host: "127.0.0.1" });
  for (const [wanted, line] of starttls === undefined ? [] : DIALOGUES[starttls]) {
    await heard(raw, wanted);
    if (line !== "") raw.write(line);
  }
  const socket = connect({ socket: raw, rejectUnauthorized: false, ...options });
  // Tickets of TLS 1.3 come when they like, the first often with the end of the handshake.
  socket.on("session", (ticket: Buffer) => tickets.set(socket, ticket));
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve(socket.on("error", () => undefined)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed in the handshake")));
  });
}

function heard(socket: Socket, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const hear = (octets: Buffer): void => {
      text += octets.toString("latin1");
      if (!wanted.test(text)) return;
      socket.off("data", hear);
      resolve();
    };
    socket.on("data", hear);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`closed before TLS: ${text}`)));
  });
}
