import assert from "node:assert/strict";
import test from "node:test";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import { expungeMessages } from "./expunge-messages.ts";

test("a big expunge goes to the store in pieces, between which mail is taken", async () => {
  const marked = Uint32Array.from({ length: 2 * ROWS_PER_CALL_MAX + 1 }, (_, i) => i + 1);
  const pieces: number[] = [];
  const store = {
    search: async () => ({ uids: marked, highestModSeq: 1 }),
    expunge: async (_folder: number, uids: readonly number[] | null) => {
      pieces.push(uids?.length ?? Number.POSITIVE_INFINITY);
      return { uids: uids ?? [], highestModSeq: 1 };
    },
  };
  assert.deepEqual(await expungeMessages(store, 1, null), [...marked]);
  assert.deepEqual(pieces, [ROWS_PER_CALL_MAX, ROWS_PER_CALL_MAX, 1]);
});
