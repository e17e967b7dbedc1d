/** Control commands that read decision records. Judging them again is the command line's work, not the server's. */
import { z } from "zod";
import { ok } from "#mail/result.ts";
import type { DecisionQuery } from "#store/decision-row.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { command } from "./control-entry.ts";

export const decisionCommands = {
  /** Records under a key (absent: all), and where the next call goes on; null after the last. */
  "decision-list": command(
    z.strictObject({
      key: z.string().optional(),
      fromMs: z.number(),
      toMs: z.number(),
      order: z.enum(["oldest-first", "newest-first"]),
      limit: z.int().min(1).max(ROWS_PER_CALL_MAX),
      after: z.strictObject({ atMs: z.number(), id: z.string() }).optional(),
    }),
    async ({ administration: { store } }, { key, after, ...rest }) => {
      const query: DecisionQuery = {
        ...rest,
        ...(key === undefined ? {} : { key }),
        ...(after === undefined ? {} : { after }),
      };
      const rows = await store.findDecisions(query);
      const last = rows.length < rest.limit ? undefined : rows.at(-1);
      return ok({
        records: rows.map(({ record }) => JSON.parse(record) as DecisionRecord),
        next: last === undefined ? null : { atMs: last.atMs, id: last.id },
      });
    },
  ),
};
