/**
 * Passwords over the store. Whatever a client gets wrong costs it one full hash and yields one answer: an unknown
 * user, a wrong password, a disabled account and a password for another protocol look alike in text and time.
 */
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Credential } from "#store/credential-store.ts";
import type { Account, Store } from "#store/store.ts";
import { type AccountFinder, admission, type Closed } from "./account-finder.ts";
import type { Identity, LoginResult, LoginWatch, PasswordAttempt } from "./authenticator.ts";
import { isGeneratedPassword } from "./generate-password.ts";
import { type HashComer, HashLine, type HashLineLimits } from "./hash-line.ts";
import { unmatchableHash, verifyPasswordHash } from "./password-hash.ts";
import { passwordForms } from "./prepare-password.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

export interface PasswordDependencies {
  readonly store: Pick<Store, "onEvent">;
  readonly finder: AccountFinder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly watch?: LoginWatch;
  readonly hashLine?: HashLineLimits;
  /** argon2 itself, for who wants to count it. */
  readonly verifyHash?: typeof verifyPasswordHash;
  /** Hears of a password that was found right by its hash. */
  readonly found?: (identity: Identity, password: string) => void;
}

/** What `verifyPassword` found, for the log; the client hears less. */
type Finding =
  | { readonly kind: "right"; readonly identity: Identity }
  | { readonly kind: Closed | "wrong-password"; readonly address?: string };

/** What was found about an attempt. */
interface Looked {
  readonly result: LoginResult;
  /** Undefined: nothing was wrong with user and password. */
  readonly wrong?: "wrong-password" | "unknown-user";
}

const UNAVAILABLE: Looked = { result: { ok: false, problem: "unavailable" } };

/** Listens to the store's events until `close` is called. */
export class PasswordAuthenticator {
  readonly #finder: AccountFinder;
  readonly #log: Log;
  readonly #line: HashLine;
  readonly #verified: VerifiedPasswords;
  /** Attempts that are being looked at: a client that opens five connections at once costs one hash. */
  readonly #open = new Map<string, Promise<Looked>>();
  readonly #watch: LoginWatch | undefined;
  readonly #found: PasswordDependencies["found"];
  readonly #verifyHash: typeof verifyPasswordHash;
  readonly #unmatchable: string;
  readonly #stopListening: () => void;

