/** An SMTP client that says exactly what a test wants, octet by octet, and shows exactly what came back. */
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface SmtpReply {
  /** 0 when the server closed the connection instead. */
  readonly code: number;
  /** All lines, CRLF between them; `closed` for code 0. */
  readonly text: string;
}

export interface SmtpEndpoint {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Implicit TLS with this certificate authority; absent: in the clear. */
  readonly ca?: string;
  readonly localAddress?: string;
}

/** A reply that takes longer is a hang. */
const patienceMs = 20_000;

export class SmtpClient {
  #socket: Socket;
  /** What carries TLS, where there is any. */
  readonly #plain: Socket;
  #pending = "";
  #closed = false;
  #wake: (() => void) | null = null;
  readonly #transcript: string[] = [];

  private constructor(socket: Socket, plain: Socket) {
    this.#socket = socket;
    this.#plain = plain;
    this.#listen(socket);
  }

  /** Connects without waiting for the greeting. */
  static async connect({ port, host = "127.0.0.1", ca, localAddress }: SmtpEndpoint): Promise<SmtpClient> {
    const address = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
    const plain = connectPlain(address);
    const socket = ca === undefined ? plain : connectTls({ socket: plain, ca, servername: "localhost" });
    const client = new SmtpClient(socket, plain);
    await once(socket, ca === undefined ? "connect" : "secureConnect");
    plain.setNoDelay(true);
    return client;
  }

  /** Connects, and reads the greeting and the reply to EHLO. */
  static async greet(endpoint: SmtpEndpoint, name = "client.test"): Promise<SmtpClient> {
    const client = await SmtpClient.connect(endpoint);
    await client.expect(220);
    await client.say(`EHLO ${name}`, 250);
    return client;
  }

  #listen(socket: Socket): void {
    socket.on("data", (octets: Buffer) => {
      this.#pending += octets.toString("latin1");
      this.#wake?.();
    });
    socket.on("close", () => {
      if (socket !== this.#socket) return;
      this.#closed = true;
      this.#wake?.();
    });
    socket.on("error", () => undefined);
  }

  /** Octets as they are; strings in latin1. */
  send(octets: string | Uint8Array): void {
    const shown = typeof octets === "string" ? octets : Buffer.from(octets).toString("latin1");
    this.#transcript.push(`C: ${shown.slice(0, 200).trimEnd()}`);
    if (typeof octets === "string") this.#socket.write(octets, "latin1");
    else this.#socket.write(octets);
  }

  /** One line, and its reply; the reply has to be `expected` where that is given. */
  async say(line: string, expected?: number): Promise<SmtpReply> {
    this.send(`${line}\r\n`);
    return expected === undefined ? this.next() : this.expect(expected);
  }

  async expect(code: number): Promise<SmtpReply> {
    const reply = await this.next();
    if (reply.code !== code) throw new Error(`expected ${code}, got ${reply.code} ${reply.text}\n${this.transcript}`);
    return reply;
  }

  /** The next reply, or the end of the connection. */
  async next(): Promise<SmtpReply> {
    for (;;) {
      const reply = this.#cut();
      if (reply !== null) {
        this.#transcript.push(`S: ${reply.text}`);
        return reply;
      }
      if (this.#closed) {
        this.#transcript.push("S: (closed)");
        return { code: 0, text: "closed" };
      }
      await this.#activity(patienceMs);
    }
  }

  /** What arrives in the next moment, and whether the connection ended: to see that nothing more is said. */
  async silence(ms: number): Promise<{ readonly heard: string; readonly closed: boolean }> {
    const until = performance.now() + ms;
    while (!this.#closed && performance.now() < until)
      await this.#activity(until - performance.now()).catch(() => undefined);
    return { heard: this.#pending, closed: this.#closed };
  }

  async #activity(ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no reply in ${Math.round(ms)} ms\n${this.transcript}`)), ms);
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
  }

  #cut(): SmtpReply | null {
    const last = /^(\d{3})(?: [^\r\n]*)?\r\n/m.exec(this.#pending);
    if (last === null) return null;
    const end = last.index + last[0].length;
    const text = this.#pending.slice(0, end).trimEnd();
    this.#pending = this.#pending.slice(end);
    return { code: Number(last[1]), text };
  }

  /** STARTTLS, handshake and EHLO again. */
  async startTls(ca: string): Promise<void> {
    await this.say("STARTTLS", 220);
    await this.handshake(ca);
    await this.say("EHLO client.test", 250);
  }

  /** The TLS handshake alone, on the connection as it stands. */
  async handshake(ca: string): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners("data");
    const socket = connectTls({ socket: plain, ca, servername: "localhost" });
    this.#socket = socket;
    this.#listen(socket);
    await Promise.race([
      once(socket, "secureConnect"),
      once(socket, "close").then(() => Promise.reject(new Error("the connection ended in the handshake"))),
    ]);
  }

  /** AUTH PLAIN. */
  async logIn(login: { readonly user: string; readonly password: string }): Promise<void> {
    const token = Buffer.from(`\0${login.user}\0${login.password}`).toString("base64");
    await this.say(`AUTH PLAIN ${token}`, 235);
  }

  /** One transaction; the reply behind the end of data. The content is dot-stuffed here. */
  async transaction(mailFrom: string, recipients: readonly string[], content: Uint8Array): Promise<SmtpReply> {
    await this.say(`MAIL FROM:<${mailFrom}>`, 250);
    for (const recipient of recipients) await this.say(`RCPT TO:<${recipient}>`, 250);
    await this.say("DATA", 354);
    this.send(dotStuffed(content));
    return this.next();
  }

  /** The connection's socket, for what no method here does. */
  get socket(): Socket {
    return this.#socket;
  }

  /** The last of what was said. */
  get transcript(): string {
    return this.#transcript.slice(-20).join("\n");
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Ends the connection with RST. */
  reset(): void {
    this.#plain.resetAndDestroy();
  }
}

/** RFC 5321 §4.5.2, with the end of data behind it. */
export function dotStuffed(content: Uint8Array): Buffer {
  const text = Buffer.from(content).toString("latin1");
  const stuffed = text.replace(/(^|\r\n)\./g, "$1..");
  return Buffer.from(`${stuffed}${stuffed === "" || stuffed.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1");
}

/** Sends one message from outside to recipients here; it has to be accepted. */
export async function deliver(
  port: number,
  recipients: readonly string[],
  content: string,
  mailFrom = "sender@elsewhere.test",
): Promise<void> {
  const client = await SmtpClient.greet({ port });
  const reply = await client.transaction(mailFrom, recipients, Buffer.from(content, "latin1"));
  if (reply.code !== 250) throw new Error(client.transcript);
  client.close();
}
