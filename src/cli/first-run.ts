/** The first run: a data folder with settings for trying out. Idempotent: what is there stays. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { firstRunSettings, TRIAL_ACCOUNTS, TRIAL_DOMAIN } from "#config/first-run-settings.ts";
import type { Settings } from "#config/settings.ts";
import { thisMachine } from "#config/surroundings.ts";
import type { Account } from "#store/store.ts";
import type { ControlCommand, ControlOutcome } from "./control-commands.ts";

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** Makes the folder and the settings in it where they are missing. Throws the system's error when it cannot. */
export function makeTrialSettings(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
  writeFileSync(file, firstRunSettings({ hasIpv6: thisMachine.hasIpv6() }), { mode: OWNER_ONLY_FILE, flag: "wx" });
}

/**
 * Makes the trial's accounts where the settings are the trial's and there are no accounts at all, so that a first start
 * that failed half-way is made good by the next one. Empty when there is nothing to make.
 */
export async function makeTrialAccounts(
  settings: Settings,
  control: (command: ControlCommand, args: unknown) => Promise<ControlOutcome>,
): Promise<readonly { readonly address: string; readonly password: string }[]> {
  if (!settings.domains.some(({ name }) => name === TRIAL_DOMAIN)) return [];
  const listed = await control("account-list", {});
  if (!listed.ok || (listed.value as readonly Account[]).length > 0) return [];
  const made: { address: string; password: string }[] = [];
  for (const address of TRIAL_ACCOUNTS) {
    const added = await control("account-add", { address });
    if (!added.ok) throw new Error(`the account ${address} could not be made: ${added.problem}`);
    made.push({ address, password: (added.value as { password: string }).password });
  }
  return made;
}
