/** Submission, IMAP and POP3 in front of the real authenticator, and a client of each that knows how to log in. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createImapAccept } from "#access/imap/accept.ts";
import { imapDefaults } from "#access/imap/settings.ts";
import { createPop3Accept } from "#access/pop3/accept.ts";
import { pop3Defaults } from "#access/pop3/settings.ts";
import { AccountSessions } from "#identity/account-sessions.ts";
import { changePassword } from "#identity/accounts.ts";
import type { AuthenticatorDependencies } from "#identity/login-desk.ts";
import { MimeScanner } from "#mail/mime/scanner.ts";
import { fileSpool } from "#platform/file-spool.ts";
import type { Accept, TlsFacts } from "#ports/connection.ts";
import { createSmtpAccept } from "#reception/accept.ts";
import { receptionDefaults } from "#reception/settings.ts";
import { FAKE_TLS, FakeConnection } from "./connection.ts";
import { smallDirectory } from "./directory.ts";
import { FakeLoginPlaces } from "./login-places.ts";
import { ALICE, type LoginWorld, openLoginWorld } from "./login-world.ts";

export type DoorProtocol = "smtp" | "imap" | "pop3";

export interface LoginDoors extends LoginWorld {
  readonly delivered: unknown[];
  readonly places: FakeLoginPlaces;
  connect(protocol: DoorProtocol, tls?: TlsFacts): DoorClient;
}

/** @param password Alice's. */
export async function openLoginDoors(
  t: TestContext,
  password: string,
  options: Partial<AuthenticatorDependencies> = {},
): Promise<LoginDoors> {
  const world = await openLoginWorld(t, options);
  assert.ok((await changePassword(world, ALICE, password)).ok);
  const folder = mkdtempSync(join(tmpdir(), "postern-logins-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { store, clock, random, log, authenticator } = world;
  const places = new FakeLoginPlaces();
  const spool = fileSpool({ directory: folder, inlineOctetsMax: 4096, random });
  const shared = { store, authenticator, logins: places, clock, random, log, spool };
  const accountSessions = new AccountSessions(store);
  store.onEvent(() => void accountSessions.endStale());
  const delivered: unknown[] = [];
  const accepts: Readonly<Record<DoorProtocol, Accept>> = {
    smtp: createSmtpAccept({
      ...shared,
      store: {
        ...store,
        deliver(delivery) {
          delivered.push(delivery);
          return Promise.resolve({ ok: true, value: [] });
        },
      },
      accountSessions,
      directory: smallDirectory(),
      protocol: "submission",
      settings: { ...receptionDefaults, hostname: "mx.local.test" },
    }),
    imap: createImapAccept({
      ...shared,
      createScanner: () => new MimeScanner(),
      settings: imapDefaults,
      server: { hostname: "mx.local.test", name: "Postern", version: "1" },
    }),
    pop3: createPop3Accept({ ...shared, settings: { ...pop3Defaults, hostname: "mx.local.test" } }),
  };
  return {
    ...world,
    delivered,
    places,
    connect: (protocol, tls) => new DoorClient(protocol, world, accepts[protocol], tls),
  };
}

/** A client of one protocol. Time passes for the server while it waits. */
export class DoorClient {
  readonly connection: FakeConnection;
  readonly #protocol: DoorProtocol;
  readonly #world: LoginWorld;
  #greeted = false;

  constructor(protocol: DoorProtocol, world: LoginWorld, accept: Accept, tls: TlsFacts = FAKE_TLS) {
    this.#protocol = protocol;
    this.#world = world;
    this.connection = new FakeConnection(accept, { clock: world.clock, tls });
  }

  /** The last line of what the server says to an exchange. `initial`: the first response stands beside the command. */
  async exchange(mechanism: string, lines: readonly (string | Buffer)[], initial: boolean): Promise<string> {
    await this.greeted();
    const command = { smtp: "AUTH", imap: "a AUTHENTICATE", pop3: "AUTH" }[this.#protocol];
    const beside = initial ? ` ${encoded(lines[0] ?? "")}` : "";
    let heard = await this.say(`${command} ${mechanism}${beside}`);
    for (const line of initial ? lines.slice(1) : lines) {
      if (!/^(?:334|\+)(?: |$)/.test(heard)) break;
      heard = await this.say(encoded(line));
    }
    return heard;
  }

  /** Takes the greeting, once. */
  async greeted(): Promise<void> {
    if (this.#greeted) return;
    this.#greeted = true;
    await this.#hear(1);
    if (this.#protocol === "smtp") await this.say("EHLO client.example");
  }

  async say(line: string): Promise<string> {
    this.connection.send(`${line}\r\n`);
    return this.#hear(1);
  }

  /** What the server says until the connection is closed. */
  async ended(): Promise<string> {
    return this.#hear(Number.POSITIVE_INFINITY);
  }

  async #hear(lines: number): Promise<string> {
    let heard = "";
    for (let turn = 0; turn < 400 && this.connection.state === "open"; turn++) {
      heard += this.connection.take().toString("latin1");
      if (finalLines(heard) >= lines) break;
      // At most a minute: less than any deadline, more than any wait before a refusal.
      this.#world.clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    heard += this.connection.take().toString("latin1");
    return (
      heard
        .trimEnd()
        .split("\r\n")
        .findLast((line) => !/^(?:\d{3}-|\* )/.test(line)) ?? heard
    );
  }
}

/** Lines that are no part of a longer answer. */
function finalLines(heard: string): number {
  return heard
    .split("\r\n")
    .slice(0, -1)
    .filter((line) => !/^(?:\d{3}-|\* (?!OK \[CAPABILITY))/.test(line)).length;
}

function encoded(line: string | Buffer): string {
  if (typeof line === "string" && line.startsWith("raw:")) return line.slice("raw:".length);
  return Buffer.from(line).toString("base64");
}
