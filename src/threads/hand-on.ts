/** The queue's way to the nodes whose second MX we are. */
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import type { Directory } from "#identity/directory.ts";
import { parseDomain } from "#mail/address.ts";
import { handOnAttempt } from "#pair/hand-on-attempt.ts";
import { SecondaryRecipients } from "#pair/secondary-recipients.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { loadPairingIdentity } from "#platform/tls/pairing-identity.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Attempt } from "#queue/attempt.ts";
import type { Store } from "#store/store.ts";
import { PAIR_FOLDER, primaryHostOf } from "./pairing-settings.ts";

export interface OpenHandOn {
  /** @param elsewhere for mail that is no node's of ours. */
  readonly attempt: (elsewhere: Attempt) => Attempt;
  readonly close: () => void;
}

/** Rejects when the store cannot be read. */
export async function openHandOn(
  settings: Settings,
  around: {
    readonly store: Store;
    readonly directory: Pick<Directory, "domainRole">;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
): Promise<OpenHandOn> {
  const { store, directory, clock, random, log } = around;
  const { servers, timeoutMs } = settings.dns;
  const recipients = await SecondaryRecipients.open({ store, clock, log, primaryHostOf: primaryHostOf(settings) });
  const identity = await loadPairingIdentity(join(settings.dataDir, PAIR_FOLDER), clock.now());
  if (!identity.ok) log.error("pair-key-unreadable", { cause: identity.problem });
  const resolver = createDnsClient({ servers, timeoutMs, clock, random, log });
  const isSecondary = (name: string): boolean => {
    const domain = parseDomain(name);
    return domain.ok && directory.domainRole(domain.value) === "secondary";
  };
  return {
    attempt: (elsewhere) => {
      if (!identity.ok) return elsewhere;
      const links = { identity: identity.value, dialer: systemDialer, resolver, clock };
      return handOnAttempt(elsewhere, { ...links, store, recipients, isSecondary, log });
    },
    close: () => recipients.close(),
  };
}

/** For mail that was queued for other servers before nothing was to leave this machine. */
export function staysHere(clock: Pick<Clock, "now">): Attempt {
  return ({ recipients }) => {
    const atMs = clock.now();
    const text = "By its settings nothing leaves this machine";
    const reply = { code: null, enhanced: "4.3.2", text, byHost: null, stage: "local" } as const;
    const results = recipients.map(({ id }) => ({ recipientId: id, outcome: "deferred", reply }) as const);
    return Promise.resolve({ results, host: undefined, startedAtMs: atMs, endedAtMs: atMs, trace: [text] });
  };
}
