/**
 * The ledger of offences: evidence goes in, decisions come out. One for a server, whatever its threads. It bans an address for
 * what the address did, a network for what several of its addresses did, and makes groups wait for what no address shows
 * alone. Five rules hold it back: evidence of a kind that happens to everybody counts nothing; the same thing again counts
 * once; where users are, logins are not banned; special addresses are never banned; every ban ends.
 */
import { LRUCache } from "lru-cache";
import { type IpAddress, parseIp } from "../network/ip-address.ts";
import { formatPrefix, type Prefix } from "../network/prefix.ts";
import { DecayingCount } from "./decaying-count.ts";
import type { Alert, BlastRadius, GateDecision, SlowGroup } from "./decision.ts";
import type { AskedScope, BlockEntry, Scope } from "./entry.ts";
import { GoodHistory } from "./good-history.ts";
import { GroupCounts } from "./group-counts.ts";
import { GuessMemory } from "./guess-memory.ts";
import { ALERT_AGAIN_MS, ALERTS_REMEMBERED_MAX } from "./limits.ts";
import { type Level, levelsOf } from "./network-levels.ts";
import { NetworkOffences } from "./network-offences.ts";
import { evidenceLine, OFFENCE_CLASSES, type Offence, type WrongPassword } from "./offence.ts";
import { PastBans } from "./past-bans.ts";
import type { ProtectedAddresses } from "./protected-addresses.ts";

/** Distinct wrong passwords of the whole server in about an hour from which an administrator should look. */
const FAILED_LOGINS_ALERT_FROM = 500;

export interface LedgerDependencies {
  readonly protectedAddresses: Pick<ProtectedAddresses, "reason">;
  /** Other clients stand behind the address: `hidden-clients.ts`. */
  readonly hidesOthers?: (address: string, nowMs: number) => boolean;
  /** An allow entry covers the address: `BlockList.isAllowed`. */
  readonly isAllowed?: (address: string, scope: AskedScope, nowMs: number) => boolean;
}

export class OffenceLedger {
  readonly #protected: Pick<ProtectedAddresses, "reason">;
  readonly #hidesOthers: (address: string, nowMs: number) => boolean;
  readonly #isAllowed: (address: string, scope: AskedScope, nowMs: number) => boolean;
  readonly #networks = new NetworkOffences();
  readonly #guesses = new GuessMemory();
  readonly #groups = new GroupCounts();
  readonly #past = new PastBans();
  readonly #alerted = new LRUCache<string, number>({ max: ALERTS_REMEMBERED_MAX });
  readonly #failedLogins = new DecayingCount();
  readonly good = new GoodHistory();

  constructor({ protectedAddresses, hidesOthers, isAllowed }: LedgerDependencies) {
    this.#protected = protectedAddresses;
    this.#hidesOthers = hidesOthers ?? (() => false);
    this.#isAllowed = isAllowed ?? (() => false);
  }

