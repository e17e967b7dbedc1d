/** POP3 over the real store and a fake connection: alice, her INBOX, and the client she reads it with. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPop3Accept } from "#access/pop3/accept.ts";
import { pop3Defaults } from "#access/pop3/settings.ts";
import type { PasswordAttempt } from "#identity/authenticator.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { Store } from "#store/store.ts";
import { passwordsOnly } from "./authenticator.ts";
import { FakeClock } from "./clock.ts";
import { FAKE_TLS, FakeConnection, type FakeConnectionOptions } from "./connection.ts";
import { FakeLog } from "./log.ts";
import { FakeLoginPlaces } from "./login-places.ts";
import { openTemporaryStore } from "./temporary-store.ts";

/** A POP3 client over the fake connection. */
class Pop3Client extends FakeConnection {
  async greeting(): Promise<void> {
    assert.deepEqual(this.lines(await this.until((taken) => taken.length > 0)), ["+OK mx.example.test POP3 ready"]);
  }

  /** Sends one command; its reply without line ends. */
  async ask(command: string): Promise<readonly string[]> {
    this.send(`${command}\r\n`);
    const long = /^(RETR|TOP|CAPA|LIST$|UIDL$)/.test(command);
    const whole = (text: string): boolean =>
      long && text.startsWith("+OK") ? text.endsWith("\r\n.\r\n") : text.endsWith("\r\n");
    return this.lines(await this.until((taken) => whole(taken.toString())));
  }

  async check(command: string, ...expected: readonly string[]): Promise<void> {
    assert.deepEqual(await this.ask(command), expected);
  }

  lines(octets: Buffer): readonly string[] {
    return octets.toString().split("\r\n").slice(0, -1);
  }
}

export interface Pop3World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly logins: FakeLoginPlaces;
  readonly inboxId: number;
  readonly attempts: readonly PasswordAttempt[];
  readonly sentInClear: readonly PasswordAttempt[];
  append(message: string): Promise<void>;
  uids(): Promise<readonly number[]>;
  connect(options?: Partial<FakeConnectionOptions> | { readonly tls: undefined }): Pop3Client;
  login(options?: Partial<FakeConnectionOptions>): Promise<Pop3Client>;
  /** Resolves when so many timers are set. */
  timers(count: number): Promise<void>;
}

/** Alice, whose password is `secret`, and her INBOX. */
export async function openPop3World(
  t: Parameters<typeof openTemporaryStore>[0],
  {
    messages,
    wrap = (store) => store,
  }: { readonly messages: readonly string[]; readonly wrap?: (store: Store) => Store },
): Promise<Pop3World> {
  const clock = new FakeClock();
  const log = new FakeLog();
  const store = await openTemporaryStore(t, clock);
  const account = await store.createAccount({ address: "alice@example.test", quotaOctets: null, nowMs: 0 });
  assert.ok(account.ok);
  const inbox = await store.findFolder(account.value.id, "INBOX");
  assert.ok(inbox);
  const append = async (text: string): Promise<void> => {
    const octets = Buffer.from(text);
    const message = {
      content: { kind: "octets", octets },
      index: scanMessage(octets),
      flags: [],
      internalDateMs: 0,
    } as const;
    assert.ok((await store.appendMessage(inbox.id, message)).ok);
  };
  for (const message of messages) await append(message);
  const attempts: PasswordAttempt[] = [];
  const sentInClear: PasswordAttempt[] = [];
  const authenticator = passwordsOnly(async (attempt) => {
    attempts.push(attempt);
    const { password } = attempt;
    if (password === "throw") throw new Error("a bug");
    if (password === "unavailable") return { ok: false, problem: "unavailable" };
    const accountId = password === "nobody" ? 0 : account.value.id;
    if (password !== "secret" && password !== "nobody") return { ok: false, problem: "invalid-credentials" };
    return { ok: true, identity: { accountId, address: "alice@example.test" } };
  }, sentInClear);
  const settings = { ...pop3Defaults, hostname: "mx.example.test" };
  const logins = new FakeLoginPlaces();
  const accept = createPop3Accept({ store: wrap(store), authenticator, logins, clock, log, settings });
  const connect: Pop3World["connect"] = (options = {}) =>
    new Pop3Client(accept, { clock, tls: FAKE_TLS, ...options } as FakeConnectionOptions);
  return {
    store,
    clock,
    log,
    logins,
    inboxId: inbox.id,
    attempts,
    sentInClear,
    append,
    uids: async () => Array.from(await store.listUids(inbox.id)),
    connect,
    login: async (options = {}) => {
      const client = connect(options);
      await client.greeting();
      await client.check("USER alice", "+OK and the password");
      const [answer = ""] = await client.ask("PASS secret");
      assert.match(answer, /^\+OK maildrop has/);
      return client;
    },
    timers: async (count) => {
      while (clock.pending < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
