/** The gate of a whole server in one process, under a clock that the simulation moves: limits, block list, ledger, waiting groups. */
import { BlockList } from "#gate/block-list/block-list.ts";
import type { GateDecision } from "#gate/block-list/decision.ts";
import { HiddenClients } from "#gate/block-list/hidden-clients.ts";
import { OffenceLedger } from "#gate/block-list/offence-ledger.ts";
import { passwordFingerprint } from "#gate/block-list/password-fingerprint.ts";
import { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { SlowGroups } from "#gate/block-list/slow-groups.ts";
import { ConnectionLimits } from "#gate/limits/connection-limits.ts";
import { COUNTERS_LENGTH } from "#gate/limits/connection-totals.ts";
import type { Protocol } from "#gate/limits/source-keys.ts";
import { sharedCounters, sharedCountersMemory } from "#platform/threads/shared-counters.ts";
import { SharedRateTable, sharedRateTableMemory } from "#platform/threads/shared-rate-table.ts";
import { FakeClock } from "../fakes/clock.ts";

const PASSWORD_KEY = Uint8Array.of(7, 7, 7, 7);
const HASH_KEY = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** What a client hears. */
export type Answer = "welcome" | "wrong-password" | "refused-at-the-door" | "banned" | "wait";

export class GateWorld {
  readonly clock = new FakeClock();
  readonly tableMemory = sharedRateTableMemory(16_384, HASH_KEY);
  readonly decisions: GateDecision[] = [];
  readonly protectedAddresses = new ProtectedAddresses({
    own: ["192.0.2.1"],
    gateways: ["172.18.0.1"],
    resolvers: [],
    proxies: [],
    otherMx: [],
  });
  readonly hidden = new HiddenClients((address) => this.protectedAddresses.mayHideOthers(address));
  readonly blockList = new BlockList((address) => this.hidden.hidesOthers(address, this.clock.now()));
  readonly slow = new SlowGroups();
  readonly ledger = new OffenceLedger({
    protectedAddresses: this.protectedAddresses,
    hidesOthers: (address, nowMs) => this.hidden.hidesOthers(address, nowMs),
    isAllowed: (address, scope, nowMs) => this.blockList.isAllowed(address, scope, nowMs),
  });
  readonly limits = new ConnectionLimits({
    table: new SharedRateTable(this.tableMemory),
    counters: sharedCounters(sharedCountersMemory(COUNTERS_LENGTH)),
    clock: this.clock,
    hidesOthers: (address) => this.hidden.hidesOthers(address, this.clock.now()),
    settings: {
      connectionsTotal: 1000,
      reservedAuthenticatedPercent: 10,
      reservedAdminPercent: 5,
      perAddress: { atOnce: 20, perMinute: 60 },
      perSlash24: { atOnce: 60, perMinute: 180 },
      perSlash64: { atOnce: 20, perMinute: 60 },
      perSlash48: { atOnce: 60, perMinute: 180 },
      loggedInPerAccount: 50,
      loggedInPerAddress: 200,
      ownAddresses: ["192.0.2.1"],
    },
  });
  readonly #passwords: ReadonlyMap<string, string>;
  /** Passwords that were really looked at. */
  passwordsTried = 0;

  constructor(passwords: Readonly<Record<string, string>> = {}) {
    this.#passwords = new Map(Object.entries(passwords));
  }

  /** A client connects, tries one password, and leaves. */
  logIn(address: string, account: string, password: string, protocol: Protocol = "imap"): Answer {
    const admission = this.#arrive(address, protocol);
    if (!admission.ok) return "refused-at-the-door";
    try {
      if (this.blockList.check(address, "auth", this.clock.now()) !== undefined) return "banned";
      return this.#verify(address, account, password, (id) => admission.ticket.authenticated(id).ok);
    } finally {
      admission.ticket.release();
    }
  }

  #verify(address: string, account: string, secret: string, enter: (accountId: number) => boolean): Answer {
    const nowMs = this.clock.now();
    const password = passwordFingerprint(PASSWORD_KEY, secret);
    const isHome = this.ledger.good.isHome(address, account, nowMs);
    if (!this.slow.mayLogIn({ account, address, password, isHome }, nowMs).ok) return "wait";
    this.passwordsTried++;
    if (this.#passwords.get(account) !== secret) {
      this.carryOut(this.ledger.offence({ kind: "wrong-password", address, account, password }, nowMs));
      return "wrong-password";
    }
    if (!enter([...this.#passwords.keys()].indexOf(account))) return "wait";
    this.ledger.loggedIn({ address, account, password }, nowMs);
    return "welcome";
  }

  /** A server brings mail for a recipient that is not there. */
  missRecipient(address: string, recipient: string, senderAuthenticated: boolean): Answer {
    const admission = this.#arrive(address, "smtp");
    if (!admission.ok) return "refused-at-the-door";
    try {
      const nowMs = this.clock.now();
      if (this.blockList.check(address, "smtp", nowMs) !== undefined) return "banned";
      this.carryOut(this.ledger.offence({ kind: "unknown-recipient", address, recipient, senderAuthenticated }, nowMs));
      return "welcome";
    } finally {
      admission.ticket.release();
    }
  }

  #arrive(address: string, protocol: Protocol): ReturnType<ConnectionLimits["admit"]> {
    const alert = this.hidden.arrived(address, this.clock.now());
    if (alert !== undefined) this.decisions.push({ kind: "alert", ...alert });
    return this.limits.admit(address, { protocol });
  }

  carryOut(decisions: readonly GateDecision[]): void {
    this.decisions.push(...decisions);
    for (const decision of decisions) {
      if (decision.kind === "ban") this.blockList.put(decision.entry);
      if (decision.kind === "slow") this.slow.put(decision);
    }
  }

  bans(): readonly string[] {
    return this.blockList.all().map(({ prefix, scope }) => `${prefix} ${scope}`);
  }

  alerts(): readonly string[] {
    return this.decisions.flatMap((decision) => (decision.kind === "alert" ? [decision.name] : []));
  }
}
