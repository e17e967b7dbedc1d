/** The gate as one front has it: asks and tells the gatekeeper, and keeps at hand what must be answered at once. */
import type { MessagePort } from "node:worker_threads";
import { GoodHistory } from "#gate/block-list/good-history.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import { passwordFingerprint } from "#gate/block-list/password-fingerprint.ts";
import { SlowGroups } from "#gate/block-list/slow-groups.ts";
import type { LimitReached } from "#gate/limits/limit-name.ts";
import { parseIp } from "#gate/network/ip-address.ts";
import { bitsOf, prefixOf } from "#gate/network/prefix.ts";
import type { Identity, LoginWatch, PasswordAttempt } from "#identity/authenticator.ts";
import { isGeneratedPassword } from "#identity/generate-password.ts";
import type { HandshakeFailure } from "#platform/tls/handshake-failure.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import type { Alert } from "./alert.ts";
import { BlockListFollower } from "./block-list-follower.ts";
import type { GateOrder } from "./gate-messages.ts";
import { GateReporter } from "./gate-reporter.ts";
import type { ListsTold } from "./list-figures.ts";

export interface FrontGateOptions {
  readonly store: Pick<Store, "listBlockList" | "onEvent" | "listAccounts">;
  readonly clock: Clock;
  readonly log: Log;
  readonly port: MessagePort;
  /** Of the process: fingerprints of different threads must be alike. */
  readonly fingerprintKey: Uint8Array;
  /** Bans and slowed groups have an effect: `rules.block_list = "enforce"`. */
  readonly isEnforced: boolean;
}

/** A full server refuses thousands: it is told now and then. Milliseconds. */
const LIMIT_AGAIN_MS = 60_000;
/** Addresses for which rules are suspended: more at once than any network has. */
const HIDDEN_MAX = 1000;

export class FrontGate implements LoginWatch {
  readonly bans: BlockListFollower;
  readonly #options: FrontGateOptions;
  readonly #reporter: GateReporter;
  readonly #slow = new SlowGroups();
  readonly #good = new GoodHistory();
  readonly #limitToldMs = new Map<LimitReached["limit"], number>();
  readonly #hidden: Map<string, number>;
  readonly #untrusted = new Map<string, number>();

