/** The authenticator: passwords, SCRAM, tokens and certificates, each judged where it is known, all counted and logged alike. */
import { createHash } from "node:crypto";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { SaslAnswer, SaslOffer, SaslQuestion, ScramProof } from "#protocol/sasl/exchange.ts";
import type { Store } from "#store/store.ts";
import { AccountFinder } from "./account-finder.ts";
import type {
  Authenticator,
  Identity,
  LoginClient,
  LoginResult,
  LoginWatch,
  PasswordAttempt,
} from "./authenticator.ts";
import { ClearPasswords, type ExposedPassword } from "./clear-passwords.ts";
import { CredentialUses } from "./credential-uses.ts";
import type { HashLineLimits } from "./hash-line.ts";
import { PasswordAuthenticator } from "./password-authenticator.ts";
import type { verifyPasswordHash } from "./password-hash.ts";
import { type MechanismSettings, saslOffer } from "./sasl-offer.ts";
import { scramHashes } from "./scram-derivation.ts";
import { ScramLogins } from "./scram-logins.ts";
import type { TokenVerifier } from "./token-verifier.ts";

export interface AuthenticatorDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Domains of the settings; those of the store are added. */
  readonly domains: readonly string[];
  readonly mechanisms?: Pick<MechanismSettings, "scram" | "scramSha1"> & {
    readonly tokenScope?: string;
    readonly tokenDescription?: string;
  };
  readonly tokens?: TokenVerifier;
  readonly watch?: LoginWatch;
  /** A password was sent in clear, and is right. Told once for each. */
  readonly exposed?: (exposed: ExposedPassword) => void;
  readonly hashLine?: HashLineLimits;
  /** argon2 itself, for who wants to count it. */
  readonly verifyHash?: typeof verifyPasswordHash;
}

const UNAVAILABLE: SaslAnswer = { kind: "unavailable" };
const REFUSED: SaslAnswer = { kind: "refused" };
/** What stands for a password where there is none. */
const NO_PASSWORD = "";

/** Listens to the store's events until `close` is called. */
export function createAuthenticator(dependencies: AuthenticatorDependencies): Authenticator & { close(): void } {
  return new LoginDesk(dependencies);
}

class LoginDesk implements Authenticator {
  readonly #log: Log;
  readonly #watch: LoginWatch | undefined;
  readonly #finder: AccountFinder;
  readonly #mechanisms: MechanismSettings;
  readonly #passwords: PasswordAuthenticator;
  readonly #scram: ScramLogins;
  readonly #uses: CredentialUses;
  readonly #clear: ClearPasswords;
  readonly #tokens: TokenVerifier | undefined;

