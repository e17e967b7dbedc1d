/** A ledger of offences with a clock, and what it has decided so far. */
import assert from "node:assert/strict";
import type { GateDecision } from "#gate/block-list/decision.ts";
import type { BlockEntry } from "#gate/block-list/entry.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import { type LedgerDependencies, OffenceLedger } from "#gate/block-list/offence-ledger.ts";
import { passwordFingerprint } from "#gate/block-list/password-fingerprint.ts";
import { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";

export const SECOND_MS = 1000;
export const HOUR_MS = 3600 * SECOND_MS;
export const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2030, 0, 1);

export function spamOf(bot: number): Offence {
  return { kind: "spam", address: `11.${bot}.7.1`, clientName: "ylmf-pc" };
}

export class OffenceWorld {
  readonly ledger: OffenceLedger;
  readonly decisions: GateDecision[] = [];
  nowMs = START_MS;
  #serial = 0;

  constructor(options: Omit<LedgerDependencies, "protectedAddresses"> = {}) {
    const protectedAddresses = new ProtectedAddresses({
      own: ["192.0.2.1"],
      gateways: ["192.0.2.254"],
      resolvers: ["9.9.9.9", "resolver.example"],
      proxies: ["198.51.100.30"],
      otherMx: ["198.51.100.40"],
    });
    this.ledger = new OffenceLedger({ protectedAddresses, ...options });
  }

  serial(): number {
    return this.#serial++;
  }

  wait(ms: number): void {
    this.nowMs += ms;
  }

  fingerprint(password: string): string {
    return passwordFingerprint(Uint8Array.of(1, 2, 3), password);
  }

  guess(address: string, account: string, password: string): void {
    this.commit({ kind: "wrong-password", address, account, password: this.fingerprint(password) });
  }

  commit(offence: Offence): void {
    this.decisions.push(...this.ledger.offence(offence, this.nowMs));
  }

  get bans(): readonly BlockEntry[] {
    return this.decisions.flatMap((decision) => (decision.kind === "ban" ? [decision.entry] : []));
  }

  banDecision(): Extract<GateDecision, { kind: "ban" }> | undefined {
    return this.decisions.find((decision) => decision.kind === "ban");
  }

  slowed(): readonly Extract<GateDecision, { kind: "slow" }>[] {
    const slow = this.decisions.filter((decision) => decision.kind === "slow");
    return slow.filter(
      ({ by, value }, index) => slow.findIndex((one) => one.by === by && one.value === value) === index,
    );
  }

  alerts(): readonly string[] {
    return this.decisions.flatMap((decision) =>
      decision.kind === "alert" ? [`${decision.name} ${decision.subject}`] : [],
    );
  }

  checkBans(...expected: readonly string[]): void {
    assert.deepEqual(
      this.bans.map(({ prefix, scope }) => `${prefix} ${scope}`),
      expected,
    );
  }
}
