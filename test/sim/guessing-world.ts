/**
 * The doors of a whole server under a clock that the simulation moves: the real store, gatekeeper, gates and authenticators
 * of two fronts, as the threads have them. Only argon2 is played.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import { GOOD_FOR_MS } from "#gate/block-list/limits.ts";
import { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { addAccount, changePassword } from "#identity/accounts.ts";
import type { Administration } from "#identity/administration.ts";
import { addAppPassword, DEVICE_SCOPES } from "#identity/app-passwords.ts";
import type { LoginClient } from "#identity/authenticator.ts";
import { createAuthenticator } from "#identity/login-desk.ts";
import type { TokenVerifier } from "#identity/token-verifier.ts";
import { type SaslQuestion, type SaslStep, startSasl } from "#protocol/sasl/exchange.ts";
import { hmac, scramKeysOf } from "#protocol/sasl/scram-keys.ts";
import { Alerts } from "#threads/alerts.ts";
import { FrontGate } from "#threads/front-gate.ts";
import type { GateOrder } from "#threads/gate-messages.ts";
import { Gatekeeper } from "#threads/gatekeeper.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FAKE_TLS } from "../fakes/connection.ts";
import { FakeLog } from "../fakes/log.ts";
import { FakeRandom } from "../fakes/random.ts";
import { openTemporaryStore } from "../fakes/temporary-store.ts";

/** `in`: whoever it was is let in. `wait`: nobody has looked at the password. */
export type Answer = "in" | "wrong" | "wait";

export interface Login {
  readonly address: string;
  readonly account: string;
  readonly password: string;
  readonly mechanism?: "PLAIN" | "SCRAM-SHA-256" | "OAUTHBEARER";
}

const FRONTS = 2;

export class GuessingWorld {
  readonly clock: FakeClock;
  readonly alerts: Alerts;
  readonly #administration: Administration;
  readonly #keeper: Gatekeeper;
  readonly #fronts: readonly Front[];
  readonly #hashes: Map<string, string>;
  readonly #salted = new Map<string, Buffer>();
  /** The front that takes the next connection. */
  #turn = 0;

  private constructor(parts: {
    readonly administration: Administration & { readonly clock: FakeClock };
    readonly alerts: Alerts;
    readonly keeper: Gatekeeper;
    readonly fronts: readonly Front[];
    readonly hashes: Map<string, string>;
  }) {
    this.clock = parts.administration.clock;
    this.alerts = parts.alerts;
    this.#administration = parts.administration;
    this.#keeper = parts.keeper;
    this.#fronts = parts.fronts;
    this.#hashes = parts.hashes;
  }

  /** @param passwords by the local-part of the account, all at `example.test`. */
  static async open(
    t: { after(run: () => Promise<void>): void },
    passwords: Readonly<Record<string, string>>,
  ): Promise<GuessingWorld> {
    const clock = new FakeClock();
    const log = new FakeLog();
    const store = await openTemporaryStore(t, clock);
    const random = new FakeRandom();
    const administration: Administration & { readonly clock: FakeClock } = {
      store,
      clock,
      random,
      domains: ["example.test"],
      scramHashes: ["sha256"],
    };
    const alerts = new Alerts({ clock, log, mail: () => Promise.resolve() });
    const special = { own: ["192.0.2.1"], gateways: ["172.18.0.1"], resolvers: [], proxies: [], otherMx: [] };
    const protectedAddresses = new ProtectedAddresses(special);
    const keeper = await Gatekeeper.open({
      store,
      clock,
      log,
      alerts,
      protectedAddresses: () => protectedAddresses,
      mode: () => "enforce",
    });
    const hashes = new Map<string, string>();
    const verifyHash = (hash: string, forms: readonly string[]): Promise<boolean> =>
      Promise.resolve(forms.includes(hashes.get(hash) ?? "\0 nobody's"));
    const fronts = await Promise.all(
      Array.from({ length: FRONTS }, async () => {
        const port = keeper.connect();
        const wire = new Wire(port);
        const options = { store, clock, log, port, fingerprintKey: new Uint8Array(32), isEnforced: true };
        const gate = await FrontGate.open(options, await store.listLogins(clock.now() - GOOD_FOR_MS));
        const authenticator = createAuthenticator({
          ...administration,
          log,
          watch: gate,
          verifyHash,
          tokens: NO_GOOD_TOKEN,
        });
        return { gate, authenticator, wire };
      }),
    );
    t.after(async () => {
      for (const { gate, authenticator } of fronts) {
        authenticator.close();
        gate.close();
      }
      await keeper.close();
    });
    const world = new GuessingWorld({ administration, alerts, keeper, fronts, hashes });
    for (const [name, password] of Object.entries(passwords)) {
      const added = await addAccount(administration, { address: addressOf(name), password, quotaOctets: null });
      assert.ok(added.ok);
      await world.#learn(name, password);
    }
    return world;
  }

  /** One client, one connection, one password. What follows from it is in force when it resolves. */
  async logIn(login: Login): Promise<Answer> {
    const [answer = "wait"] = await this.logInAtOnce([login]);
    return answer;
  }