  constructor({
    store,
    finder,
    clock,
    random,
    log,
    watch,
    hashLine,
    verifyHash = verifyPasswordHash,
    found,
  }: PasswordDependencies) {
    this.#finder = finder;
    this.#log = log;
    this.#watch = watch;
    this.#found = found;
    this.#line = new HashLine(clock, hashLine);
    this.#verified = new VerifiedPasswords({ clock, random });
    this.#verifyHash = verifyHash;
    this.#unmatchable = unmatchableHash(random);
    this.#stopListening = store.onEvent((event) => {
      if (event.kind !== "directory") return;
      this.#verified.clear();
      this.#open.clear();
    });
  }

  close(): void {
    this.#stopListening();
  }

  async verifyPassword(attempt: PasswordAttempt): Promise<LoginResult> {
    const account = this.#finder.nameOf(attempt.username);
    if (this.#watch?.mayTry(attempt, account) === false) {
      const { protocol, remoteAddress } = attempt;
      this.#log.info("login-must-wait", { protocol, remoteAddress });
      return UNAVAILABLE.result;
    }
    const { result, wrong } = await this.#look(attempt);
    if (result.ok) {
      this.#logLogin(attempt, result.identity);
      this.#watch?.succeeded(attempt, result.identity);
    } else if (wrong !== undefined) this.#watch?.failed(attempt, account, wrong);
    return result;
  }

  /** Whose password it is, whatever it opens; "full" where too many wait. Nothing is told or remembered. */
  match(
    attempt: PasswordAttempt,
  ): Promise<{ readonly account: Account; readonly credential: Credential } | undefined | "full"> {
    return this.#line.run(this.#comer(attempt), async () => {
      const { account, credentials } = await this.#finder.find(attempt.username);
      const credential = await this.#match(credentials, attempt);
      return account === undefined || credential === undefined ? undefined : { account, credential };
    });
  }

  /** Under which this process may remember an attempt. */
  fingerprint(attempt: PasswordAttempt): string {
    return this.#verified.fingerprint(attempt);
  }

  #look(attempt: PasswordAttempt): Promise<Looked> {
    const fingerprint = this.#verified.fingerprint(attempt);
    const identity = this.#verified.find(fingerprint);
    if (identity !== undefined) return Promise.resolve({ result: { ok: true, identity } });
    const open = this.#open.get(fingerprint);
    if (open !== undefined) return open;
    const looked = this.#verify(attempt).then((found) => {
      // Not ours any more: the directory changed under way, and what was read may be out of date.
      if (this.#open.get(fingerprint) !== looked) return found;
      this.#open.delete(fingerprint);
      if (found.result.ok) this.#verified.remember(fingerprint, found.result.identity);
      return found;
    });
    this.#open.set(fingerprint, looked);
    return looked;
  }

  async #verify(attempt: PasswordAttempt): Promise<Looked> {
    const { protocol, remoteAddress } = attempt;
    try {
      const finding = await this.#line.run(this.#comer(attempt), () => this.#find(attempt));
      if (finding === "full") {
        this.#log.warn("login-line-full", { protocol, remoteAddress });
        return UNAVAILABLE;
      }
      if (finding.kind === "right") {
        this.#found?.(finding.identity, attempt.password);
        return { result: { ok: true, identity: finding.identity } };
      }
      // Only names of accounts: what else is typed for a user name is now and then a password.
      this.#log.info("login-refused", { protocol, remoteAddress, reason: finding.kind, account: finding.address });
      const isWrong = finding.kind === "unknown-user" || finding.kind === "wrong-password";
      return { result: { ok: false, problem: "invalid-credentials" }, ...(isWrong ? { wrong: finding.kind } : {}) };
    } catch (error) {
      this.#log.error("login-unavailable", { protocol, remoteAddress, error: String(error) });
      return UNAVAILABLE;
    }
  }

  #comer(attempt: PasswordAttempt): HashComer {
    const isKnown = this.#watch?.isKnown?.(attempt, this.#finder.nameOf(attempt.username)) === true;
    return { address: attempt.remoteAddress, isKnown };
  }

  #logLogin({ protocol, remoteAddress }: PasswordAttempt, { address }: Identity): void {
    this.#log.info("login", { protocol, remoteAddress, account: address });
  }

  async #find(attempt: PasswordAttempt): Promise<Finding> {
    // For nobody's name, too, the same questions and the same hash.
    const found = await this.#finder.find(attempt.username);
    const matching = await this.#match(found.credentials, attempt);
    if (found.account === undefined) return { kind: "unknown-user" };
    const { address } = found.account;
    if (matching === undefined) return { kind: "wrong-password", address };
    const admitted = admission(found, matching.id, attempt.protocol);
    return typeof admitted === "string" ? { kind: admitted, address } : { kind: "right", identity: admitted };
  }

  /** The credential that `password` opens. Costs one full hash unless it is an app password that matches. */
  async #match(credentials: readonly Credential[], { password }: PasswordAttempt): Promise<Credential | undefined> {
    const forms = passwordForms(password);
    if (isGeneratedPassword(password)) {
      for (const credential of credentials) {
        if (credential.kind === "app-password" && (await this.#verifyHash(credential.hash, forms))) return credential;
      }
    }
    const own = credentials.find(({ kind }) => kind === "password");
    const hash = own?.hash ?? this.#unmatchable;
    const right = await this.#verifyHash(hash, forms.length > 0 ? forms : ["\0"]);
    return right ? own : undefined;
  }
}
