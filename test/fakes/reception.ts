/** An SMTP listener without sockets, disk or database: every part a fake that a test can look into. */
import { Buffer } from "node:buffer";
import { EarlyTalkers } from "#gate/early-talkers.ts";
import type { Authenticator, PasswordAttempt } from "#identity/authenticator.ts";
import type { Content } from "#mail/content.ts";
import type { Spool, SpoolWriter } from "#ports/spool.ts";
import { createSmtpAccept } from "#reception/accept.ts";
import type { SmtpDependencies } from "#reception/dependencies.ts";
import type { ListenerProtocol } from "#reception/listener-session.ts";
import { type ReceptionSettings, receptionDefaults } from "#reception/settings.ts";
import type { Delivery } from "#store/store.ts";
import { passwordsOnly } from "./authenticator.ts";
import { FakeClock } from "./clock.ts";
import { FakeConnection, type FakeConnectionOptions } from "./connection.ts";
import { type FakeDirectory, smallDirectory } from "./directory.ts";
import { FakeLog } from "./log.ts";
import { FakeLoginPlaces } from "./login-places.ts";
import { FakeRandom } from "./random.ts";

export class MemorySpool implements Spool {
  open = 0;
  /** While set, `write` says wait. */
  full = false;
  failure: Error | undefined;
  #drained: (() => void)[] = [];

  begin(onDrained: () => void): SpoolWriter {
    this.open++;
    this.#drained.push(onDrained);
    const pieces: Uint8Array[] = [];
    let ended = false;
    const end = (): void => {
      if (!ended) this.open--;
      ended = true;
    };
    return {
      get sizeOctets() {
        return pieces.reduce((sum, { length }) => sum + length, 0);
      },
      write: (octets) => {
        pieces.push(octets);
        return !this.full;
      },
      finish: async (): Promise<Content> => {
        await Promise.resolve();
        end();
        if (this.failure !== undefined) throw this.failure;
        return { kind: "octets", octets: Buffer.concat(pieces) };
      },
      discard: end,
    };
  }

  async read(content: Content, start: number, end: number): Promise<Uint8Array> {
    await Promise.resolve();
    return content.kind === "octets" ? content.octets.subarray(start, end) : Buffer.alloc(0);
  }

  drain(): void {
    this.full = false;
    for (const drained of this.#drained) drained();
  }
}

export class FakeReception {
  readonly clock: FakeClock;
  readonly directory: FakeDirectory = smallDirectory().add(2, "alice@local.test", "sales@local.test");
  readonly log = new FakeLog();
  readonly logins = new FakeLoginPlaces();
  readonly spool = new MemorySpool();
  readonly deliveries: Delivery[] = [];
  /** What the store does with the next delivery. */
  storeOutcome: "stored" | "nobody" | "no-space" | "fails" | "never" = "stored";
  readonly sentInClear: PasswordAttempt[] = [];
  readonly authenticator: Authenticator = passwordsOnly(async ({ username, password }) => {
    await Promise.resolve();
    if (password === "down") return { ok: false, problem: "unavailable" };
    if (password !== "secret") return { ok: false, problem: "invalid-credentials" };
    return { ok: true, identity: { accountId: 2, address: username } };
  }, this.sentInClear);
  /** Tests may replace it before they connect. */
  dependencies: SmtpDependencies;

  /** @param startMs what the clock says; milliseconds since the epoch. */
  constructor(
    protocol: ListenerProtocol,
    changes: Partial<ReceptionSettings> = {},
    startMs = Date.UTC(2030, 0, 1, 12),
  ) {
    this.clock = new FakeClock(startMs);
    this.dependencies = {
      protocol,
      settings: { ...receptionDefaults, hostname: "mx.local.test", ...changes },
      store: { deliver: (delivery) => this.#deliver(delivery) },
      directory: this.directory,
      authenticator: this.authenticator,
      logins: this.logins,
      spool: this.spool,
      clock: this.clock,
      random: new FakeRandom(),
      log: this.log,
      earlyTalkers: new EarlyTalkers({ unknownMs: 200, knownMs: 5 }),
    };
  }

  /** A client connects; the greeting is there unless the wait is longer than `waitMs`. */
  connect(options: Partial<FakeConnectionOptions> = {}, waitMs = 1000): Client {
    const accept = createSmtpAccept(this.dependencies);
    const connection = new FakeConnection(accept, { clock: this.clock, ...options });
    this.clock.advance(waitMs);
    return new Client(connection);
  }

  async #deliver(delivery: Delivery): ReturnType<SmtpDependencies["store"]["deliver"]> {
    await Promise.resolve();
    switch (this.storeOutcome) {
      case "stored":
        this.deliveries.push(delivery);
        return { ok: true, value: delivery.targets.map(({ accountId }) => ({ accountId, folderId: 1, uid: 1 })) };
      case "nobody":
        return { ok: false, problem: "nobody-left" };
      case "no-space":
        return { ok: false, problem: "no-space" };
      case "fails":
        throw new Error("the database is gone");
      case "never":
        return new Promise(() => undefined);
    }
  }

  /** The only message delivered, as it is stored. */
  get stored(): string {
    const [delivery] = this.deliveries;
    if (delivery?.content.kind !== "octets") throw new Error("nothing was delivered");
    return Buffer.concat([delivery.prefix, delivery.content.octets]).toString("latin1");
  }
}

/** The other end of a connection. */
export class Client {
  readonly connection: FakeConnection;

  constructor(connection: FakeConnection) {
    this.connection = connection;
  }

  /** Sends a line; resolves to the reply, its lines joined by `|`, when all that follows without time passing has happened. */
  async say(line: string): Promise<string> {
    return this.send(`${line}\r\n`);
  }

  async send(octets: string | Uint8Array): Promise<string> {
    this.connection.send(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
    return this.hear();
  }

  async hear(): Promise<string> {
    await settled();
    return this.connection.take().toString("latin1").trimEnd().replaceAll("\r\n", "|");
  }

  /** Up to the accepted recipients. */
  async envelope(mailFrom: string, ...recipients: string[]): Promise<void> {
    await this.say(`EHLO client.example`);
    await this.say(`MAIL FROM:<${mailFrom}>`);
    for (const recipient of recipients) {
      const answer = await this.say(`RCPT TO:<${recipient}>`);
      if (!answer.startsWith("250 ")) throw new Error(answer);
    }
  }

  async logIn(): Promise<void> {
    await this.say("EHLO client.example");
    const credentials = Buffer.from("\0alice@local.test\0secret").toString("base64");
    const answer = await this.say(`AUTH PLAIN ${credentials}`);
    if (!answer.startsWith("235 ")) throw new Error(answer);
  }

  /** A whole message after the envelope; its lines end in LF here. */
  async message(text: string): Promise<string> {
    await this.say("DATA");
    return this.send(`${text.replaceAll("\n", "\r\n")}\r\n.\r\n`);
  }
}

/** Promises that were waiting have gone on. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
