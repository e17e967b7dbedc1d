/** Looks at a certificate as clients get it: over the wire, from the port it is served on. */
import { connect as dial, type Socket } from "node:net";
import { connect as startTls, type TLSSocket } from "node:tls";

export interface ServedBy {
  readonly host: string;
  readonly port: number;
  readonly tls: "implicit" | "starttls";
  readonly protocol: "smtp" | "submission" | "imap" | "pop3" | "lmtp" | "http";
  readonly serverName: string;
  /** This machine's PROXY header is wanted first. */
  readonly wantsProxyHeader: boolean;
}

export interface SeenCertificate {
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** Greeting and handshake together. Milliseconds. */
const LOOK_MS = 15_000;
/** Octets of greetings before TLS. */
const GREETING_OCTETS_MAX = 8192;

/** What leads to TLS: each line is said when an answer with the pattern has come. */
const DIALOGUES = {
  smtp: [
    [/^220 .*\r\n/m, "EHLO localhost\r\n"],
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

/** Rejects when nothing answers there in time. */
export async function servedCertificate(by: ServedBy): Promise<SeenCertificate> {
  const socket = dial({ host: by.host, port: by.port });
  const timer = setTimeout(() => socket.destroy(new Error("no TLS in time")), LOOK_MS);
  try {
    if (by.wantsProxyHeader) socket.write("PROXY UNKNOWN\r\n");
    if (by.tls === "starttls") await leadToTls(socket, by.protocol);
    const secured = startTls({ socket, servername: by.serverName, rejectUnauthorized: false });
    const seen = certificateOf(await secure(secured));
    secured.end();
    return seen;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function leadToTls(socket: Socket, protocol: ServedBy["protocol"]): Promise<void> {
  const dialogue = DIALOGUES[protocol === "imap" || protocol === "pop3" ? protocol : "smtp"];
  for (const [wanted, line] of dialogue) {
    await heard(socket, wanted);
    if (line !== "") socket.write(line);
  }
}

function heard(socket: Socket, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const settle = (error?: Error): void => {
      socket.off("data", hear);
      socket.off("error", settle);
      socket.off("close", closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const hear = (octets: Buffer): void => {
      text += octets.toString("latin1");
      if (wanted.test(text)) settle();
      else if (text.length > GREETING_OCTETS_MAX) settle(new Error("no end of the greeting"));
    };
    const closed = (): void => settle(new Error(`closed before TLS: ${text.trim()}`));
    socket.on("data", hear);
    socket.on("error", settle);
    socket.on("close", closed);
  });
}

function secure(socket: TLSSocket): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve(socket));
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("closed during the TLS handshake")));
  });
}

function certificateOf(socket: TLSSocket): SeenCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error("no certificate was shown");
  return {
    fingerprint: certificate.fingerprint256,
    names: namesOf(certificate.subjectAltName),
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
  };
}

/** Of `DNS:example.com, IP Address:192.0.2.1`. */
export function namesOf(subjectAltName: string | undefined): readonly string[] {
  return [...(subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = ""]) => name);
}
