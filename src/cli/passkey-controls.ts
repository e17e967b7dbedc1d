/** Control commands for passkeys of accounts. */
import { z } from "zod";
import { addPasskeyLink, listPasskeys, removePasskey } from "#identity/second-factor/passkey-links.ts";
import { relyingParty } from "#threads/web-slices.ts";
import { command } from "./control-entry.ts";

const addressed = z.strictObject({ address: z.string() });

export const passkeyControls = {
  /** The link is in the answer, this once. */
  "passkey-add": command(
    z.strictObject({ address: z.string(), name: z.string().optional() }),
    ({ administration, settings }, { address, name }) =>
      addPasskeyLink(administration, relyingParty(settings), { address, name }),
  ),
  "passkey-list": command(addressed, ({ administration }, { address }) => listPasskeys(administration, address)),
  "passkey-remove": command(
    z.strictObject({ address: z.string(), which: z.string() }),
    ({ administration }, { address, which }) => removePasskey(administration, address, which),
  ),
};
