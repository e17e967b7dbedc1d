/** A session without a connection, under the real settings and policy: what would be answered to these commands? */
import { Buffer } from "node:buffer";
import type { Directory } from "#identity/directory.ts";
import { type Reply, reply } from "#mail/reply.ts";
import { ServerSession } from "#protocol/smtp/server-session.ts";
import type { Event, Input } from "#protocol/smtp/session-events.ts";
import { type ListenerProtocol, listenerSession } from "./listener-session.ts";
import type { Asker, RecipientPolicy } from "./recipient-policy.ts";
import { judgeMailFrom } from "./sender-policy.ts";
import type { ReceptionSettings } from "./settings.ts";

const NAME_OK = reply(250, null, "");

export class EnvelopeProbe {
  readonly #session: ServerSession;
  readonly #directory: Directory;
  readonly #policy: RecipientPolicy;
  readonly #asker: Asker;
  #lastCode = 0;

  constructor(
    settings: ReceptionSettings,
    directory: Directory,
    policy: RecipientPolicy,
    client: { readonly protocol: ListenerProtocol; readonly trusted: boolean; readonly serverAddress: string },
  ) {
    const { protocol, trusted, serverAddress } = client;
    this.#session = new ServerSession(listenerSession(protocol, settings, { tls: "starttls", trusted }));
    this.#directory = directory;
    this.#policy = policy;
    this.#asker = { listener: protocol, authenticated: false, trustedNetwork: trusted, localAddress: serverAddress };
    this.#session.handle({ kind: "greet" });
  }

  /** Sends one line; resolves to the code of the last reply. A handshake succeeds at once. */
  async say(line: string): Promise<number> {
    let input: Input | undefined = { kind: "octets", octets: Buffer.from(`${line}\r\n`) };
    while (input !== undefined) {
      const events = this.#session.handle(input);
      input = undefined;
      for (const event of events) {
        if (event.kind === "reply") this.#lastCode = event.reply.code;
        const answer = await this.#answer(event);
        if (answer !== undefined) input = { kind: "answer", reply: answer };
        if (event.kind === "start-tls") input = { kind: "tls-established" };
      }
    }
    return this.#lastCode;
  }

  async #answer(event: Event): Promise<Reply | undefined> {
    if (event.kind === "client-name") return NAME_OK;
    if (event.kind === "sender") return judgeMailFrom(this.#directory, undefined, event.sender.reversePath, undefined);
    if (event.kind !== "recipient") return undefined;
    const { reply: answer } = await this.#policy.decide(this.#asker, event.recipient, event.transaction.sender);
    return answer;
  }
}
