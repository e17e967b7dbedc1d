/** A mail server on the loopback address that does what a test wants of it, over real sockets. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TestCertificate } from "./certificates.ts";

export interface LoopbackOptions {
  readonly extensions?: readonly string[];
  readonly certificate?: TestCertificate;
  /** In place of the usual replies, by verb (`.` is the end of the message). Null: nothing is said. */
  readonly replies?: Readonly<Record<string, string | null>>;
  /** Called with the socket before a command is answered; true: it is dealt with. */
  readonly intercept?: (line: string, socket: Socket) => boolean;
  /** Reads no faster than so many octets a turn. */
  readonly slow?: boolean;
  readonly at?: { readonly path: string };
}

export class LoopbackSmtp {
  readonly messages: Buffer[] = [];
  readonly commands: string[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #options: LoopbackOptions;
  readonly #server;

  private constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#server = createServer({ highWaterMark: 16 * 1024 }, (socket) => this.#accept(socket));
  }

  static async open(options: LoopbackOptions = {}): Promise<LoopbackSmtp> {
    const opened = new LoopbackSmtp(options);
    opened.#server.listen(options.at ?? { host: "127.0.0.1", port: 0 });
    await once(opened.#server, "listening");
    return opened;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    this.#say(socket, "220 loopback ESMTP");
    this.#serve(socket);
  }

  #say(socket: Socket, reply: string | null): void {
    if (reply !== null) socket.write(`${reply.replaceAll("\n", "\r\n")}\r\n`);
  }

  #serve(socket: Socket): void {
    let held: Buffer = Buffer.alloc(0);
    const message: { pieces: Buffer[] | undefined } = { pieces: undefined };
    socket.on("data", (octets: Buffer) => {
      if (this.#options.slow === true) {
        socket.pause();
        setTimeout(() => socket.resume(), 1);
      }
      if (message.pieces !== undefined) {
        message.pieces.push(octets);
        const tail = Buffer.concat(message.pieces.slice(-3));
        if (!tail.subarray(-5).equals(Buffer.from("\r\n.\r\n"))) return;
        this.messages.push(Buffer.concat(message.pieces));
        message.pieces = undefined;
        return this.#say(socket, this.#replyTo(".", "250 2.0.0 taken"));
      }
      held = Buffer.concat([held, octets]);
      for (let end = held.indexOf("\r\n"); end !== -1; end = held.indexOf("\r\n")) {
        const line = held.toString("utf8", 0, end);
        held = held.subarray(end + 2);
        if (this.#command(line, socket, message) === "stop") return;
      }
    });
  }

  #command(line: string, socket: Socket, message: { pieces: Buffer[] | undefined }): "stop" | undefined {
    this.commands.push(line);
    if (this.#options.intercept?.(line, socket) === true) return undefined;
    const verb = line.split(" ")[0]?.toUpperCase() ?? "";
    const lines = ["250 loopback", ...(this.#options.extensions ?? [])].map((text) => text.replace(/^250 /, ""));
    const hello = lines.map((text, i) => `250${i === lines.length - 1 ? " " : "-"}${text}`).join("\n");
    const usual: Readonly<Record<string, string>> = {
      EHLO: hello,
      LHLO: hello,
      DATA: "354 go",
      STARTTLS: "220 go",
      AUTH: "235 in",
      QUIT: "221 bye",
    };
    const reply = this.#replyTo(verb, usual[verb] ?? "250 OK");
    this.#say(socket, reply);
    if (verb === "DATA" && reply?.startsWith("354") === true) message.pieces = [];
    if (verb === "STARTTLS" && reply?.startsWith("220") === true) return this.#secure(socket);
    return undefined;
  }

  #replyTo(verb: string, usual: string): string | null {
    const { replies = {} } = this.#options;
    return Object.hasOwn(replies, verb) ? (replies[verb] ?? null) : usual;
  }

  #secure(socket: Socket): "stop" {
    const { certificate } = this.#options;
    socket.removeAllListeners("data");
    const secured = new TLSSocket(socket, { isServer: true, cert: certificate?.pem, key: certificate?.keyPem });
    secured.on("error", () => undefined);
    this.#serve(secured);
    return "stop";
  }
}
