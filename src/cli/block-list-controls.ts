/** Control commands for our own block list. The store tells every thread of the change. */
import { z } from "zod";
import { type BlockEntry, entryProblemText, isLive, makeEntry, scopeCovers } from "#gate/block-list/entry.ts";
import { parseImport } from "#gate/block-list/import.ts";
import { PrefixTable } from "#gate/block-list/prefix-table.ts";
import { parseIp } from "#gate/network/ip-address.ts";
import { formatPrefix, type Prefix, parsePrefix, prefixesOverlap, prefixHolds } from "#gate/network/prefix.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { BlockListKey, BlockListRow } from "#store/decision-row.ts";
import type { Store } from "#store/store.ts";
import { type ControlContext, command } from "./control-entry.ts";

const scope = z.enum(["smtp", "auth", "all"]);
/** What may be said of a new entry. Without `forMs` it stands until it is taken off. */
const about = {
  scope,
  forMs: z.number().positive().nullable(),
  reason: z.string(),
};

/** Whose login from a banned network counts as being met there. Milliseconds. */
const BLAST_RADIUS_MS = 30 * 24 * 60 * 60 * 1000;
/** Accounts named for one entry; the others are counted. */
const NAMED_ACCOUNTS_MAX = 10;

export interface ListedEntry extends BlockListRow {
  /** Accounts that logged in from there in the last 30 days. */
  readonly accounts: { readonly count: number; readonly named: readonly string[] };
}

export const blockListCommands = {
  "block-list-put": command(
    z.strictObject({ prefix: z.string(), kind: z.enum(["ban", "allow"]), ...about }),
    async (context, { prefix, kind, ...fields }) => {
      const { store } = context.administration;
      const entry = newEntry(context, { prefix, kind, ...fields, origin: "admin" });
      if (!entry.ok) return entry;
      const lifted = kind === "allow" ? await liftedBy(entry.value, store) : [];
      await store.putBlockList([entry.value]);
      await lift(lifted, context);
      const [listed] = await withAccounts([entry.value], context);
      return ok({ entry: listed ?? { ...entry.value, accounts: NOBODY }, lifted });
    },
  ),
  /**
   * Takes off the entries of exactly this prefix; of no scope given, those of all. `covering`: what holds it all the same.
   * `ofOtherKind`: what stays of exactly this prefix.
   */
  "block-list-remove": command(
    z.strictObject({ prefix: z.string(), kind: z.enum(["ban", "allow"]), scope: scope.nullable() }),
    async (context, { prefix, kind, scope: ofScope }) => {
      const { store, clock } = context.administration;
      const parsed = parsePrefix(prefix);
      if (!parsed.ok) return failed(`bad-prefix: ${entryProblemText(parsed.problem)}`);
      const text = formatPrefix(parsed.value);
      const all = await store.listBlockList();
      const removed = all.filter(
        (row) => row.prefix === text && row.kind === kind && (ofScope === null || row.scope === ofScope),
      );
      await lift(removed, context);
      const covering = all.filter((row) => row.kind === kind && !removed.includes(row) && covers(row, parsed.value));
      const ofOtherKind = all.filter((row) => row.prefix === text && row.kind !== kind && isLive(row, clock.now()));
      return ok({ removed, covering, ofOtherKind });
    },
  ),
  /** @param prefix those that hold it or are inside it; null: all. Newest first, `total` before the limit. */
  "block-list-list": command(
    z.strictObject({ prefix: z.string().nullable(), limit: z.int().positive().nullable() }),
    async (context, { prefix, limit }) => {
      const { store, clock } = context.administration;
      const wanted = prefix === null ? undefined : parsePrefix(prefix);
      if (wanted?.ok === false) return failed(`bad-prefix: ${entryProblemText(wanted.problem)}`);
      const live = (await store.listBlockList()).filter((row) => isLive(row, clock.now()));
      const found = wanted === undefined ? live : live.filter((row) => touches(row, wanted.value));
      const newest = found.toSorted((one, other) => other.sinceMs - one.sinceMs);
      const shown = limit === null ? newest : newest.slice(0, limit);
      return ok({ total: found.length, entries: await withAccounts(shown, context) });
    },
  ),
  /** All or nothing. What is wrong is in the value: it has line numbers. */
  "block-list-import": command(z.strictObject({ text: z.string(), ...about }), async (context, { text, ...fields }) => {
    const found = parseImport(text, (prefix) => context.protectedReason(prefix));
    if (!found.ok) return ok({ imported: 0, ...found.problem });
    const entries: BlockEntry[] = [];
    for (const prefix of found.value) {
      const entry = newEntry(context, { prefix, kind: "ban", ...fields, origin: "import" });
      if (!entry.ok) return entry;
      entries.push(entry.value);
    }
    await context.administration.store.putBlockList(entries);
    return ok({ imported: entries.length, badLines: [], more: 0 });
  }),
};

