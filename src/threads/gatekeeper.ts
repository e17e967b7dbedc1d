/**
 * Keeps the one ledger of offences, in the main thread: hears what all fronts saw, stores the bans that follow, tells the
 * fronts whom to slow down, and raises alerts.
 */
import type { MessagePort } from "node:worker_threads";
import type { GateDecision, SlowGroup } from "#gate/block-list/decision.ts";
import { HiddenClients } from "#gate/block-list/hidden-clients.ts";
import { GOOD_FOR_MS, HIDDEN_WINDOW_MS } from "#gate/block-list/limits.ts";
import { OffenceLedger } from "#gate/block-list/offence-ledger.ts";
import type { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { portPair } from "#platform/threads/threads.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import type { Alert } from "./alert.ts";
import type { Alerts } from "./alerts.ts";
import { BlockListFollower } from "./block-list-follower.ts";
import type { GateOrder, Observation, ObservationBatch } from "./gate-messages.ts";
import type { ListFigures } from "./list-figures.ts";
import { LoginNotes } from "./login-notes.ts";
import type { TlsFigures } from "./tls-figures.ts";

export interface GatekeeperOptions {
  readonly store: Pick<
    Store,
    "listBlockList" | "putBlockList" | "onEvent" | "listLogins" | "putLogins" | "listAccounts"
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly alerts: Alerts;
  readonly protectedAddresses: () => ProtectedAddresses;
  /** Of `rules.block_list`: in shadow what would be banned is in the log alone; off, nothing is counted. */
  readonly mode: () => "off" | "shadow" | "enforce";
  readonly tlsFigures?: TlsFigures;
  readonly listFigures?: ListFigures;
}

/** A front that is told of suspended addresses hears of each again in this time, while they are. Milliseconds. */
const TELL_HIDDEN_AGAIN_MS = 60_000;

/** How long after its beginning what our own audit tries is no news. Milliseconds; one host takes about a minute. */
const OWN_AUDIT_MS = 5 * 60_000;

/** Between two lines in the log about lost observations. Milliseconds. */
const WARNING_MS = 60_000;

export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #bans: BlockListFollower;
  readonly #ledger: OffenceLedger;
  readonly #hidden: HiddenClients;
  /** The same of port 25 alone, where no host that is trusted by address has anything to do: what is trusted sends elsewhere. */
  readonly #onMx: HiddenClients;
  readonly #logins: LoginNotes;
  readonly #fronts = new Set<MessagePort>();
  readonly #slow = new Map<string, SlowGroup>();
  readonly #toldHidden = new Map<string, number>();
  #warnedMs = Number.NEGATIVE_INFINITY;
  #ownAuditUntilMs = Number.NEGATIVE_INFINITY;
  /** Observations that never arrived, as fronts were told more than they could pass on. */
  dropped = 0;

  private constructor(options: GatekeeperOptions, bans: BlockListFollower) {
    const { store, clock, log, protectedAddresses } = options;
    this.#options = options;
    this.#bans = bans;
    const mayHideOthers = (address: string): boolean => protectedAddresses().mayHideOthers(address);
    this.#hidden = new HiddenClients(mayHideOthers);
    this.#onMx = new HiddenClients(mayHideOthers);
    this.#ledger = new OffenceLedger({
      protectedAddresses: { reason: (prefix) => protectedAddresses().reason(prefix) },
      hidesOthers: (address, nowMs) => this.#hidesOthers(address, nowMs),
      isAllowed: (address, scope, nowMs) => bans.list.isAllowed(address, scope, nowMs),
    });
    this.#logins = new LoginNotes({ store, clock, log });
  }

  /** With what the store knows of logins and earlier bans. */
  static async open(options: GatekeeperOptions): Promise<Gatekeeper> {
    const { store, clock, log } = options;
    const keeper = new Gatekeeper(options, await BlockListFollower.open({ store, clock, log }));
    for (const entry of keeper.#bans.list.all()) keeper.#ledger.remember(entry);
    const addresses = new Map((await store.listAccounts()).map(({ id, address }) => [id, address]));
    for (const { address, accountId, lastMs } of await store.listLogins(clock.now() - GOOD_FOR_MS)) {
      const account = addresses.get(accountId);
      if (account !== undefined) keeper.#ledger.good.login(address, account, lastMs);
    }
    return keeper;
  }

  /** The other end is for a new front. */
  connect(): MessagePort {
    const { port1, port2 } = portPair();
    port1.on("message", (batch: ObservationBatch) => {
      if (batch.dropped > 0) this.#lost(batch.dropped);
      for (const observation of batch.observations) this.observe(observation);
      port1.postMessage({ kind: "taken" } satisfies GateOrder);
    });
    port1.on("close", () => this.#fronts.delete(port1));
    this.#fronts.add(port1);
    const nowMs = this.#options.clock.now();
    for (const group of this.#slow.values()) {
      if (group.untilMs > nowMs) port1.postMessage({ kind: "slow", group } satisfies GateOrder);
    }
    return port2;
  }

  /** An administrator has lifted a ban: the next one begins anew. */
  lifted(ban: Parameters<OffenceLedger["lifted"]>[0]): void {
    this.#ledger.lifted(ban);
  }

  /** The old password is no offence for a day: it is in devices. */
  passwordChanged(account: string): void {
    this.#ledger.passwordChanged(account, this.#options.clock.now());
  }

  /** An audit of this server begins, on the machine itself: what it tries looks like an attack from one of our own addresses. */
  ownAuditBegins(): void {
    this.#ownAuditUntilMs = this.#options.clock.now() + OWN_AUDIT_MS;
  }

  observe(observation: Observation): void {
    const nowMs = this.#options.clock.now();
    switch (observation.kind) {
      case "offence":
        if (this.#options.mode() === "off") return;
        return this.#carryOut(this.#ledger.offence(observation.offence, nowMs));
      case "login":
        return this.#loggedIn(observation, nowMs);
      case "arrived":
        return this.#arrived(observation, nowMs);
      case "named":
        return this.#named(observation, nowMs);
      case "handshake-failed":
        return this.#options.tlsFigures?.handshakeFailed(observation.listener, observation.failure);
      case "tls-login":
        return this.#options.tlsFigures?.loggedIn(observation.accountId, observation.version);
      case "lists":
        return this.#options.listFigures?.heard(observation.told);
      case "alert":
        return this.#options.alerts.raise(observation.alert);
      case "settled":
        return this.#options.alerts.settle(observation.name, observation.subject);
    }
  }

  async close(): Promise<void> {
    this.#bans.close();
    for (const port of this.#fronts) port.close();
    await this.#logins.close();
  }

  #lost(count: number): void {
    const { clock, log } = this.#options;
    this.dropped += count;
    const nowMs = clock.now();
    if (nowMs - this.#warnedMs < WARNING_MS) return;
    this.#warnedMs = nowMs;
    log.warn("observations-dropped", { dropped: this.dropped });
  }

  #loggedIn(login: Extract<Observation, { kind: "login" }>, nowMs: number): void {
    this.#ledger.loggedIn(login, nowMs);
    const { address, account, accountId } = login;
    if (this.#logins.note(address, accountId)) this.#tell({ kind: "home", address, account, atMs: nowMs });
  }

  #arrived({ address, count, onMx = 0 }: Extract<Observation, { kind: "arrived" }>, nowMs: number): void {
    for (let arrival = 0; arrival < count; arrival++) {
      const alert = this.#hidden.arrived(address, nowMs);
      if (alert !== undefined) this.#raise(alert);
    }
    for (let arrival = 0; arrival < onMx; arrival++) {
      const alert = this.#onMx.arrived(address, nowMs);
      if (alert !== undefined) this.#raise(withoutTrust(alert));
    }
    this.#tellHidden(address, nowMs);
  }

  #named(named: Extract<Observation, { kind: "named" }>, nowMs: number): void {
    const alert = this.#hidden.said(named, nowMs);
    // Hosts that are trusted say one name, or a few of one domain.
    if (this.#onMx.said(named, nowMs) !== undefined && alert !== undefined) this.#raise(withoutTrust(alert));
    else if (alert !== undefined) this.#raise(alert);
    this.#tellHidden(named.address, nowMs);
  }

  #hidesOthers(address: string, nowMs: number): boolean {
    return this.#hidden.hidesOthers(address, nowMs) || this.#onMx.hidesOthers(address, nowMs);
  }

  #tellHidden(address: string, nowMs: number): void {
    if (!this.#hidesOthers(address, nowMs)) return;
    const trustEnds = this.#onMx.hidesOthers(address, nowMs);
    const told = trustEnds ? `${address} without trust` : address;
    const toldMs = this.#toldHidden.get(told);
    if (toldMs !== undefined && nowMs - toldMs < TELL_HIDDEN_AGAIN_MS) return;
    this.#toldHidden.set(told, nowMs);
    for (const [other, atMs] of this.#toldHidden) {
      if (nowMs - atMs >= HIDDEN_WINDOW_MS) this.#toldHidden.delete(other);
    }
    const order = { kind: "hidden", address, untilMs: nowMs + HIDDEN_WINDOW_MS } as const;
    this.#tell(trustEnds ? { ...order, trustEnds } : order);
  }

  #carryOut(decisions: readonly GateDecision[]): void {
    for (const decision of decisions) {
      switch (decision.kind) {
        case "ban":
          this.#ban(decision);
          break;
        case "alert":
          if (this.#isOwnAudit(decision)) this.#options.log.info("own-audit-seen", { from: decision.subject });
          else this.#raise(decision);
          break;
        case "slow":
          this.#slowDown(decision);
          break;
      }
    }
  }

  #isOwnAudit({ name }: Pick<Alert, "name">): boolean {
    return name === "protected-address-misbehaves" && this.#options.clock.now() < this.#ownAuditUntilMs;
  }

  #ban({ entry, blastRadius }: Extract<GateDecision, { kind: "ban" }>): void {
    const { log, store, mode } = this.#options;
    const { prefix, scope, reason, evidence, untilMs } = entry;
    const isEnforced = mode() === "enforce";
    log.warn(isEnforced ? "banned" : "would-ban", { prefix, scope, reason, untilMs, evidence });
    if (!isEnforced) return;
    store.putBlockList([entry]).catch((error: unknown) => {
      log.error("ban-not-stored", { prefix, scope, cause: String(error) });
    });
    const { accounts } = blastRadius;
    if (accounts.length === 0) return;
    this.#raise({
      name: "ban-where-users-are",
      subject: prefix,
      text: `${prefix} is banned (${scope}: ${reason}), and users have logged in from there within 30 days: ${accounts.join(", ")}`,
      evidence,
    });
  }

  #slowDown({ by, value, attemptsPerMinute, untilMs }: SlowGroup): void {
    const { log, clock, mode } = this.#options;
    if (mode() !== "enforce") return;
    const group = { by, value, attemptsPerMinute, untilMs };
    // A password's fingerprint is of no use in a log, and a client's own words are shown with the alert.
    log.warn("slowed", { by, attemptsPerMinute, untilMs });
    const nowMs = clock.now();
    for (const [key, known] of this.#slow) if (known.untilMs <= nowMs) this.#slow.delete(key);
    this.#slow.set(`${by} ${value}`, group);
    this.#tell({ kind: "slow", group });
  }

  #raise({ name, subject, text, evidence }: Omit<Alert, "remedy">): void {
    this.#options.alerts.raise({
      name,
      subject,
      text: text.endsWith(".") ? text : `${text}.`,
      evidence,
      remedy: REMEDIES[name] ?? "",
    });
  }

  #tell(order: GateOrder): void {
    for (const port of this.#fronts) port.postMessage(order);
  }
}

