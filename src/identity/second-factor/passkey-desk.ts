/**
 * Where browsers make passkeys and log in with them. Who comes has a link, which says whose passkey it is about: each answer is
 * to a challenge of ours, for that account and that purpose, and each challenge is taken once, right or wrong.
 */
import { Buffer } from "node:buffer";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { PasskeyChallenge, PasskeyLinkRow } from "#store/passkey-store.ts";
import type { Account, Store } from "#store/store.ts";
import type { LoginWatch } from "../authenticator.ts";
import { PASSKEY_CHALLENGE_MS } from "../limits.ts";
import { passkeyTokenHash } from "./passkey-links.ts";
import {
  challengeIn,
  checkLogin,
  checkRegistration,
  loginQuestion,
  type RelyingParty,
  registrationQuestion,
} from "./passkeys.ts";

export interface PasskeyVisitor {
  /** What stands in the link. */
  readonly token: string;
  readonly remoteAddress: string;
}

/** `no-such-link`: unknown, over, or of an account that is closed; nobody is told which. */
export type LinkProblem = "must-wait" | "no-such-link";

type Purpose = PasskeyChallenge["purpose"];

export interface PasskeyDeskDependencies {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly log: Log;
  readonly party: RelyingParty;
  readonly watch?: Pick<LoginWatch, "mayTry" | "failed">;
}

interface Opened {
  readonly link: PasskeyLinkRow;
  readonly account: Account;
}

/** Octets of a challenge: WebAuthn §13.4.3 asks for 16 at least. */
const CHALLENGE_OCTETS = 32;

export class PasskeyDesk {
  readonly #with: PasskeyDeskDependencies;

  constructor(dependencies: PasskeyDeskDependencies) {
    this.#with = dependencies;
  }

  /** What a link is for. */
  async open(
    visitor: PasskeyVisitor,
  ): Promise<Result<{ readonly address: string; readonly name: string; readonly isUsed: boolean }, LinkProblem>> {
    const opened = await this.#open(visitor);
    if (!opened.ok) return opened;
    const { link, account } = opened.value;
    return ok({ address: account.address, name: link.name, isUsed: link.isUsed });
  }

  async askToRegister(visitor: PasskeyVisitor) {
    const opened = await this.#open(visitor);
    if (!opened.ok) return opened;
    const { link, account } = opened.value;
    if (link.isUsed) return failed("link-used");
    const known = await this.#with.store.listPasskeys(account.id);
    return ok(
      await registrationQuestion(this.#with.party, account, { challenge: await this.#ask(account, "register"), known }),
    );
  }

  async register(
    visitor: PasskeyVisitor,
    response: RegistrationResponseJSON,
  ): Promise<
    Result<{ readonly name: string }, LinkProblem | "link-used" | "no-challenge" | "wrong-answer" | "passkey-exists">
  > {
    const opened = await this.#open(visitor);
    if (!opened.ok) return opened;
    const { link, account } = opened.value;
    if (link.isUsed) return failed("link-used");
    const challenge = await this.#take(account, "register", response);
    if (challenge === undefined) return this.#refused("no-challenge", visitor, account);
    const passkey = await checkRegistration(this.#with.party, response, challenge);
    if (passkey === undefined) return this.#refused("wrong-answer", visitor, account);
    const put = await this.#with.store.putPasskey(link.id, passkey, this.#with.clock.now());
    if (!put.ok) return put;
    const { id, name } = put.value;
    this.#with.log.info("passkey-made", {
      account: account.address,
      passkey: id,
      remoteAddress: visitor.remoteAddress,
    });
    return ok({ name });
  }