const NOBODY: ListedEntry["accounts"] = { count: 0, named: [] };

function newEntry(
  { administration: { clock }, protectedReason }: ControlContext,
  {
    forMs,
    ...fields
  }: Pick<BlockEntry, "prefix" | "kind" | "scope" | "reason" | "origin"> & { readonly forMs: number | null },
): Result<BlockEntry, string> {
  const sinceMs = clock.now();
  const untilMs = forMs === null ? null : sinceMs + forMs;
  const entry = makeEntry({ ...fields, evidence: [], sinceMs, untilMs, repeat: 0 });
  if (!entry.ok) return failed(`bad-prefix: ${entryProblemText(entry.problem)}`);
  const prefix = parsePrefix(entry.value.prefix);
  const reason = fields.kind === "ban" && prefix.ok ? protectedReason(prefix.value) : undefined;
  return reason === undefined ? entry : failed(`never-banned: ${reason}`);
}

/** Bans inside what is allowed now. */
async function liftedBy(
  allow: Pick<BlockEntry, "prefix" | "scope">,
  store: Pick<Store, "listBlockList">,
): Promise<readonly BlockListRow[]> {
  const outer = parsePrefix(allow.prefix);
  if (!outer.ok) return [];
  const isInside = (row: BlockListRow): boolean => {
    const inner = parsePrefix(row.prefix);
    return inner.ok && prefixHolds(outer.value, inner.value);
  };
  const all = await store.listBlockList();
  return all.filter((row) => row.kind === "ban" && scopeCovers(allow.scope, row.scope) && isInside(row));
}

async function lift(rows: readonly BlockListRow[], { administration, gatekeeper }: ControlContext): Promise<void> {
  if (rows.length === 0) return;
  await administration.store.removeBlockList(rows.map(keyOf));
  for (const row of rows) if (row.origin === "rule") gatekeeper()?.lifted(keyOf(row));
}

function covers(row: BlockListRow, inner: Prefix): boolean {
  const outer = parsePrefix(row.prefix);
  return outer.ok && prefixHolds(outer.value, inner);
}

function touches(row: BlockListRow, wanted: Prefix): boolean {
  const prefix = parsePrefix(row.prefix);
  return prefix.ok && prefixesOverlap(prefix.value, wanted);
}

function keyOf({ prefix, scope: ofScope, kind }: BlockListRow): BlockListKey {
  return { prefix, scope: ofScope, kind };
}

/** Who would be hit: each login of the last 30 days is put to the networks that hold its address. */
async function withAccounts(
  rows: readonly BlockListRow[],
  { administration: { store, clock } }: ControlContext,
): Promise<readonly ListedEntry[]> {
  const seen = new PrefixTable<Set<number>>();
  const parsed = rows.map((row) => parsePrefix(row.prefix));
  for (const prefix of parsed) if (prefix.ok) seen.set(prefix.value, new Set());
  for (const { address, accountId } of await store.listLogins(clock.now() - BLAST_RADIUS_MS)) {
    const ip = parseIp(address);
    if (ip !== undefined) seen.visitHolding(ip, (accounts) => accounts.add(accountId));
  }
  const addresses = new Map((await store.listAccounts()).map(({ id, address }) => [id, address]));
  return rows.map((row, index) => {
    const prefix = parsed[index];
    const ids = prefix?.ok === true ? [...(seen.get(prefix.value) ?? [])] : [];
    const named = ids.flatMap((id) => addresses.get(id) ?? []).toSorted();
    return { ...row, accounts: { count: named.length, named: named.slice(0, NAMED_ACCOUNTS_MAX) } };
  });
}
