/** Reads a folder over IMAP as fast as the server hands it out: octets are counted, not looked at. */
import { connect, type TLSSocket } from "node:tls";
import type { Login } from "../test/imap-scripts/run.ts";

export class ImapReader {
  readonly #socket: TLSSocket;
  #commands = 0;
  /** Since the last tagged reply. */
  #octets = 0;
  /** The end of what came: long enough for a last line. */
  #tail = "";
  #awaited: { tag: string; resolve: (octets: number) => void; reject: (error: Error) => void } | null = null;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#awaited?.reject(new Error(`the connection ended: ${this.#tail}`)));
  }

  static async open(port: number, ca: string, login: Login): Promise<ImapReader> {
    const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca });
    const reader = new ImapReader(socket);
    await reader.#until("*");
    await reader.command(`LOGIN ${login.user} ${login.password}`);
    return reader;
  }

  /** Octets of all replies to the command. */
  async command(text: string): Promise<number> {
    this.#commands += 1;
    const tag = `r${this.#commands}`;
    this.#socket.write(`${tag} ${text}\r\n`);
    return this.#until(tag);
  }

  async append(folder: string, message: string): Promise<void> {
    this.#commands += 1;
    const tag = `r${this.#commands}`;
    this.#socket.write(`${tag} APPEND ${folder} {${message.length}}\r\n`);
    await this.#until("+");
    this.#socket.write(`${message}\r\n`);
    await this.#until(tag);
  }

  #until(tag: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#awaited = { tag, resolve, reject };
    this.#look();
    return promise;
  }

  #take(chunk: Buffer): void {
    this.#octets += chunk.length;
    this.#tail = (this.#tail + chunk.toString("latin1", Math.max(0, chunk.length - 1000))).slice(-1000);
    this.#look();
  }

  #look(): void {
    if (this.#awaited === null || !this.#tail.endsWith("\r\n")) return;
    const { tag, resolve, reject } = this.#awaited;
    const last = this.#tail.slice(this.#tail.lastIndexOf("\r\n", this.#tail.length - 3) + 1).trim();
    if (!last.startsWith(`${tag} `)) return;
    const octets = this.#octets;
    this.#awaited = null;
    this.#octets = 0;
    this.#tail = "";
    if (tag === "+" || last.startsWith(`${tag} OK`)) resolve(octets);
    else reject(new Error(last));
  }

  close(): void {
    this.#socket.destroy();
  }
}
