/** A client whose address is what a PROXY header says, over a real socket. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";

/** How long an answer may take, delays of refused logins included. */
const PATIENCE_MS = 20_000;

export interface Client extends AsyncDisposable {
  /** What the server says next: up to its line end, or "" when it has closed. */
  line(): Promise<string>;
  /** Sends a line, and takes the next one whose code or tag is its last. */
  say(text: string): Promise<string>;
  /** Sends a line of IMAP, and takes the first line before the tagged one. */
  untagged(text: string): Promise<string>;
}

export interface ClientOptions {
  /** None: no PROXY header is sent. */
  readonly address?: string;
  readonly tls?: boolean;
}

export async function connectTo(port: number, { address, tls = false }: ClientOptions): Promise<Client> {
  const plain = connect({ port, host: "127.0.0.1" });
  await once(plain, "connect");
  if (address !== undefined) plain.write(`PROXY TCP4 ${address} 192.0.2.250 40000 ${port}\r\n`);
  const socket: Socket = tls
    ? secure({ socket: plain, rejectUnauthorized: false, servername: "mx.example.test" })
    : plain;
  const input = new Input(socket);
  const line = (): Promise<string> => input.line();
  return {
    line,
    async say(text) {
      socket.write(`${text}\r\n`);
      for (;;) {
        const answer = await line();
        const goesOn = /^\d{3}-/.test(answer) || /^\* (?!BYE)/.test(answer);
        if (!goesOn) return answer;
      }
    },
    async untagged(text) {
      socket.write(`${text}\r\n`);
      const first = await line();
      await line();
      return first;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      if (!socket.closed) await once(socket, "close");
    },
  };
}

/** What the server has said, line by line. */
class Input {
  readonly #socket: Socket;
  #held = "";
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#held += text;
      this.#wake?.();
    });
    for (const end of ["end", "close", "error"]) {
      socket.on(end, () => {
        this.#isOver = true;
        this.#wake?.();
      });
    }
  }

  /** Empty when the server has closed. */
  async line(): Promise<string> {
    const timer = setTimeout(() => this.#socket.destroy(), PATIENCE_MS);
    while (!this.#held.includes("\n") && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    const end = this.#held.indexOf("\n") + 1;
    const taken = end === 0 ? this.#held : this.#held.slice(0, end);
    this.#held = this.#held.slice(taken.length);
    return taken.trimEnd();
  }
}
