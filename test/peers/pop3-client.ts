/** A small POP3 client: enough to read a maildrop, and to say what a test wants. */
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Login } from "../imap-scripts/run.ts";

const crlf = "\r\n";

export class Pop3Client {
  readonly #socket: Socket;
  #pending = "";
  #closed = false;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (octets: Buffer) => {
      this.#pending += octets.toString("latin1");
      this.#wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** Connects, by TLS unless `ca` is null, and reads the greeting. */
  static async open(port: number, ca: string | null): Promise<Pop3Client> {
    const address = { host: "127.0.0.1", port };
    const socket = ca === null ? connectPlain(address) : connectTls({ ...address, ca, servername: "localhost" });
    const client = new Pop3Client(socket);
    await once(socket, ca === null ? "connect" : "secureConnect");
    await client.#until(crlf);
    return client;
  }

  static async logIn(port: number, ca: string, login: Login): Promise<Pop3Client> {
    const client = await Pop3Client.open(port, ca);
    await client.ok(`USER ${login.user}`);
    await client.ok(`PASS ${login.password}`);
    return client;
  }

  async say(line: string): Promise<string> {
    this.send(`${line}${crlf}`);
    return this.#until(crlf);
  }

  send(octets: string): void {
    this.#socket.write(octets, "latin1");
  }

  async ok(line: string): Promise<string> {
    const reply = await this.say(line);
    if (!reply.startsWith("+OK")) throw new Error(`${line}: ${reply}`);
    return reply;
  }

  /** A command with a multi-line reply: its lines as octets, dots unstuffed. */
  async lines(line: string): Promise<Buffer> {
    await this.ok(line);
    if (this.#pending.startsWith(".\r\n") || (this.#pending === "" && (await this.#peek()) === ".\r\n")) {
      this.#pending = this.#pending.slice(3);
      return Buffer.alloc(0);
    }
    const body = await this.#until("\r\n.\r\n");
    return Buffer.from(`${body}${crlf}`.replace(/(^|\r\n)\.\./g, "$1."), "latin1");
  }

  /** Every message of the maildrop. */
  async retrieveAll(): Promise<readonly Buffer[]> {
    const [, count = "0"] = /^\+OK (\d+)/.exec(await this.ok("STAT")) ?? [];
    const messages: Buffer[] = [];
    for (let number = 1; number <= Number(count); number += 1) messages.push(await this.lines(`RETR ${number}`));
    return messages;
  }

  async #peek(): Promise<string> {
    while (this.#pending.length < 3 && !this.#closed) await this.#activity();
    return this.#pending.slice(0, 3);
  }

  /** Up to the terminator, which is taken and left out. */
  async #until(terminator: string): Promise<string> {
    let from = 0;
    for (;;) {
      const end = this.#pending.indexOf(terminator, from);
      if (end >= 0) {
        const text = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + terminator.length);
        return text;
      }
      if (this.#closed) throw new Error(`the server closed the connection: ${this.#pending.slice(0, 200)}`);
      from = Math.max(0, this.#pending.length - terminator.length);
      await this.#activity();
    }
  }

  async #activity(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error("no reply in 20 s")), 20_000);
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
  }

  close(): void {
    this.#socket.destroy();
  }
}
