/** Cases of the MX table: what becomes of a message, by what its domain publishes and what its hosts say. */
import assert from "node:assert/strict";
import type { DnsFailure, MxRecord, TlsaRecord } from "#ports/resolver.ts";
import type { AttemptReport, DeliveryJob } from "#queue/attempt.ts";
import { RemoteWorld, type RemoteWorldOptions } from "./remote-world.ts";
import type { FakeNames } from "./resolver.ts";
import type { FakeServer } from "./smtp-network.ts";

interface Case extends Omit<RemoteWorldOptions, "dns"> {
  readonly dns?: FakeNames;
  readonly job?: Partial<DeliveryJob>;
  /** `outcome code-or-enhanced stage` of each recipient. */
  readonly expected: string;
  /** Addresses in the order they were dialled, `!` where TLS was begun. */
  readonly tried: string;
  /** What is told of logins at next hops. */
  readonly logins?: readonly string[];
}

export async function checkMx(cases: Readonly<Record<string, Case>>): Promise<void> {
  for (const [name, { job, expected, tried, logins, ...world }] of Object.entries(cases)) {
    const remote = new RemoteWorld({ dns: twoMx(), ...world });
    const report = await remote.send(job);
    assert.equal(words(report), expected, `${name}\n${report.trace.join("\n")}`);
    assert.equal(remote.network.tried.join(" "), tried, `${name}\n${report.trace.join("\n")}`);
    if (logins !== undefined) assert.deepEqual(remote.logins, logins, name);
    assert.equal(remote.network.open, 0, `${name}: left open`);
    assert.deepEqual(
      remote.log.lines.filter(({ event }) => event === "delivery-broken"),
      [],
      name,
    );
  }
}

function words({ results }: AttemptReport): string {
  return results.map(({ outcome, reply }) => `${outcome} ${reply.code ?? reply.enhanced} ${reply.stage}`).join(", ");
}

export const mx = (preference: number, exchange: string): MxRecord => ({ preference, exchange });
export const ONE = "192.0.2.1";
export const TWO = "192.0.2.2";
export const SIX = "2001:db8::1";

/** `one.peer.test` before `two.peer.test`. */
export function twoMx(more: FakeNames = {}): FakeNames {
  return {
    "peer.test": { MX: [mx(10, "one.peer.test"), mx(20, "two.peer.test")] },
    "one.peer.test": { A: [ONE] },
    "two.peer.test": { A: [TWO] },
    ...more,
  };
}

export const UP: FakeServer = {};
export const TLS: FakeServer = { extensions: ["STARTTLS", "PIPELINING", "8BITMIME", "SIZE 1000"] };
export const both = (one: FakeServer, two: FakeServer = UP) => ({ servers: { [ONE]: one, [TWO]: two } });

export const dane: TlsaRecord = { usage: 3, selector: 1, matchingType: 1, data: Buffer.from("key-one".padEnd(32)) };
export const withTlsa = (records: readonly TlsaRecord[] | DnsFailure = [dane]): FakeNames =>
  twoMx({ "_25._tcp.one.peer.test": { TLSA: records } });
export const enforcing = (
  mode: "enforce" | "testing" | "none",
  ...names: readonly string[]
): Pick<RemoteWorldOptions, "sts"> => ({
  sts: { policy: { mode, maxAgeSeconds: 86_400, mx: names }, problem: undefined },
});