  /** As many connections at the same moment. */
  async logInAtOnce(logins: readonly Login[]): Promise<readonly Answer[]> {
    const answers = await Promise.all(logins.map((login) => this.#exchange(login)));
    await this.#settle();
    return answers;
  }

  async changePassword(name: string, password: string): Promise<void> {
    assert.ok((await changePassword(this.#administration, addressOf(name), password)).ok);
    await this.#learn(name, password);
    this.#keeper.passwordChanged(addressOf(name));
    await this.#settle();
  }

  async addAppPassword(name: string): Promise<string> {
    const app = { label: "phone", scopes: DEVICE_SCOPES };
    const made = await addAppPassword(this.#administration, addressOf(name), app);
    assert.ok(made.ok);
    await this.#learn(name, made.value.password);
    return made.value.password;
  }

  /** A client connects, whatever it does then. */
  arrive(address: string): void {
    this.#fronts[0]?.gate.arrived(address, false);
  }

  /** All that were made by rule and are in force. */
  async bans(): Promise<readonly string[]> {
    const rows = await this.#administration.store.listBlockList();
    const live = rows.filter(({ untilMs }) => untilMs !== null && untilMs > this.clock.now());
    return live.map(({ prefix, scope }) => `${prefix} ${scope}`);
  }

  /** Names of alerts, and about what; oldest first. */
  raised(): readonly string[] {
    return this.alerts
      .current()
      .map(({ name, subject }) => `${name}: ${subject}`)
      .toReversed();
  }

  #exchange({ address, account, password, mechanism = "PLAIN" }: Login): Promise<Answer> {
    const { authenticator } = this.#nextFront();
    const client: LoginClient = { protocol: "imap", remoteAddress: address, tls: FAKE_TLS };
    const exchange = startSasl(mechanism, authenticator.offer({ protocol: "imap", tls: FAKE_TLS }));
    assert.ok(exchange !== undefined);
    const say = async (response: string): Promise<SaslStep> => {
      let step = exchange.step(Buffer.from(response));
      while (step.kind === "question") {
        const question: SaslQuestion = step.question;
        step = exchange.answer(await authenticator.answer(question, client));
      }
      return step;
    };
    const username = addressOf(account);
    switch (mechanism) {
      case "PLAIN":
        return say(`\0${username}\0${password}`).then(answerOf);
      case "SCRAM-SHA-256":
        return this.#scram(say, username, password);
      case "OAUTHBEARER":
        return bearer(say, username, password);
    }
  }

  /** RFC 5802, from the client's side. */
  async #scram(say: (response: string) => Promise<SaslStep>, username: string, password: string): Promise<Answer> {
    const bare = `n=${username},r=client`;
    const first = await say(`n,,${bare}`);
    if (first.kind !== "challenge") return answerOf(first);
    const serverFirst = Buffer.from(first.octets).toString();
    const [, nonce = "", salt = "", count = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
    const key = `${salt} ${password}`;
    const salted =
      this.#salted.get(key) ?? pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(count), 32, "sha256");
    this.#salted.set(key, salted);
    const withoutProof = `c=biws,r=${nonce}`;
    const { storedKey } = scramKeysOf(salted, "sha256");
    const signature = hmac("sha256", storedKey, `${bare},${serverFirst},${withoutProof}`);
    const proof = hmac("sha256", salted, "Client Key").map((octet, index) => octet ^ (signature[index] ?? 0));
    const last = await say(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`);
    return answerOf(last.kind === "challenge" ? await say("") : last);
  }

  #nextFront(): Front {
    const front = this.#fronts[this.#turn++ % this.#fronts.length];
    assert.ok(front !== undefined);
    return front;
  }

  /** Until the gatekeeper has heard everything, has written what follows, and the fronts know. */
  async #settle(): Promise<void> {
    this.clock.advance(100);
    while (this.#fronts.some(({ wire }) => wire.isUnderWay)) await turn();
    await this.#administration.store.putLogins([]);
    for (let turns = 0; turns < 3; turns++) await turn();
  }

  async #learn(name: string, password: string): Promise<void> {
    const { store } = this.#administration;
    const account = (await store.listAccounts()).find(({ address }) => address === addressOf(name));
    for (const { hash } of await store.listCredentials(account?.id ?? 0)) {
      if (!this.#hashes.has(hash)) this.#hashes.set(hash, password);
    }
  }
}

/** RFC 7628: a refusal comes in two steps. */
async function bearer(say: (response: string) => Promise<SaslStep>, username: string, token: string): Promise<Answer> {
  const step = await say(`n,a=${username},\x01auth=Bearer ${token.replaceAll(" ", ".")}\x01\x01`);
  return answerOf(step.kind === "challenge" ? await say("\x01") : step);
}

const NO_GOOD_TOKEN: TokenVerifier = {
  verify: () => Promise.resolve({ kind: "invalid", reason: "unknown", why: "nobody signed it" }),
};

interface Front {
  readonly gate: FrontGate;
  readonly authenticator: ReturnType<typeof createAuthenticator>;
  readonly wire: Wire;
}

/** Knows of batches that the gatekeeper has yet to take. */
class Wire {
  #sent = 0;
  #taken = 0;

  constructor(port: MessagePort) {
    const post = port.postMessage.bind(port);
    port.postMessage = (...message: Parameters<MessagePort["postMessage"]>) => {
      this.#sent++;
      post(...message);
    };
    port.on("message", ({ kind }: GateOrder) => {
      if (kind === "taken") this.#taken++;
    });
  }

  get isUnderWay(): boolean {
    return this.#sent > this.#taken;
  }
}

export function addressOf(name: string): string {
  return `${name}@example.test`;
}

function answerOf(step: SaslStep): Answer {
  assert.ok(step.kind === "over", "the exchange goes on");
  switch (step.outcome.kind) {
    case "accepted":
      return "in";
    case "refused":
      return "wrong";
    case "unavailable":
      return "wait";
    case "malformed":
      return assert.fail(`malformed: ${step.outcome.reason}`);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