  async askToLogIn(visitor: PasskeyVisitor) {
    const opened = await this.#open(visitor);
    if (!opened.ok) return opened;
    const { account } = opened.value;
    const known = await this.#with.store.listPasskeys(account.id);
    if (known.length === 0) return failed("no-such-passkey");
    return ok(await loginQuestion(this.#with.party, { challenge: await this.#ask(account, "log-in"), known }));
  }

  /** Who has logged in so is who the link says. Nothing is opened by it: what a login gives is the caller's affair. */
  async logIn(
    visitor: PasskeyVisitor,
    response: AuthenticationResponseJSON,
  ): Promise<
    Result<
      { readonly accountId: number; readonly address: string; readonly name: string },
      LinkProblem | "no-challenge" | "no-such-passkey" | "wrong-answer" | "counter-went-back"
    >
  > {
    const opened = await this.#open(visitor);
    if (!opened.ok) return opened;
    const { account } = opened.value;
    const challenge = await this.#take(account, "log-in", response);
    if (challenge === undefined) return this.#refused("no-challenge", visitor, account);
    const known = await this.#with.store.listPasskeys(account.id);
    const passkey = known.find(({ credentialId }) => credentialId === response.id);
    if (passkey === undefined) return this.#refused("no-such-passkey", visitor, account);
    const use = await checkLogin(this.#with.party, { response, challenge }, passkey);
    if (use === undefined) return this.#refused("wrong-answer", visitor, account);
    const noted = await this.#with.store.notePasskeyUse(passkey.id, { ...use, nowMs: this.#with.clock.now() });
    if (!noted.ok) return this.#refused(noted.problem, visitor, account);
    const { id, name } = passkey;
    this.#with.log.info("passkey-used", {
      account: account.address,
      passkey: id,
      remoteAddress: visitor.remoteAddress,
    });
    return ok({ accountId: account.id, address: account.address, name });
  }

  /** A token that nobody made, or whose time is over, is a guess: it counts against the address that brings it. */
  async #open({ token, remoteAddress }: PasskeyVisitor): Promise<Result<Opened, LinkProblem>> {
    const { store, clock, log, watch } = this.#with;
    const tokenHash = passkeyTokenHash(token);
    const guessed = `passkey link ${Buffer.from(tokenHash).toString("hex")}`;
    const attempt = { username: "", password: token, protocol: "admin", remoteAddress } as const;
    if (watch?.mayTry(attempt, guessed) === false) {
      log.info("login-must-wait", { protocol: "passkey", remoteAddress });
      return failed("must-wait");
    }
    const link = await store.findPasskeyLink(tokenHash);
    if (link === undefined || link.untilMs < clock.now()) {
      watch?.failed(attempt, guessed, "unknown-user");
      log.info("passkey-refused", { reason: "no-such-link", remoteAddress });
      return failed("no-such-link");
    }
    const account = await store.findAccount(link.accountId);
    return account?.enabled === true ? ok({ link, account }) : failed("no-such-link");
  }

  async #ask({ id: accountId }: Account, purpose: Purpose): Promise<Uint8Array<ArrayBuffer>> {
    const { store, clock, random } = this.#with;
    const octets = new Uint8Array(random.bytes(CHALLENGE_OCTETS));
    const nowMs = clock.now();
    const challenge = Buffer.from(octets).toString("base64url");
    await store.putPasskeyChallenge({ accountId, purpose, challenge, nowMs, untilMs: nowMs + PASSKEY_CHALLENGE_MS });
    return octets;
  }

  /** The challenge that is answered; undefined: none of ours, or one that was taken already. */
  async #take(
    { id: accountId }: Account,
    purpose: Purpose,
    response: RegistrationResponseJSON | AuthenticationResponseJSON,
  ): Promise<string | undefined> {
    const { store, clock } = this.#with;
    const challenge = challengeIn(response);
    if (challenge === undefined) return undefined;
    return (await store.takePasskeyChallenge({ accountId, purpose, challenge }, clock.now())) ? challenge : undefined;
  }

  #refused<Problem extends string>(
    reason: Problem,
    { remoteAddress }: PasskeyVisitor,
    { address: account }: Account,
  ): Result<never, Problem> {
    const { log } = this.#with;
    // Two devices have the same key: one of them is a copy.
    if (reason === "counter-went-back") log.warn("passkey-refused", { reason, account, remoteAddress });
    else log.info("passkey-refused", { reason, account, remoteAddress });
    return failed(reason);
  }
}
