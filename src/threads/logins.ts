/** How users of one front thread log in, and what ends their sessions. */
import type { Settings } from "#config/settings.ts";
import { AccountSessions } from "#identity/account-sessions.ts";
import type { Authenticator } from "#identity/authenticator.ts";
import { createAuthenticator } from "#identity/login-desk.ts";
import { scramHashes } from "#identity/scram-derivation.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Store } from "#store/store.ts";
import { tellExposed } from "./exposed-password.ts";
import type { FrontGate } from "./front-gate.ts";
import { tokenLogins } from "./tokens.ts";

export interface OpenLogins {
  readonly authenticator: Authenticator & { close(): void };
  readonly accountSessions: AccountSessions;
}

/** Keys that the settings do not want are gone when it returns. */
export async function openLogins(
  settings: Pick<Settings, "auth" | "oauth" | "dns" | "domains" | "hostname">,
  around: {
    readonly store: Store;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly gate: FrontGate;
  },
): Promise<OpenLogins> {
  const { store, gate } = around;
  const { told, ...tokens } = tokenLogins(settings, around);
  const authenticator = createAuthenticator({
    ...around,
    domains: settings.domains.map(({ name }) => name),
    watch: gate,
    ...tokens,
    mechanisms: { ...settings.auth, ...told },
    exposed: (exposed) => tellExposed(exposed, { ...around, settings, alert: (alert) => gate.alert(alert) }),
  });
  const kept = scramHashes(settings.auth);
  const unwanted = (["sha256", "sha1"] as const).filter((hash) => !kept.includes(hash));
  if (unwanted.length > 0) await store.removeScramKeys(unwanted);
  const accountSessions = new AccountSessions(store);
  store.onEvent((event) => {
    if (event.kind === "directory") void accountSessions.endStale();
  });
  return { authenticator, accountSessions };
}
