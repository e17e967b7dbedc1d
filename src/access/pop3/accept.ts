import { AccountSessions } from "#identity/account-sessions.ts";
import type { Authenticator } from "#identity/authenticator.ts";
import type { Clock } from "#ports/clock.ts";
import type { Accept } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginPlaces } from "#ports/login-places.ts";
import type { Store } from "#store/store.ts";
import { Pop3Connection } from "./connection.ts";
import type { Pop3Settings } from "./settings.ts";

export interface Pop3Dependencies {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly logins: LoginPlaces;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pop3Settings;
}

/** For every POP3 listener, with STLS or with TLS from the start: the connection knows which it is. */
export function createPop3Accept(dependencies: Pop3Dependencies): Accept {
  const { store } = dependencies;
  const accountSessions = new AccountSessions(store);
  store.onEvent((event) => {
    if (event.kind === "directory") void accountSessions.endStale();
  });
  return (connection) => new Pop3Connection(connection, dependencies, accountSessions);
}
