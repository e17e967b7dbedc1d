/** One certificate authority over ACME (RFC 8555): an order from account to certificate, and its wish for renewals (RFC 9773). */
import { Agent } from "node:https";
import { crypto as acmeCrypto, axios, Client } from "acme-client";
import type { KeyPair } from "../tls/server-tls.ts";
import {
  ANSWER_OCTETS_MAX,
  POLL_FIRST_MS,
  POLL_LAST_MS,
  POLLS_MAX,
  REQUEST_MS,
  RETRIES_MAX,
  RETRY_S,
} from "./limits.ts";
import { outOfReach } from "./out-of-reach.ts";

export interface AcmeAuthorityOptions {
  readonly directoryUrl: string;
  readonly contact: readonly string[];
  readonly accountKeyPem: string;
  /** Proves the authority itself; undefined: those every program knows. */
  readonly caPem: string | undefined;
  /** Empty for none. */
  readonly eab: { readonly keyId: string; readonly hmacKey: string };
}

export type ChallengeType = "http-01" | "tls-alpn-01" | "dns-01";

/** What must be shown while the authority looks. */
export type Proof =
  | { readonly kind: "http-01"; readonly token: string; readonly keyAuthorization: string }
  | { readonly kind: "tls-alpn-01"; readonly serverName: string; readonly keyPair: KeyPair }
  | { readonly kind: "dns-01"; readonly recordName: string; readonly value: string };

export interface AcmeOrder {
  readonly names: readonly [string, ...string[]];
  /** PEM. */
  readonly keyPem: string;
  readonly challenge: ChallengeType;
  readonly replaces: string | undefined;
  /** Shows them all; resolves when they can be seen. Rejects when that cannot be done. */
  readonly show: (proofs: readonly Proof[]) => Promise<void>;
}

/** RFC 5280: 64 characters. */
const COMMON_NAME_MAX = 64;

export class AcmeAuthority {
  readonly #options: AcmeAuthorityOptions;
  readonly #client: Client;
  readonly #agent: Agent;