  private constructor(options: FrontGateOptions, bans: BlockListFollower, hidden: Map<string, number>) {
    const { clock, port } = options;
    this.bans = bans;
    this.#options = options;
    this.#hidden = hidden;
    this.#reporter = new GateReporter({ clock, send: (batch) => port.postMessage(batch) });
    port.on("message", (order: GateOrder) => this.#obey(order));
  }

  /** @param logins of the last `GOOD_FOR_MS`, as the store knows them. Rejects when the block list cannot be read. */
  static async open(options: FrontGateOptions, logins: Awaited<ReturnType<Store["listLogins"]>>): Promise<FrontGate> {
    const { store, clock, log } = options;
    const hidden = new Map<string, number>();
    const hidesOthers = (address: string): boolean => hidden.size > 0 && (hidden.get(address) ?? 0) > clock.now();
    const gate = new FrontGate(options, await BlockListFollower.open({ store, clock, log, hidesOthers }), hidden);
    const addresses = new Map((await store.listAccounts()).map(({ id, address }) => [id, address]));
    for (const { address, accountId, lastMs } of logins) {
      const account = addresses.get(accountId);
      if (account !== undefined) gate.#good.login(address, account, lastMs);
    }
    return gate;
  }

  /** Several clients stand behind this address: what is known of it says nothing about one of them. */
  hidesOthers(address: string): boolean {
    return (this.#hidden.get(address) ?? 0) > this.#options.clock.now();
  }

  /** Behind an address that is trusted stand clients that nobody listed: it is as good as none. */
  mayTrust(address: string): boolean {
    return (this.#untrusted.get(address) ?? 0) <= this.#options.clock.now();
  }

  arrived(address: string, isMx: boolean): void {
    this.#reporter.arrived(address, isMx);
  }

  offence(offence: Offence): void {
    this.#reporter.add({ kind: "offence", offence });
  }

  named(address: string, clientName: string, proven: boolean): void {
    this.#reporter.add({ kind: "named", address, clientName, proven });
  }

  handshakeFailed(listener: string, failure: HandshakeFailure): void {
    this.#reporter.add({ kind: "handshake-failed", listener, failure });
  }

  tlsLogin(accountId: number, version: string): void {
    this.#reporter.add({ kind: "tls-login", accountId, version });
  }

  /** The server takes no more connections. Limits of one address or network are daily business. */
  limitReached({ limit, max }: LimitReached): void {
    if (limit !== "connections_total" && limit !== "connections_not_logged_in") return;
    const nowMs = this.#options.clock.now();
    if (nowMs - (this.#limitToldMs.get(limit) ?? Number.NEGATIVE_INFINITY) < LIMIT_AGAIN_MS) return;
    this.#limitToldMs.set(limit, nowMs);
    this.alert({
      name: "limit-reached",
      subject: limit,
      text: `Clients are refused: ${limit} = ${max} is reached.`,
      remedy: "If they are honest clients, raise connections_total in [limits].",
      evidence: [],
    });
  }

  alert(alert: Alert): void {
    this.#reporter.add({ kind: "alert", alert });
  }

  lists(told: ListsTold): void {
    this.#reporter.add({ kind: "lists", told });
  }

  settled(name: string, subject: string): void {
    this.#reporter.add({ kind: "settled", name, subject });
  }

  mayTry({ remoteAddress, password, isProven }: PasswordAttempt, account: string): boolean {
    if (!this.#options.isEnforced) return true;
    // A session that was there before the ban.
    if (this.bans.findBan(remoteAddress, "auth") !== undefined) return false;
    // What stands in a device and nobody can guess, 100 bits of chance or a certificate: who has it waits for no guesser.
    if (this.#slow.size === 0 || isProven === true || isGeneratedPassword(password)) return true;
    const nowMs = this.#options.clock.now();
    const isHome = this.#good.isHome(remoteAddress, account, nowMs);
    const attempt = { account, address: remoteAddress, password: this.#fingerprint(password), isHome };
    return this.#slow.mayLogIn(attempt, nowMs).ok;
  }

  isKnown({ remoteAddress }: PasswordAttempt, account: string): boolean {
    return this.#good.isHome(remoteAddress, account, this.#options.clock.now());
  }

  /** Milliseconds until such a client may write to the recipient; undefined: now. */
  mustWait(client: {
    readonly address: string;
    readonly clientName: string;
    readonly recipient: string;
  }): number | undefined {
    if (!this.#options.isEnforced || this.#slow.size === 0) return undefined;
    const nowMs = this.#options.clock.now();
    const ip = parseIp(client.address);
    if (ip !== undefined && this.#good.hasLogin(prefixOf(ip, bitsOf(ip.family)), nowMs)) return undefined;
    const turn = this.#slow.maySend(client, nowMs);
    return turn.ok ? undefined : turn.retryAfterMs;
  }

  succeeded({ remoteAddress, password }: PasswordAttempt, { address: account, accountId }: Identity): void {
    const login = { address: remoteAddress, account, accountId, password: this.#fingerprint(password) };
    this.#reporter.add({ kind: "login", ...login });
  }

  failed(
    { remoteAddress, password }: PasswordAttempt,
    account: string,
    reason: "wrong-password" | "unknown-user",
  ): void {
    const guess = { account, password: this.#fingerprint(password), address: remoteAddress };
    // What is typed for a user name is now and then a password.
    const shown = reason === "unknown-user" ? { shownAs: "no account here" } : {};
    this.offence({ kind: "wrong-password", ...guess, ...shown });
  }

  close(): void {
    this.#reporter.close();
    this.bans.close();
    this.#options.port.close();
  }

  #fingerprint(password: string): string {
    return passwordFingerprint(this.#options.fingerprintKey, password);
  }

  #obey(order: GateOrder): void {
    switch (order.kind) {
      case "taken":
        return this.#reporter.taken();
      case "slow":
        return this.#slow.put(order.group);
      case "home":
        return this.#good.login(order.address, order.account, order.atMs);
      case "hidden":
        if (order.trustEnds === true) this.#note(this.#untrusted, order);
        return this.#note(this.#hidden, order);
    }
  }

  #note(
    noted: Map<string, number>,
    { address, untilMs }: { readonly address: string; readonly untilMs: number },
  ): void {
    const nowMs = this.#options.clock.now();
    for (const [other, endMs] of noted) if (endMs <= nowMs) noted.delete(other);
    if (noted.size < HIDDEN_MAX || noted.has(address)) noted.set(address, untilMs);
  }
}
