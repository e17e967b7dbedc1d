/** One IMAP connection as a client holds it: replies in order, whole, with their literals. */
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Implicit TLS with this certificate authority (PEM); null: in the clear. */
  readonly ca: string | null;
}

export interface Reply {
  /** `*`, `+`, or the tag. */
  readonly tag: string;
  /** What follows the tag, in latin1, literals in place as `{n}` CRLF octets; without the last CRLF. */
  readonly text: string;
}

export interface CommandResult {
  readonly untagged: readonly string[];
  readonly tagged: string;
}

/** A reply that takes longer than this is a hang. */
const patienceMs = 30_000;

const crlf = Buffer.from("\r\n");

/** Cuts the stream into replies, however it arrives. */
export class ReplyCutter {
  #pending: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #chunksLength = 0;
  /** Octets that must be there before it is worth looking again. */
  #wanted = 0;

  push(octets: Buffer): readonly Reply[] {
    this.#chunks.push(octets);
    this.#chunksLength += octets.length;
    if (this.#pending.length + this.#chunksLength < this.#wanted) return [];
    this.#pending = Buffer.concat([this.#pending, ...this.#chunks]);
    this.#chunks = [];
    this.#chunksLength = 0;
    const replies: Reply[] = [];
    for (let end = this.#end(); end !== null; end = this.#end()) {
      const line = this.#pending.toString("latin1", 0, end - crlf.length);
      this.#pending = this.#pending.subarray(end);
      const space = line.indexOf(" ");
      replies.push({ tag: space < 0 ? line : line.slice(0, space), text: space < 0 ? "" : line.slice(space + 1) });
    }
    return replies;
  }

  /** Where the first reply ends; null while it is not whole. */
  #end(): number | null {
    this.#wanted = 0;
    for (let from = 0; ; ) {
      const lineEnd = this.#pending.indexOf(crlf, from);
      if (lineEnd < 0) return null;
      const tail = this.#pending.toString("latin1", Math.max(from, lineEnd - 24), lineEnd);
      const [, length] = /\{(\d+)\}$/.exec(tail) ?? [];
      const next = lineEnd + crlf.length;
      if (length === undefined) return next;
      from = next + Number(length);
      if (from > this.#pending.length) {
        this.#wanted = from;
        return null;
      }
    }
  }
}

export class ImapConnection {
  readonly #socket: Socket;
  readonly #replies: Reply[] = [];
  #wake: (() => void) | null = null;
  #closed = false;
  #commands = 0;
  /** What was said, for a failure's message: the last of it. */
  readonly #transcript: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new ReplyCutter();
    socket.on("data", (octets: Buffer) => {
      for (const reply of cutter.push(octets)) {
        this.#note("S", `${reply.tag} ${reply.text}`);
        this.#replies.push(reply);
      }
      this.#wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** Connects and reads the greeting. */
  static async open(endpoint: Endpoint): Promise<ImapConnection> {
    const { host, port, ca } = endpoint;
    const socket = ca === null ? connectPlain({ host, port }) : connectTls({ host, port, ca, servername: "localhost" });
    await once(socket, ca === null ? "connect" : "secureConnect");
    socket.setNoDelay(true);
    const connection = new ImapConnection(socket);
    await connection.next();
    return connection;
  }

  /** Octets in latin1. Resolves without waiting for the other side. */
  send(octets: string): void {
    this.#note("C", octets.trimEnd());
    this.#socket.write(octets, "latin1");
  }

  newTag(): string {
    this.#commands += 1;
    return `a${this.#commands}`;
  }

  /** The next reply; an error when the connection ends or nothing comes. */
  async next(): Promise<Reply> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      if (this.#closed) throw new Error(`the server closed the connection\n${this.transcript}`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error(`no reply in ${patienceMs} ms\n${this.transcript}`)), patienceMs);
      this.#wake = resolve;
      await promise.finally(() => clearTimeout(timer));
    }
  }

  /**
   * Waits for `+`. False when the server answers the command instead; that answer is the next to be read. Untagged
   * replies on the way are handed over.
   */
  async askedForLiteral(untagged: (text: string) => void): Promise<boolean> {
    for (;;) {
      const reply = await this.next();
      if (reply.tag === "+") return true;
      if (reply.tag !== "*") {
        this.#replies.unshift(reply);
        return false;
      }
      untagged(reply.text);
    }
  }

  /** Sends one command and reads up to its tagged reply; literals are sent one by one as the server asks for them. */
  async command(text: string, ...literals: readonly string[]): Promise<CommandResult> {
    const tag = this.newTag();
    const untagged: string[] = [];
    const parts = [...literals];
    this.send(`${tag} ${text}${parts.length > 0 ? ` {${parts[0]?.length}}` : ""}\r\n`);
    for (;;) {
      const reply = await this.next();
      if (reply.tag === tag) return { untagged, tagged: reply.text };
      if (reply.tag !== "+") untagged.push(reply.text);
      else if (parts.length > 0) {
        const octets = parts.shift() ?? "";
        this.send(`${octets}${parts.length > 0 ? ` {${parts[0]?.length}}` : ""}\r\n`);
      }
    }
  }

  /** A command that has to succeed. */
  async ok(text: string, ...literals: readonly string[]): Promise<CommandResult> {
    const result = await this.command(text, ...literals);
    if (!/^OK\b/i.test(result.tagged)) throw new Error(`${text.slice(0, 200)}: ${result.tagged}`);
    return result;
  }

  get transcript(): string {
    return this.#transcript.join("\n");
  }

  close(): void {
    this.#socket.destroy();
  }

  #note(side: string, text: string): void {
    this.#transcript.push(`${side}: ${text.slice(0, 400)}`);
    if (this.#transcript.length > 30) this.#transcript.shift();
  }
}