  /** Entries of all tables: each is bounded, so this is. */
  get size(): number {
    const tables = [this.#networks, this.#guesses, this.#groups, this.#past, this.#alerted, this.good];
    return tables.reduce((sum, { size }) => sum + size, 0);
  }

  /** What a client did. @returns what follows from it, in the order it should be carried out. */
  offence(offence: Offence, nowMs: number): readonly GateDecision[] {
    const ip = parseIp(offence.address);
    if (ip === undefined || !this.#counts(offence, nowMs)) return [];
    const { points, scope } = OFFENCE_CLASSES[offence.kind];
    this.#networks.add(ip, { scope, points, line: evidenceLine(offence, nowMs) }, nowMs);
    return [...this.#judgeNetworks(ip, offence, nowMs), ...this.#judgeGroups(offence, nowMs)];
  }

  /** A login succeeded. @param password its fingerprint, where there was one. */
  loggedIn(
    login: {
      readonly address: string;
      readonly account: string;
      readonly password?: string;
      readonly clientName?: string;
    },
    nowMs: number,
  ): void {
    this.good.login(login.address, login.account, nowMs);
    if (login.password !== undefined) this.#guesses.wasRight(login.account, login.password);
    if (login.clientName !== undefined) this.#groups.goodName(login.clientName, nowMs);
  }

  /** A message was taken whose sender SPF or DKIM vouches for. */
  goodMail({ address, clientName }: { readonly address: string; readonly clientName?: string }, nowMs: number): void {
    this.good.mail(address, nowMs);
    if (clientName !== undefined) this.#groups.goodName(clientName, nowMs);
  }

  /** A password of the account was changed or revoked: the old one is no offence for a day. */
  passwordChanged(account: string, nowMs: number): void {
    this.#guesses.changed(account, nowMs);
  }

  /** A ban by rule that is in the store: the next one lasts twice as long. For the start. */
  remember(entry: BlockEntry): void {
    if (entry.kind === "ban" && entry.origin === "rule") this.#past.remember(entry);
  }

  /** An administrator has lifted a ban by rule. */
  lifted({ prefix, scope }: { readonly prefix: string; readonly scope: Scope }): void {
    this.#past.forget(prefix, scope);
  }

  blastRadius(prefix: Prefix, nowMs: number): BlastRadius {
    return { accounts: this.good.accountsSeen(prefix, nowMs) };
  }

  /** Is it evidence at all? Asked once an offence: to ask is to remember. */
  #counts(offence: Offence, nowMs: number): boolean {
    switch (offence.kind) {
      case "connect-and-quit":
      case "idle-timeout":
      case "wrong-protocol":
      case "monitoring-probe":
        return false;
      case "unknown-recipient":
        return !offence.senderAuthenticated;
      case "wrong-password": {
        const { account, password, address } = offence;
        if (offence.wasRightUntilLately === true || this.#guesses.isExcused(account, password, nowMs)) return false;
        return this.#guesses.isNew(account, password, address, nowMs);
      }
      case "spam":
      case "spam-trap":
      case "relay-attempt":
      case "smuggling":
      case "protocol-abuse":
      case "early-talker":
        return true;
    }
  }

  // — Networks —

  /** Bans the widest network that has deserved it; alerts where the right answer to so much evidence is no ban. */
  #judgeNetworks(ip: IpAddress, { address, kind }: Offence, nowMs: number): GateDecision[] {
    const { scope } = OFFENCE_CLASSES[kind];
    if (this.#isAllowed(address, scope, nowMs)) return [];
    const decisions: GateDecision[] = [];
    for (const level of levelsOf(ip)) {
      const evidence = this.#networks.evidence(level, scope, nowMs);
      if (evidence.points < level.rule.points - 1e-9 || evidence.offenders < level.rule.offenders) continue;
      if (this.#past.isBanned(formatPrefix(level.prefix), scope, nowMs)) return decisions;
      const obstacle = this.#obstacle(level, address, scope, nowMs);
      if (obstacle === undefined) return [...decisions, this.#ban(level, scope, evidence.lines, nowMs)];
      if (obstacle !== "good") decisions.push(...this.#alert(alertFor(level, obstacle, evidence.lines), nowMs));
    }
    return decisions;
  }

  /** What speaks against a ban. `good`: users or good senders are there, and that is no news. */
  #obstacle({ rule, prefix }: Level, address: string, scope: AskedScope, nowMs: number): string | undefined {
    const reason = this.#protected.reason(prefix);
    if (reason !== undefined) return reason;
    if (this.#hidesOthers(address, nowMs)) return "other clients stand behind it";
    const hasLogin = this.good.hasLogin(prefix, nowMs);
    if (!rule.sparesGood) return hasLogin && scope === "auth" ? "users have logged in there within 30 days" : undefined;
    return hasLogin || (scope === "smtp" && this.good.hasGoodMail(prefix, nowMs)) ? "good" : undefined;
  }

  #ban({ prefix }: Level, scope: AskedScope, evidence: readonly string[], nowMs: number): GateDecision {
    const text = formatPrefix(prefix);
    const entry: BlockEntry = {
      prefix: text,
      scope,
      kind: "ban",
      reason: scope === "auth" ? "guessed passwords" : "misbehaved while sending mail",
      evidence: [...evidence],
      sinceMs: nowMs,
      origin: "rule",
      ...this.#past.next(text, scope, nowMs),
    };
    this.#past.remember(entry);
    return { kind: "ban", entry, blastRadius: this.blastRadius(prefix, nowMs) };
  }

  // — Groups —

  #judgeGroups(offence: Offence, nowMs: number): GateDecision[] {
    const decisions = offence.kind === "wrong-password" ? this.#judgeGuess(offence, nowMs) : [];
    const { address, clientName } = offence;
    const recipient = "recipient" in offence ? offence.recipient : undefined;
    if (clientName !== undefined && !this.#groups.isGoodName(clientName)) {
      decisions.push(...this.#group("client-name", clientName.toLowerCase(), address, nowMs));
    }
    if (recipient !== undefined) decisions.push(...this.#group("recipient", recipient, address, nowMs));
    return decisions;
  }

  #judgeGuess({ address, account, password }: WrongPassword, nowMs: number): GateDecision[] {
    const decisions: GateDecision[] = [];
    if (this.#failedLogins.add(1, nowMs) >= FAILED_LOGINS_ALERT_FROM) {
      const text = `about ${FAILED_LOGINS_ALERT_FROM} different wrong passwords in an hour, from all addresses together`;
      decisions.push(...this.#alert({ name: "many-failed-logins", subject: "server", text, evidence: [] }, nowMs));
    }
    if (this.good.isHome(address, account, nowMs)) {
      return [...decisions, ...this.#group("account-at-address", `${account} ${address}`, password, nowMs)];
    }
    return [
      ...decisions,
      ...this.#group("account", account, password, nowMs),
      ...this.#group("password", password, account, nowMs),
    ];
  }

  #group(by: SlowGroup["by"], value: string, member: string, nowMs: number): GateDecision[] {
    const group = this.#groups.add(by, value, member, nowMs);
    if (group === undefined) return [];
    return [{ kind: "slow", ...group }, ...this.#alert(groupAlert(group), nowMs)];
  }

  /** Once an hour for each subject: an attack must not fill a mailbox. */
  #alert(alert: Alert, nowMs: number): GateDecision[] {
    const key = `${alert.name} ${alert.subject}`;
    const lastMs = this.#alerted.get(key);
    if (lastMs !== undefined && nowMs - lastMs < ALERT_AGAIN_MS) return [];
    this.#alerted.set(key, nowMs);
    return [{ kind: "alert", ...alert }];
  }
}

function alertFor({ prefix }: Level, obstacle: string, evidence: readonly string[]): Alert {
  const subject = formatPrefix(prefix);
  const isUsers = obstacle.startsWith("users");
  return {
    name: isUsers ? "guessing-at-a-known-address" : "protected-address-misbehaves",
    subject,
    text: `${subject} would be banned for what it does, but ${obstacle}`,
    evidence: [...evidence],
  };
}

function groupAlert({ by, value }: SlowGroup): Alert {
  switch (by) {
    case "account":
      return {
        name: "account-under-attack",
        subject: value,
        text: `many addresses guess the password of ${value}; logins from networks it has not used must wait`,
        evidence: [],
      };
    case "account-at-address":
      return {
        name: "guessing-at-a-known-address",
        subject: value,
        text: `somebody at an address its owner uses guesses a password (account and address: ${value})`,
        evidence: [],
      };
    case "password":
      return {
        name: "password-tried-everywhere",
        subject: value,
        text: "one password is tried at many accounts; logins with it from unknown networks must wait",
        evidence: [],
      };
    case "client-name":
      return {
        name: "botnet-client-name",
        subject: value,
        text: `many misbehaving addresses call themselves ${value}; they must wait`,
        evidence: [],
      };
    case "recipient":
      return {
        name: "recipient-under-attack",
        subject: value,
        text: `many misbehaving addresses write to ${value}; unknown senders to it must wait`,
        evidence: [],
      };
  }
}
