/** Another server, as small as can be: it remembers whose message it took, and can be slow, unwilling or rude at the end of one. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";

export class NextHop {
  /** Between the final dot and its answer; the message counts as taken at the dot. Milliseconds. */
  dotDelayMs = 0;
  /** Takes the message and breaks the connection in place of an answer. */
  dropsAfterDot = false;
  isDeferring = false;
  readonly #server: Server;
  readonly #taken = new Map<string, number>();
  /** Taken, not answered yet. */
  readonly #unanswered = new Set<string>();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#talk(socket));
  }

  static async open(): Promise<NextHop> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new NextHop(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Recipient to how many messages were taken for it. */
  taken(): ReadonlyMap<string, number> {
    return this.#taken;
  }

  /** Whose message was taken without an answer that could be heard, since the last call. */
  takeUnanswered(): readonly string[] {
    const recipients = [...this.#unanswered];
    this.#unanswered.clear();
    return recipients;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #talk(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    let input = "";
    let recipients: string[] = [];
    let isData = false;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    say("220 far.test ESMTP");
    socket.on("data", (octets: Buffer) => {
      input += octets.toString("latin1");
      for (;;) {
        if (isData) {
          const end = input.indexOf("\r\n.\r\n");
          if (end === -1) return;
          input = input.slice(end + 5);
          isData = false;
          this.#take(socket, recipients);
          recipients = [];
          continue;
        }
        const end = input.indexOf("\r\n");
        if (end === -1) return;
        const line = input.slice(0, end);
        input = input.slice(end + 2);
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === "EHLO") say("250-far.test\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING");
        else if (verb === "MAIL") {
          recipients = [];
          say(this.isDeferring ? "450 4.3.0 Later" : "250 2.1.0 ok");
        } else if (verb === "RCPT") {
          const [, address = ""] = /<([^>]*)>/.exec(line) ?? [];
          if (address.includes("nobody")) say("550 5.1.1 Nobody of that name");
          else {
            recipients.push(address);
            say("250 2.1.5 ok");
          }
        } else if (verb === "DATA") {
          isData = recipients.length > 0;
          say(isData ? "354 go on" : "554 5.5.1 No recipients");
        } else if (verb === "QUIT") {
          say("221 2.0.0 bye");
          socket.end();
        } else say("250 2.0.0 ok");
      }
    });
  }

  #take(socket: Socket, recipients: readonly string[]): void {
    for (const recipient of recipients) {
      this.#taken.set(recipient, (this.#taken.get(recipient) ?? 0) + 1);
      this.#unanswered.add(recipient);
    }
    if (this.dropsAfterDot) return void socket.destroy();
    setTimeout(() => {
      if (socket.destroyed || socket.readableEnded) return;
      socket.write("250 2.0.0 Taken\r\n", () => {
        // On its way is not yet heard: who dies in this moment has not heard it.
        setTimeout(() => {
          if (!socket.destroyed && !socket.readableEnded)
            for (const recipient of recipients) this.#unanswered.delete(recipient);
        }, 40);
      });
    }, this.dotDelayMs);
  }
}
