/** Control commands for the second factor of accounts. */
import { join } from "node:path";
import { z } from "zod";
import { SEAL_KEY_OCTETS } from "#identity/second-factor/seal.ts";
import {
  addTotp,
  confirmTotp,
  removeTotp,
  type SecondFactors,
  showTotp,
  takeSecondFactor,
} from "#identity/second-factor/second-factors.ts";
import { lastingSecret } from "#platform/lasting-secret.ts";
import { type ControlContext, command } from "./control-entry.ts";

const addressed = z.strictObject({ address: z.string() });
const withCode = z.strictObject({ address: z.string(), code: z.string() });

export const totpControls = {
  /** The secret is in the answer, this once. */
  "totp-add": command(addressed, async (context, { address }) =>
    addTotp(await secondFactors(context), address, context.settings.hostname),
  ),
  "totp-confirm": command(withCode, async (context, { address, code }) =>
    confirmTotp(await secondFactors(context), address, code),
  ),
  "totp-check": command(withCode, async (context, { address, code }) =>
    takeSecondFactor(await secondFactors(context), address, code),
  ),
  "totp-show": command(addressed, ({ administration }, { address }) => showTotp(administration, address)),
  "totp-remove": command(addressed, ({ administration }, { address }) => removeTotp(administration, address)),
};

async function secondFactors({ administration, settings }: ControlContext): Promise<SecondFactors> {
  const path = join(settings.dataDir, "keys", "second-factor.key");
  return { ...administration, sealKey: await lastingSecret(path, SEAL_KEY_OCTETS, administration.random) };
}
