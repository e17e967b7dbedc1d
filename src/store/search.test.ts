import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { MimeScanner } from "#mail/mime/scanner.ts";
import type { MessageSource } from "./message-text.ts";
import { type SearchRow, searchFolder } from "./search.ts";
import type { SearchKey } from "./search-key.ts";

const NO_SOURCE: MessageSource = { index: () => undefined, read: () => undefined };

function row(uid: number, source: MessageSource, keywords: string | null = null): SearchRow {
  return { uid, flags: 0, keywords, modSeq: 1, internalDateMs: 0, sizeOctets: 1, sentDay: null, source };
}

function sourceOf(message: Buffer): MessageSource {
  const scanner = new MimeScanner();
  scanner.push(message);
  const index = scanner.finish();
  return { index: () => index, read: (start, end) => message.subarray(start, end) };
}

function not(key: SearchKey): SearchKey {
  return { kind: "not", key };
}

/** How often a search lets other reads have their turn, and what it finds. */
async function search(rows: readonly SearchRow[], key: SearchKey): Promise<{ turns: number; found: number[] }> {
  let turns = 0;
  const rowsAfter = (after: number, limit: number) => rows.filter(({ uid }) => uid > after).slice(0, limit);
  const found = await searchFolder({ rowsAfter }, key, async () => void turns++);
  return { turns, found: [...found] };
}

test("a thousand keys over rows let others have their turn", async () => {
  const rows = Array.from({ length: 999 }, (_, i) => row(i + 1, NO_SOURCE, `Label${i} other`));
  const keys = Array.from({ length: 1000 }, (_, i): SearchKey => ({ kind: "flag", flag: `label${i}x` }));
  const { turns, found } = await search(rows, { kind: "or", keys: [...keys, { kind: "flag", flag: "LABEL7" }] });
  assert.deepEqual(found, [8]);
  assert.ok(turns > 15, `${turns} turns`);
});

test("keys that ask a text which is held already let others have their turn", async () => {
  const source = sourceOf(Buffer.from(`To: ${"a@b.example,".repeat(5000)}\r\n\r\n${"words ".repeat(100_000)}`));
  const body = Array.from({ length: 20 }, (_, i) => not({ kind: "body", text: `nowhere${i}` }));
  const header = Array.from({ length: 200 }, (_, i) => not({ kind: "header", name: "to", text: `nowhere${i}` }));
  for (const keys of [body, header]) {
    const { turns, found } = await search([row(1, source)], { kind: "and", keys });
    assert.deepEqual(found, [1]);
    assert.ok(turns > 15, `${turns} turns`);
  }
});