  constructor(options: AcmeAuthorityOptions) {
    this.#options = options;
    const { directoryUrl, accountKeyPem, eab } = options;
    // The library has one way out for all its clients.
    this.#agent = new Agent(options.caPem === undefined ? {} : { ca: options.caPem });
    axios.defaults.httpsAgent = this.#agent;
    axios.defaults.timeout = REQUEST_MS;
    axios.defaults.maxContentLength = ANSWER_OCTETS_MAX;
    Object.assign((axios.defaults as { acmeSettings?: object }).acmeSettings ?? {}, {
      retryMaxAttempts: RETRIES_MAX,
      retryDefaultDelay: RETRY_S,
    });
    this.#client = new Client({
      directoryUrl,
      accountKey: accountKeyPem,
      backoffAttempts: POLLS_MAX,
      backoffMin: POLL_FIRST_MS,
      backoffMax: POLL_LAST_MS,
      ...(eab.keyId === "" ? {} : { externalAccountBinding: { kid: eab.keyId, hmacKey: eab.hmacKey } }),
    });
  }

  /** @returns the chain in PEM. Rejects with the authority's words, or with why it cannot be reached. */
  async obtain(order: AcmeOrder): Promise<string> {
    try {
      return await this.#obtain(order);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new Error(await outOfReach(this.#options.directoryUrl, this.#agent), { cause: error });
    }
  }

  async #obtain({ names, keyPem, challenge, replaces, show }: AcmeOrder): Promise<string> {
    await this.#openAccount();
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const order = await this.#newOrder(identifiers, replaces);
    try {
      await this.#prove(order, challenge, show);
    } finally {
      await show([]);
    }
    const [first] = names;
    const commonName = first.length <= COMMON_NAME_MAX ? { commonName: first } : {};
    const [, csr] = await acmeCrypto.createCsr({ ...commonName, altNames: [...names] }, keyPem);
    return this.#client.getCertificate(await this.#client.finalizeOrder(order, csr));
  }

  /** Makes the account at the first order; later ones find it by its key. */
  async #openAccount(): Promise<void> {
    if (this.#hasAccount()) return;
    const { contact } = this.#options;
    try {
      await this.#client.createAccount({
        termsOfServiceAgreed: true,
        ...(contact.length === 0 ? {} : { contact: contact.map((one) => `mailto:${one}`) }),
      });
    } catch (error) {
      // Of an account that is there the library sends an update of nothing, which some authorities refuse; it is known by then.
      if (!this.#hasAccount()) throw error;
    }
  }

  #hasAccount(): boolean {
    try {
      return this.#client.getAccountUrl() !== "";
    } catch {
      return false;
    }
  }

  /** Undefined where the authority has no wish, or does not say it. */
  async suggestedRenewal(renewalId: string): Promise<{ readonly startMs: number; readonly endMs: number } | undefined> {
    try {
      const directory = (await axios.get(this.#options.directoryUrl)).data as { readonly renewalInfo?: unknown };
      if (typeof directory.renewalInfo !== "string") return undefined;
      const { data } = await axios.get(`${directory.renewalInfo.replace(/\/$/, "")}/${renewalId}`);
      const { start, end } = (data as { suggestedWindow?: { start?: string; end?: string } }).suggestedWindow ?? {};
      const span = { startMs: Date.parse(start ?? ""), endMs: Date.parse(end ?? "") };
      return span.endMs > span.startMs ? span : undefined;
    } catch {
      return undefined; // RFC 9773 §4.3.3: renewed at a time of our own, then.
    }
  }

  /** RFC 9773 §5: an authority may refuse the word `replaces`, as for a certificate that was replaced before. */
  async #newOrder(
    identifiers: readonly { readonly type: string; readonly value: string }[],
    replaces: string | undefined,
  ): Promise<Awaited<ReturnType<Client["createOrder"]>>> {
    const plain = { identifiers: [...identifiers] };
    if (replaces === undefined || !(await this.#saysWhenToRenew())) return this.#client.createOrder(plain);
    try {
      return await this.#client.createOrder({ ...plain, replaces } as typeof plain);
    } catch {
      return this.#client.createOrder(plain);
    }
  }

  async #saysWhenToRenew(): Promise<boolean> {
    const { data } = await axios.get(this.#options.directoryUrl);
    return typeof (data as { readonly renewalInfo?: unknown }).renewalInfo === "string";
  }

  async #prove(
    order: Awaited<ReturnType<Client["createOrder"]>>,
    type: ChallengeType,
    show: AcmeOrder["show"],
  ): Promise<void> {
    const pending = (await this.#client.getAuthorizations(order)).filter(({ status }) => status === "pending");
    const asked = await Promise.all(
      pending.map(async (authorization) => {
        const { value: name } = authorization.identifier;
        const challenge = authorization.challenges.find((one) => one.type === type);
        if (challenge === undefined) throw new Error(`the authority offers no ${type} for ${name}`);
        const key = await this.#client.getChallengeKeyAuthorization(challenge);
        return { challenge, proof: await proofOf(type, name, key, { authorization, token: challenge.token }) };
      }),
    );
    if (asked.length === 0) return;
    await show(asked.map(({ proof }) => proof));
    await Promise.all(
      asked.map(async ({ challenge }) => {
        await this.#client.completeChallenge(challenge);
        await this.#client.waitForValidStatus(challenge);
      }),
    );
  }
}

async function proofOf(
  type: ChallengeType,
  name: string,
  keyAuthorization: string,
  { authorization, token }: { authorization: Parameters<typeof acmeCrypto.createAlpnCertificate>[0]; token: string },
): Promise<Proof> {
  switch (type) {
    case "http-01":
      return { kind: type, token, keyAuthorization };
    case "dns-01":
      return { kind: type, recordName: `_acme-challenge.${name}`, value: keyAuthorization };
    case "tls-alpn-01": {
      const keyPem = await acmeCrypto.createPrivateEcdsaKey();
      const [, certificate] = await acmeCrypto.createAlpnCertificate(authorization, keyAuthorization, keyPem);
      const keyPair = { certificatePem: certificate.toString(), keyPem: keyPem.toString() };
      return { kind: type, serverName: name, keyPair };
    }
  }
}
