/** An IMAP server over a real store in a temporary folder, spoken to in transcripts. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createImapAccept } from "#access/imap/accept.ts";
import { type ImapSettings, imapDefaults } from "#access/imap/settings.ts";
import type { Authenticator } from "#identity/authenticator.ts";
import { MimeScanner, scanMessage } from "#mail/mime/scanner.ts";
import { fileSpool } from "#platform/file-spool.ts";
import type { Accept } from "#ports/connection.ts";
import { openSqliteStore } from "#store/sqlite/open-sqlite-store.ts";
import type { Account, Store } from "#store/store.ts";
import { passwordsOnly } from "./authenticator.ts";
import { FakeClock } from "./clock.ts";
import { FAKE_TLS, FakeConnection, type FakeConnectionOptions } from "./connection.ts";
import { FakeLog } from "./log.ts";
import { FakeLoginPlaces } from "./login-places.ts";
import { FakeRandom } from "./random.ts";

export const PASSWORD = "correct horse";

export interface ImapServerOptions {
  readonly settings?: Partial<ImapSettings>;
  readonly quotaOctets?: number;
  readonly authenticator?: Authenticator;
  /** Stands between the server and its store. */
  readonly wrapStore?: (store: Store) => Store;
}

export class ImapServer {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly logins = new FakeLoginPlaces();
  readonly store: Store;
  readonly account: Account;
  readonly accept: Accept;
  readonly #folder: string;

  private constructor(folder: string, store: Store, account: Account, options: ImapServerOptions) {
    this.#folder = folder;
    this.store = store;
    this.account = account;
    this.accept = createImapAccept({
      store: options.wrapStore?.(store) ?? store,
      authenticator: options.authenticator ?? authenticatorFor(account),
      logins: this.logins,
      clock: this.clock,
      log: this.log,
      spool: fileSpool({ directory: join(folder, "spool"), inlineOctetsMax: 4096, random: new FakeRandom() }),
      createScanner: () => new MimeScanner(),
      settings: { ...imapDefaults, ...options.settings },
      server: { hostname: "mx1.example.test", name: "Postern", version: "1" },
    });
  }

  static async start(options: ImapServerOptions = {}): Promise<ImapServer> {
    const folder = mkdtempSync(join(tmpdir(), "postern-imap-"));
    mkdirSync(join(folder, "spool"), { recursive: true });
    const store = await openSqliteStore({ dataDir: folder, clock: new FakeClock() });
    const created = await store.createAccount({
      address: "alice@example.test",
      quotaOctets: options.quotaOctets ?? null,
      nowMs: 0,
    });
    assert.ok(created.ok);
    return new ImapServer(folder, store, created.value, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get spoolFolder(): string {
    return join(this.#folder, "spool");
  }

  connect(options: Partial<FakeConnectionOptions> = { tls: FAKE_TLS }): FakeConnection {
    return new FakeConnection(this.accept, { clock: this.clock, ...options });
  }

  /** A connection past greeting and login. */
  async logIn(options: Partial<FakeConnectionOptions> = {}): Promise<FakeConnection> {
    const connection = this.connect({ tls: FAKE_TLS, ...options });
    connection.send(`login LOGIN alice@example.test "${PASSWORD}"\r\n`);
    const said = await connection.until((octets) => /^login .*\r\n/m.test(octets.toString("latin1")));
    assert.match(said.toString("latin1"), /^login OK/m);
    return connection;
  }

  /** A connection past login with a folder selected. */
  async open(
    folderName: string,
    verb: "SELECT" | "EXAMINE" = "SELECT",
    options: Partial<FakeConnectionOptions> = {},
  ): Promise<FakeConnection> {
    const connection = await this.logIn(options);
    connection.send(`open ${verb} ${folderName}\r\n`);
    const said = await connection.until((octets) => /^open .*\r\n/m.test(octets.toString("latin1")));
    assert.match(said.toString("latin1"), /^open OK/m);
    return connection;
  }

  /** Puts messages into a folder without a session. Line ends become CRLF. */
  async deliver(folderName: string, ...messages: readonly string[]): Promise<void> {
    const folder = await this.store.findFolder(this.account.id, folderName);
    assert.ok(folder !== undefined);
    for (const message of messages) {
      const octets = Buffer.from(message.replace(/\r?\n/g, "\r\n"), "latin1");
      const appended = await this.store.appendMessage(folder.id, {
        content: { kind: "octets", octets },
        index: scanMessage(octets),
        flags: [],
        internalDateMs: Date.UTC(2030, 0, 1, 12),
      });
      assert.ok(appended.ok);
    }
  }

  /**
   * Plays a transcript. `C:` is sent by the client with CRLF, `S:` is what the server must say, line by line; `C2:` and
   * `S2:` are a second client's, and so on. One character is one octet. `…` stands for any text within a line. All clients are logged in, unless
   * connections are given.
   */
  async play(script: string, given: readonly FakeConnection[] = []): Promise<void> {
    const clients = [...given];
    for (const { client, from, lines } of turns(script)) {
      while (clients.length < client) clients.push(await this.logIn());
      const connection = clients[client - 1];
      assert.ok(connection !== undefined);
      if (from === "C") connection.send(Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1"));
      else await expect(connection, lines);
    }
    for (const connection of clients) assert.equal(connection.take().toString("latin1"), "", "said more than expected");
  }
}

interface Turn {
  readonly client: number;
  readonly from: "C" | "S";
  readonly lines: string[];
}

function turns(script: string): Turn[] {
  const found: Turn[] = [];
  for (const line of script.split("\n")) {
    if (line.trim() === "") continue;
    const [, from, client = "", text = ""] = /^\s*([CS])(\d?): ?(.*)$/.exec(line) ?? [];
    assert.ok(from === "C" || from === "S", `not a line of a transcript: ${line}`);
    const number = Number(client || "1");
    const last = found.at(-1);
    if (last?.from === from && last.client === number) last.lines.push(text);
    else found.push({ client: number, from, lines: [text] });
  }
  return found;
}

async function expect(connection: FakeConnection, expected: readonly string[]): Promise<void> {
  const said = await connection.until((octets) => linesOf(octets).length >= expected.length);
  const actual = linesOf(said);
  assert.deepEqual(
    actual.map((line, i) => (matches(expected[i] ?? "", line) ? expected[i] : line)),
    expected,
  );
}

function linesOf(octets: Buffer): string[] {
  const lines = octets.toString("latin1").split("\r\n");
  const rest = lines.pop();
  return rest === "" ? lines : [...lines, `${rest} (without CRLF)`];
}

function matches(expected: string, line: string): boolean {
  const pattern = expected.split("…").map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pattern.join(".*")}$`).test(line);
}

function authenticatorFor(account: Account): Authenticator {
  return passwordsOnly(async ({ username, password }) => {
    if (username !== account.address || password !== PASSWORD) return { ok: false, problem: "invalid-credentials" };
    return { ok: true, identity: { accountId: account.id, address: account.address } };
  });
}
