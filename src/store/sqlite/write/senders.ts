/** The administrator's sender lists, and whom accounts have written to. Both have a bound. */
import { failed, ok } from "#mail/result.ts";
import { CORRESPONDENTS_PER_ACCOUNT_MAX, ROWS_PER_CALL_MAX, SENDER_ENTRIES_MAX } from "../../limits.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

export function senderOperations({
  db,
  events,
  ledger,
}: WriteContext): Pick<WriterOperations, "putSender" | "removeSender" | "putCorrespondents"> {
  return {
    putSender({ subject, scope, kind, note, sinceMs }) {
      const isNew = db.get("SELECT 1 FROM sender_list WHERE subject = ? AND scope = ?", subject, scope) === undefined;
      if (isNew && db.number("SELECT count(*) FROM sender_list") >= SENDER_ENTRIES_MAX)
        return failed("too-many-senders");
      db.run(
        "INSERT OR REPLACE INTO sender_list (subject, scope, kind, note, since_ms) VALUES (?, ?, ?, ?, ?)",
        subject,
        scope,
        kind,
        note,
        sinceMs,
      );
      events.senders();
      return ok(undefined);
    },
    removeSender({ subject, scope }) {
      const removed = db.run("DELETE FROM sender_list WHERE subject = ? AND scope = ?", subject, scope);
      if (removed === 0) return failed("no-such-entry-of-senders");
      events.senders();
      return ok(undefined);
    },
    putCorrespondents(accountId, addresses, nowMs) {
      if (addresses.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} in a call`);
      if (!ledger.hasAccount(accountId)) return;
      for (const address of addresses) {
        db.run(
          "INSERT OR REPLACE INTO correspondent (account_id, address, last_ms) VALUES (?, ?, ?)",
          accountId,
          address,
          nowMs,
        );
      }
      const count = db.number("SELECT count(*) FROM correspondent WHERE account_id = ?", accountId);
      if (count <= CORRESPONDENTS_PER_ACCOUNT_MAX) return;
      db.run(
        `DELETE FROM correspondent WHERE account_id = ?1 AND address IN
           (SELECT address FROM correspondent WHERE account_id = ?1 ORDER BY last_ms, address LIMIT ?2)`,
        accountId,
        count - CORRESPONDENTS_PER_ACCOUNT_MAX,
      );
    },
  };
}

/** The account is removed: what its address meant here is nobody's. */
export function forgetSenders({ db, events }: WriteContext, accountId: number, address: string): void {
  db.run("DELETE FROM correspondent WHERE account_id = ?", accountId);
  if (db.run("DELETE FROM sender_list WHERE scope = ?", address) > 0) events.senders();
}
