import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import { RETURN_KEY_OCTETS, type ReturnAddresses, returnAddresses } from "#identity/return-address.ts";
import { lastingSecret } from "#platform/lasting-secret.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";

/** The reverse-paths of mail that passes through: every thread knows those of the others. */
export async function openReturnAddresses(
  { dataDir }: Pick<Settings, "dataDir">,
  { clock, random }: { readonly clock: Pick<Clock, "now">; readonly random: Random },
): Promise<ReturnAddresses> {
  const key = await lastingSecret(join(dataDir, "keys", "return-address.key"), RETURN_KEY_OCTETS, random);
  return returnAddresses(key, () => clock.now());
}
