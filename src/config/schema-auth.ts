/** `[auth]`: how users prove who they are. */
import { setting, table } from "./setting.ts";
import { flag } from "./value-types.ts";

export const auth = table({
  scram: setting(flag, true, {
    text: "SCRAM-SHA-256 is offered, with channel binding where TLS 1.3 gives one, and keys for it are kept beside each password's argon2id hash. `false`: the keys are removed.",
    reason:
      "A program that speaks it never shows the password, not even to a server with a false certificate; whoever steals the data can try passwords out faster.",
  }),
  scram_sha1: setting(flag, false, {
    text: "SCRAM-SHA-1 is offered too, and keys for it are kept. Only for programs that know nothing better.",
    reason: "Every program that speaks it also speaks PLAIN, which inside TLS is as good.",
  }),
});
