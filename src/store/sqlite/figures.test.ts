import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { delivery, keptBack, messageText, newMessage, toInbox, UNTIL_MS } from "../contract/messages-for-tests.ts";
import type { StoreOperation } from "./store-methods.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";
import { applyOne, openWriter } from "./writer-for-tests.ts";

const folderId = fc.integer({ min: 1, max: 13 }); // two accounts of six folders each, and one that is not there
const uids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
const flags = fc.subarray([String.raw`\Seen`, String.raw`\Deleted`, "Work"]);
const size = fc.constantFrom(100, 1000, 20_000, 140_000);

const operation: fc.Arbitrary<StoreOperation> = fc.oneof(
  fc.tuple(size, fc.subarray([1, 2])).map(([octets, accounts]): StoreOperation => {
    const targets = accounts.map(toInbox);
    return {
      method: "deliver",
      args: [delivery(messageText("d", octets), targets, { queued: [{ address: "x@example.org" }] })],
    };
  }),
  fc.tuple(folderId, size, flags).map(
    ([folder, octets, set]): StoreOperation => ({
      method: "appendMessage",
      args: [folder, newMessage(messageText("a", octets), set)],
    }),
  ),
  fc
    .tuple(folderId, uids, folderId, fc.boolean())
    .map(([from, which, to, move]): StoreOperation => ({ method: "copyMessages", args: [from, which, to, { move }] })),
  fc
    .tuple(folderId, fc.option(uids), fc.boolean())
    .map(([folder, which, force]): StoreOperation => ({ method: "expunge", args: [folder, which, { force }] })),
  fc.tuple(folderId, uids, fc.constantFrom("set", "add", "remove"), flags).map(
    ([folder, which, change, set]): StoreOperation => ({
      method: "changeFlags",
      args: [folder, which, { operation: change, flags: set }],
    }),
  ),
  folderId.map((folder): StoreOperation => ({ method: "claimRecent", args: [folder] })),
  fc.constantFrom("Sent", "Junk").map((name): StoreOperation => ({ method: "removeFolder", args: [1, name] })),
  fc.constantFrom("INBOX", "Sent").map((name): StoreOperation => ({ method: "renameFolder", args: [1, name, "x"] })),
  fc.tuple(size, fc.uuid(), fc.subarray([1, 2, 3])).map(([octets, id, accountIds]): StoreOperation => {
    const kept = keptBack(id, accountIds, messageText("q", octets), [toInbox(1)]);
    return { method: "deliver", args: [kept] };
  }),
  fc.constant<StoreOperation>({ method: "pruneQuarantine", args: [UNTIL_MS] }),
  fc
    .tuple(fc.nat(9), fc.constantFrom("remove", "hold", "release", "retry"))
    .map(([id, action]): StoreOperation => ({ method: "changeQueued", args: [{ id }, action, 3_000_000] })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).map(([jobsMax, isParked]): StoreOperation => {
    const parked = isParked ? [{ domain: "example.org", untilMs: 4_000_000 }] : [];
    const rooms = { rooms: [], roomDefault: 2, senderRooms: [], senderRoomDefault: 2 };
    return { method: "claimQueued", args: [{ nowMs: 3_000_000, jobsMax, recipientsPerJobMax: 1, parked, ...rooms }] };
  }),
  fc.tuple(fc.nat(9), fc.constantFrom("delivered", "failed", "dead", "waiting")).map(([id, kind]): StoreOperation => {
    const outcome = { kind, dueMs: 5_000_000, isDoubtful: false, isWarned: false };
    const results = [{ id, outcome, reply: null }];
    const settlement = { messageId: id, nowMs: 3_000_000, results, attempt: "{}", notices: [], suppress: [] };
    return { method: "settleQueued", args: [settlement] };
  }),
  fc.constant<StoreOperation>({ method: "recoverQueue", args: [3_000_000] }),
  fc.constant<StoreOperation>({ method: "pruneQueue", args: [0, 3_000_000] }),
);

test("every figure is what its messages add up to, whatever was done in whatever batches (R86)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { maxLength: 8 }), { minLength: 1, maxLength: 12 }),
      async (batches) => {
        const dataDir = temporaryFolder();
        const { writer, db } = openWriter(dataDir);
        for (const address of ["a@example.test", "b@example.test"]) {
          applyOne(writer, "createAccount", { address, quotaOctets: 500_000, nowMs: 0 });
        }
        for (const batch of batches) {
          const outcomes = writer.applyBatch(batch);
          assert.ok(outcomes.every(({ kind }) => kind === "value"));
          assert.deepEqual(verifySqliteStore(dataDir), []);
        }
        await writer.tidied();
        assert.equal(db.number("SELECT count(*) FROM blob WHERE reference_count = 0"), 0);
        assert.equal(db.number("SELECT count(*) FROM account WHERE used_octets < 0"), 0);
        writer.close();
      },
    ),
    { numRuns: 40 },
  );
});
