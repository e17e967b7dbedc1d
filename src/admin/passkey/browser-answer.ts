/** What the page sends: of the right shape and within bounds, so that all that is left to check is whether it is true. */
import { z } from "zod";
import { ANSWER_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX, TRANSPORTS_MAX } from "./limits.ts";

const base64url = z
  .string()
  .max(ANSWER_CHARACTERS_MAX)
  .regex(/^[\w-]*$/);
const TRANSPORTS = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"] as const;
const about = {
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
};

export const asking = z.object({ token: z.string().max(TOKEN_CHARACTERS_MAX) });

export const making = asking.extend({
  answer: z
    .object({
      ...about,
      response: z.object({
        clientDataJSON: base64url,
        attestationObject: base64url,
        // Ways that we do not know are left out (WebAuthn §5.2.1.1).
        transports: z
          .array(z.string())
          .max(TRANSPORTS_MAX)
          .transform((said) => TRANSPORTS.filter((known) => said.includes(known))),
      }),
    })
    .transform(withoutExtensions),
});

export const trying = asking.extend({
  answer: z
    .object({
      ...about,
      response: z
        .object({
          clientDataJSON: base64url,
          authenticatorData: base64url,
          signature: base64url,
          userHandle: base64url.optional(),
        })
        .transform(({ userHandle, ...said }) => (userHandle === undefined ? said : { ...said, userHandle })),
    })
    .transform(withoutExtensions),
});

/** None is asked for, and what they say is not read. */
function withoutExtensions<Answer>(answer: Answer): Answer & { readonly clientExtensionResults: object } {
  return { ...answer, clientExtensionResults: {} };
}
