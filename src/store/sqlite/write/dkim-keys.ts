import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

/** A key that is there keeps its octets whatever is put under its name: mail that it signed is on its way. */
const PUT = `INSERT INTO dkim_key (domain, selector, algorithm, private_key_pem, state, created_at_ms, changed_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (domain, selector) DO UPDATE SET state = excluded.state, changed_at_ms = excluded.changed_at_ms`;

export function dkimKeyOperations({
  db,
  events,
}: Pick<WriteContext, "db" | "events">): Pick<WriterOperations, "changeDkimKeys"> {
  return {
    changeDkimKeys({ put, removed }) {
      for (const { domain, selector } of removed) {
        db.run("DELETE FROM dkim_key WHERE domain = ? AND selector = ?", domain, selector);
      }
      for (const { domain, selector, algorithm, privateKeyPem, state, createdAtMs, changedAtMs } of put) {
        db.run(PUT, domain, selector, algorithm, privateKeyPem, state, createdAtMs, changedAtMs);
      }
      events.directory();
    },
  };
}
