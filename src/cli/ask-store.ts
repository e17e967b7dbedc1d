/** Runs a control command over the store itself, where no server does. The store's lock keeps out a second one. */
import { existsSync } from "node:fs";
import type { Settings } from "#config/settings.ts";
import { scramHashes } from "#identity/scram-derivation.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { actAsOwner } from "#platform/act-as-owner.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { openSqliteStore } from "#store/sqlite/open-sqlite-store.ts";
import { StoreOpenError } from "#store/store-open-error.ts";
import { protectedAddresses } from "#threads/protected.ts";
import { type ControlOutcome, controlHandler } from "./control-commands.ts";

/** What is put in before the first start, by scripts above all: these make the data folder. All others would find nothing there. */
const FIRST_COMMANDS: ReadonlySet<string> = new Set(["account-add", "domain-add", "alias-add"]);

export interface StoreProblem {
  readonly message: string;
  readonly remedy: string;
  /** A server has the data folder. */
  readonly isHeld: boolean;
}

export async function askStore(
  settings: Settings,
  command: string,
  args: unknown,
): Promise<Result<ControlOutcome, StoreProblem>> {
  const { dataDir, domains } = settings;
  if (!existsSync(dataDir) && !FIRST_COMMANDS.has(command)) {
    return failed({
      message: `there is no data folder ${dataDir}`,
      remedy: "`postern serve` makes it",
      isHeld: false,
    });
  }
  try {
    actAsOwner(dataDir);
    const store = await openSqliteStore({ dataDir, clock: systemClock });
    try {
      const ownDomains = domains.map(({ name }) => name);
      const hashes = scramHashes(settings.auth);
      const administration = {
        store,
        clock: systemClock,
        random: systemRandom,
        domains: ownDomains,
        scramHashes: hashes,
      };
      const protections = protectedAddresses(settings);
      const handle = controlHandler({
        administration,
        settings,
        protectedReason: (prefix) => protections.reason(prefix),
        gatekeeper: () => undefined,
        running: () => Promise.resolve(undefined),
      });
      return ok(await handle(command, args));
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    return failed({ message: error.message, remedy: error.remedy, isHeld: error.problem === "in-use" });
  }
}
