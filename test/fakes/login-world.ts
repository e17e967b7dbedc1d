/** Alice at `example.test` behind the real authenticator, and a SCRAM client that does its sums by itself. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { addAccount } from "#identity/accounts.ts";
import type { Administration } from "#identity/administration.ts";
import type { LoginClient } from "#identity/authenticator.ts";
import { type AuthenticatorDependencies, createAuthenticator } from "#identity/login-desk.ts";
import { type SaslAnswer, type SaslQuestion, type SaslStep, startSasl } from "#protocol/sasl/exchange.ts";
import { hmac, scramKeysOf } from "#protocol/sasl/scram-keys.ts";
import { FakeClock } from "./clock.ts";
import { FAKE_TLS } from "./connection.ts";
import { FakeLog } from "./log.ts";
import { FakeRandom } from "./random.ts";
import { openTemporaryStore } from "./temporary-store.ts";

export const ALICE = "alice@example.test";
export const PASSWORD = "a swan and 3 geese";

export interface LoginWorld extends Administration {
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly authenticator: ReturnType<typeof createAuthenticator>;
  readonly accountId: number;
  /** Everything the authenticator answered, without what differs from exchange to exchange. */
  readonly answers: SaslAnswer[];
  /** The end of an exchange: the address of who is let in, or how it ended. */
  exchange(mechanism: string, responses: readonly string[], client?: Partial<LoginClient>): Promise<string>;
  scram(username: string, password: string, client?: Partial<LoginClient>): Promise<string>;
}

/** @param options.scramHashes of passwords that are set here. */
export async function openLoginWorld(
  t: Parameters<typeof openTemporaryStore>[0],
  options: Partial<AuthenticatorDependencies> & Partial<Pick<Administration, "scramHashes">> = {},
): Promise<LoginWorld> {
  const clock = new FakeClock();
  const random = new FakeRandom();
  const log = new FakeLog();
  const { scramHashes = ["sha256"], ...rest } = options;
  const store = await openTemporaryStore(t, clock);
  const administration = { store, clock, random, domains: ["example.test"], scramHashes };
  const added = await addAccount(administration, { address: ALICE, password: PASSWORD, quotaOctets: null });
  assert.ok(added.ok);
  const authenticator = createAuthenticator({ ...administration, log, ...rest });
  const answers: SaslAnswer[] = [];

  const open = (mechanism: string, client: Partial<LoginClient>) => {
    const whole: LoginClient = { protocol: "imap", remoteAddress: "198.51.100.7", tls: FAKE_TLS, ...client };
    const { protocol } = whole;
    const listener = protocol === "smtp" || protocol === "admin" ? "submission" : protocol;
    const exchange = startSasl(mechanism, authenticator.offer({ protocol: listener, tls: whole.tls }));
    assert.ok(exchange, `${mechanism} is not offered`);
    const ask = async (question: SaslQuestion): Promise<SaslAnswer> => {
      const answer = await authenticator.answer(question, whole);
      answers.push(answer);
      return answer;
    };
    return (response: string): Promise<SaslStep> =>
      settled(exchange.step(Buffer.from(response)), ask, (answer) => exchange.answer(answer));
  };

  return {
    ...administration,
    log,
    authenticator,
    accountId: added.value.id,
    answers,
    async exchange(mechanism, responses, client = {}) {
      const step = open(mechanism, client);
      let said = "";
      for (const response of responses) said = saidBy(await step(response));
      return said;
    },
    async scram(username, password, client = {}) {
      const step = open("SCRAM-SHA-256", client);
      const bare = `n=${username},r=client`;
      const first = await step(`n,,${bare}`);
      if (first.kind !== "challenge") return saidBy(first);
      const serverFirst = Buffer.from(first.octets).toString();
      const [, nonce = "", salt = "", count = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
      const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(count), 32, "sha256");
      const withoutProof = `c=biws,r=${nonce}`;
      const { storedKey } = scramKeysOf(salted, "sha256");
      const signature = hmac("sha256", storedKey, `${bare},${serverFirst},${withoutProof}`);
      const proof = hmac("sha256", salted, "Client Key").map((octet, i) => octet ^ (signature[i] ?? 0));
      const last = await step(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`);
      return last.kind === "challenge" ? saidBy(await step("")) : saidBy(last);
    },
  };
}

async function settled(
  step: SaslStep,
  ask: (question: SaslQuestion) => Promise<SaslAnswer>,
  go: Go,
): Promise<SaslStep> {
  let now = step;
  while (now.kind === "question") now = go(await ask(now.question));
  return now;
}

type Go = (answer: SaslAnswer) => SaslStep;

function saidBy(step: SaslStep): string {
  if (step.kind === "challenge") return `? ${Buffer.from(step.octets).toString()}`;
  assert.ok(step.kind === "over");
  const { outcome } = step;
  return outcome.kind === "accepted" ? outcome.identity.address : outcome.kind;
}
