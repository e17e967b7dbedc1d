import { AccountSessions } from "#identity/account-sessions.ts";
import type { Accept } from "#ports/connection.ts";
import { ChangeFeed } from "./change-feed.ts";
import { SessionHandler } from "./connection-handler.ts";
import { PreparedValues } from "./prepared-values.ts";
import type { ImapDependencies } from "./session.ts";

/** One for all IMAP listeners of a thread: they share the feed of changes and what is prepared, and know each account's sessions. */
export function createImapAccept(dependencies: ImapDependencies): Accept {
  const { store } = dependencies;
  const accountSessions = new AccountSessions(store);
  const feed = new ChangeFeed(store, () => void accountSessions.endStale());
  const shared = { feed, accountSessions, prepared: new PreparedValues() };
  return (connection) => {
    const session = new SessionHandler(connection, dependencies, shared);
    void session.run();
    return session;
  };
}