  constructor(dependencies: AuthenticatorDependencies) {
    const { store, log, domains, watch, tokens, exposed = () => undefined } = dependencies;
    const { scram = true, scramSha1 = false, tokenScope = "", tokenDescription = "" } = dependencies.mechanisms ?? {};
    this.#log = log;
    this.#watch = watch;
    this.#tokens = tokens;
    this.#mechanisms = { scram, scramSha1, tokens: tokens !== undefined, tokenScope, tokenDescription };
    const finder = new AccountFinder(store, domains);
    this.#finder = finder;
    this.#scram = new ScramLogins({ ...dependencies, finder, hashes: scramHashes({ scram, scramSha1 }) });
    this.#uses = new CredentialUses(dependencies);
    this.#passwords = new PasswordAuthenticator({
      ...dependencies,
      finder,
      found: (identity, password) => this.#scram.learn(identity, password),
    });
    this.#clear = new ClearPasswords({
      ...dependencies,
      exposed,
      fingerprint: (attempt) => this.#passwords.fingerprint(attempt),
      match: async (attempt) => {
        const found = await this.#passwords.match(attempt);
        return found === "full" ? undefined : found;
      },
    });
  }

  close(): void {
    this.#passwords.close();
    this.#uses.close();
  }

  offer(connection: Parameters<Authenticator["offer"]>[0]): SaslOffer {
    return saslOffer(connection, this.#mechanisms);
  }

  async verifyPassword(attempt: PasswordAttempt): Promise<LoginResult> {
    const result = await this.#passwords.verifyPassword(attempt);
    if (result.ok) this.#used(result.identity, attempt.remoteAddress);
    return result;
  }

  sentInClear(attempt: PasswordAttempt): void {
    if (this.#watch?.mayTry(attempt, this.#finder.nameOf(attempt.username)) !== false) this.#clear.note(attempt);
  }

  async answer(question: SaslQuestion, client: LoginClient): Promise<SaslAnswer> {
    try {
      return await this.#judge(question, client);
    } catch (error) {
      const { protocol, remoteAddress } = client;
      this.#log.error("login-unavailable", { protocol, remoteAddress, error: String(error) });
      return UNAVAILABLE;
    }
  }

  #judge(question: SaslQuestion, client: LoginClient): Promise<SaslAnswer> {
    switch (question.about) {
      case "password":
        return this.#password(question, client);
      case "scram-keys":
        return this.#scramKeys(question, client);
      case "scram-proof":
        return this.#scramProof(question, client);
      case "token":
        return this.#token(question, client);
      case "certificate":
        return this.#certificate(question, client);
    }
  }

  async #password(
    { username, password }: Extract<SaslQuestion, { about: "password" }>,
    { protocol, remoteAddress }: LoginClient,
  ): Promise<SaslAnswer> {
    const result = await this.verifyPassword({ username, password, protocol, remoteAddress });
    if (result.ok) return { kind: "accepted", identity: result.identity };
    return result.problem === "unavailable" ? UNAVAILABLE : REFUSED;
  }

  async #scramKeys(
    { username, hash }: Extract<SaslQuestion, { about: "scram-keys" }>,
    client: LoginClient,
  ): Promise<SaslAnswer> {
    if (!this.#mayTry(attemptOf(username, NO_PASSWORD, client))) return UNAVAILABLE;
    return this.#scram.keys(username, hash);
  }

  async #scramProof(
    { username, proof }: Extract<SaslQuestion, { about: "scram-proof" }>,
    client: LoginClient,
  ): Promise<SaslAnswer> {
    if (!proof.right) {
      await this.#wrongProof(username, proof, client);
      return REFUSED;
    }
    const admitted = await this.#scram.admit(username, proof, client);
    if (typeof admitted === "string") return this.#refused(admitted, client, username);
    return this.#accepted(admitted, attemptOf(username, `scram ${proof.credentialId}`, client), "scram");
  }

  /** A password that was right until lately is known by its key, and is the same one each time; of others each proof is a guess. */
  async #wrongProof(
    username: string,
    { why, nonce, formerKey }: Extract<ScramProof, { right: false }>,
    client: LoginClient,
  ): Promise<void> {
    const { account } = await this.#finder.find(username);
    this.#refused(formerKey === undefined ? why : "former-password", client, account?.address);
    // Who stands between guesses nothing: only a proof that is wrong is a guess.
    if (why !== "wrong-proof") return;
    if (account !== undefined && formerKey !== undefined && this.#scram.isExcused(account.id, formerKey)) return;
    const reason = account === undefined ? "unknown-user" : "wrong-password";
    this.#watch?.failed(attemptOf(username, formerKey ?? nonce, client), this.#finder.nameOf(username), reason);
  }

  async #token(
    { username, token }: Extract<SaslQuestion, { about: "token" }>,
    client: LoginClient,
  ): Promise<SaslAnswer> {
    if (this.#tokens === undefined) return REFUSED;
    const attempt = attemptOf(username ?? "", token, client);
    if (!this.#mayTry(attempt)) return UNAVAILABLE;
    const isKnown = this.#watch?.isKnown?.(attempt, this.#finder.nameOf(attempt.username)) === true;
    const finding = await this.#tokens.verify(token, isKnown);
    switch (finding.kind) {
      case "unavailable":
        this.#log.error("login-unavailable", { protocol: client.protocol, error: finding.why });
        return UNAVAILABLE;
      case "invalid":
        this.#refused(`token: ${finding.why}`, client);
        if (finding.reason === "unknown") this.#unknownToken(username, token, attempt);
        return finding.reason === "insufficient-scope" ? { kind: "refused", why: finding.reason } : REFUSED;
      case "valid":
        return this.#admitAddress(finding.address, username, attempt, client, "token");
    }
  }

  /** Where the client does not say whose it is, no account is guessed at: it counts against the address alone. */
  #unknownToken(username: string | undefined, token: string, attempt: PasswordAttempt): void {
    if (username !== undefined) this.#watch?.failed(attempt, this.#finder.nameOf(username), "wrong-password");
    else this.#watch?.failed(attempt, `token ${createHash("sha256").update(token).digest("hex")}`, "unknown-user");
  }

  /** RFC 4422 appendix A: the name may be left out where the certificate has one address alone. */
  async #certificate(
    { username }: Extract<SaslQuestion, { about: "certificate" }>,
    client: LoginClient,
  ): Promise<SaslAnswer> {
    const addresses = client.tls?.clientAddresses ?? [];
    const named = addresses.find((address) => this.#isSame(address, username));
    const address = username === undefined && addresses.length === 1 ? addresses[0] : named;
    const attempt = { ...attemptOf(address ?? username ?? "", NO_PASSWORD, client), isProven: true } as const;
    if (!this.#mayTry(attempt)) return UNAVAILABLE;
    if (address === undefined) return this.#refused("certificate-of-another", client);
    return this.#admitAddress(address, username, attempt, client, "certificate");
  }

  /** Lets in whom somebody else has vouched for. Never to the administration: that takes a password. */
  async #admitAddress(
    address: string,
    username: string | undefined,
    attempt: PasswordAttempt,
    client: LoginClient,
    mechanism: string,
  ): Promise<SaslAnswer> {
    if (username !== undefined && !this.#isSame(address, username)) return this.#refused("name-of-another", client);
    // A whole address: a local-part that a domain is put behind would be another's.
    const { account } = address.includes("@") ? await this.#finder.find(address) : {};
    if (account === undefined) return this.#refused("unknown-user", client);
    if (!account.enabled) return this.#refused("disabled", client, account.address);
    if (client.protocol === "admin") return this.#refused("out-of-scope", client, account.address);
    return this.#accepted({ accountId: account.id, address: account.address }, attempt, mechanism);
  }

  #isSame(address: string, username: string | undefined): boolean {
    return username !== undefined && this.#finder.nameOf(address) === this.#finder.nameOf(username);
  }

  #mayTry(attempt: PasswordAttempt): boolean {
    if (this.#watch?.mayTry(attempt, this.#finder.nameOf(attempt.username)) !== false) return true;
    const { protocol, remoteAddress } = attempt;
    this.#log.info("login-must-wait", { protocol, remoteAddress });
    return false;
  }

  #accepted(identity: Identity, attempt: PasswordAttempt, mechanism: string): SaslAnswer {
    const { protocol, remoteAddress } = attempt;
    this.#log.info("login", { protocol, remoteAddress, account: identity.address, mechanism });
    this.#watch?.succeeded(attempt, identity);
    this.#used(identity, remoteAddress);
    return { kind: "accepted", identity };
  }

  /** @param account only names of accounts: what else is typed for a user name is now and then a password. */
  #refused(reason: string, { protocol, remoteAddress }: LoginClient, account?: string): SaslAnswer {
    this.#log.info("login-refused", { protocol, remoteAddress, reason, account });
    return REFUSED;
  }

  #used({ credentialId }: Identity, remoteAddress: string): void {
    if (credentialId !== undefined) this.#uses.note(credentialId, remoteAddress);
  }
}

function attemptOf(
  username: string,
  password: string,
  { protocol, remoteAddress }: Pick<LoginClient, "protocol" | "remoteAddress">,
): PasswordAttempt {
  return { username, password, protocol, remoteAddress };
}
