/** Control commands for mail that is kept back: see it, let it through, remove it. */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { parseSenderSubject } from "#evidence/sender-lists/sender-lists.ts";
import { findAccount } from "#identity/administration.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { READ_OCTETS_MAX, ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { QuarantineRow } from "#store/quarantine-row.ts";
import type { Store } from "#store/store.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { type ControlContext, command } from "./control-entry.ts";

/** Octets of a message in which its header is looked for; longer ones are cut for showing. */
const HEADER_OCTETS_MAX = 64 * 1024;
const HEADER_END = Buffer.from("\r\n\r\n");

export interface QuarantinedDetails {
  readonly row: QuarantineRow;
  /** Null: its time is over. */
  readonly decision: DecisionRecord | null;
  /** Null: the message is not kept any more. */
  readonly header: string | null;
}

export const quarantineCommands = {
  /** What is held, newest first; `next` is where the next page goes on, null after the last. */
  "quarantine-list": command(
    z.strictObject({
      account: z.string().optional(),
      after: z.string().optional(),
      limit: z.int().min(1).max(ROWS_PER_CALL_MAX),
    }),
    async ({ administration: { store } }, { account, after, limit }) => {
      const found = account === undefined ? undefined : await findAccount(store, account);
      if (found?.ok === false) return found;
      const before = after === undefined ? undefined : await store.findQuarantined(idOf(after));
      if (after !== undefined && before === undefined) return failed("not-in-quarantine");
      const rows = await store.listQuarantine({
        ...(found === undefined ? {} : { accountId: found.value.id }),
        ...(before === undefined ? {} : { after: before }),
        limit,
      });
      const next = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
      return ok({ rows, next, figures: await store.countQuarantine() });
    },
  ),
  "quarantine-show": command(z.strictObject({ id: z.string() }), async ({ administration: { store } }, { id }) => {
    const row = await store.findQuarantined(idOf(id));
    if (row === undefined) return failed("not-in-quarantine");
    return ok<QuarantinedDetails>({
      row,
      decision: await decisionOf(store, row.id),
      header: await headerOf(store, row),
    });
  }),
  /** A piece of the message, in base64; `isLast` when there is no more behind it. */
  "quarantine-read": command(
    z.strictObject({ id: z.string(), start: z.int().nonnegative() }),
    async ({ administration: { store } }, { id, start }) => {
      const row = await store.findQuarantined(idOf(id));
      if (row === undefined) return failed("not-in-quarantine");
      const piece =
        row.blobId === null ? undefined : await store.readContent(row.blobId, start, start + READ_OCTETS_MAX);
      if (piece === undefined) return failed("no-longer-kept");
      const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("base64");
      return ok({ octets, isLast: start + piece.length >= row.sizeOctets });
    },
  ),
  /** Into the inbox of its recipients, or of those named; `allow`: the sender is let in for them from now on. */
  "quarantine-release": command(
    z.strictObject({ id: z.string(), to: z.array(z.string()).optional(), allow: z.boolean() }),
    async (context, { id, to, allow }) => {
      const { store, clock } = context.administration;
      const row = await store.findQuarantined(idOf(id));
      if (row === undefined) return failed("not-in-quarantine");
      const accounts = await accountIds(store, to);
      if (!accounts.ok) return accounts;
      const released = await store.releaseQuarantined(row.id, accounts.value, clock.now());
      if (!released.ok) return released;
      const names = [...released.value.released, ...released.value.already];
      return ok({ ...released.value, allowed: allow ? await allowSender(context, row, names) : null });
    },
  ),
  "quarantine-remove": command(z.strictObject({ id: z.string() }), ({ administration: { store, clock } }, { id }) =>
    store.removeQuarantined(idOf(id), clock.now()),
  ),
};

/** As pasted from a reply: in brackets, in lower case. */
function idOf(text: string): string {
  return text
    .trim()
    .replace(/^\((.*)\)$/, "$1")
    .toUpperCase();
}

async function accountIds(
  store: Store,
  addresses: readonly string[] | undefined,
): Promise<Result<readonly number[] | null, string>> {
  if (addresses === undefined) return ok(null);
  const ids: number[] = [];
  for (const address of addresses) {
    const found = await findAccount(store, address);
    if (!found.ok) return failed(`recipient-${found.problem}: ${address}`);
    ids.push(found.value.id);
  }
  return ok(ids);
}

/** The subject that was put on the list; null where there is no sender. */
async function allowSender(
  { administration: { store, clock } }: ControlContext,
  { mailFrom, id }: QuarantineRow,
  scopes: readonly string[],
): Promise<string | null> {
  const subject = parseSenderSubject(mailFrom);
  if (subject === undefined) return null;
  for (const scope of scopes) {
    await store.putSender({ subject, scope, kind: "allow", note: `released ${id}`, sinceMs: clock.now() });
  }
  return subject;
}

async function decisionOf(store: Store, id: string): Promise<DecisionRecord | null> {
  const query = { key: id, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1 };
  const [row] = await store.findDecisions(query);
  return row === undefined ? null : (JSON.parse(row.record) as DecisionRecord);
}

async function headerOf(store: Store, { blobId }: QuarantineRow): Promise<string | null> {
  const octets = blobId === null ? undefined : await store.readContent(blobId, 0, HEADER_OCTETS_MAX);
  if (octets === undefined) return null;
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const end = buffer.indexOf(HEADER_END);
  return buffer.toString("utf8", 0, end === -1 ? buffer.length : end);
}