const HIDDEN =
  "Let the proxy or the container network pass on the clients' addresses: a PROXY header and proxy_from on the listener, or host networking.";

/** What to do about an alert, by its name. */
const REMEDIES: Readonly<Record<string, string>> = {
  "clients-are-hidden": HIDDEN,
  "many-client-names": HIDDEN,
  "protected-address-misbehaves":
    "Look what runs there. It is not banned. (A `postern audit` that somebody runs on another of your servers looks like this, too.)",
  "guessing-at-a-known-address": "Ask the users there: a device with an old password, or something worse.",
  "account-under-attack":
    "Nothing needs to be done if the password is good. App passwords make devices independent of it.",
  "many-failed-logins":
    "Nothing needs to be done if passwords are good. `postern bans` shows who is kept out, `postern why ADDRESS` what an address hears.",
  "password-tried-everywhere":
    "Somebody tries one password at all accounts. Who has a password that others have, too, should change it.",
  "botnet-client-name": "Nothing needs to be done: whoever says that name and is no user waits.",
  "recipient-under-attack": "Nothing needs to be done: senders that nobody vouches for wait.",
  "ban-where-users-are": "`postern unban` lifts the ban, `postern allow` keeps the address from further ones.",
};

function withoutTrust(alert: Omit<Alert, "remedy">): typeof alert {
  return {
    ...alert,
    text: `${alert.text} Nor is it trusted meanwhile, though the settings may list it ([relay] trusted_networks).`,
  };
}
