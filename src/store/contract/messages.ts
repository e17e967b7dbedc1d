import assert from "node:assert/strict";
import { scanMessage } from "#mail/mime/scanner.ts";
import { READ_OCTETS_MAX, ROWS_PER_CALL_MAX } from "../limits.ts";
import { messageIndexOf } from "../message-index.ts";
import type { ContractTests } from "./contract-tests.ts";
import {
  delivery,
  folderNamed,
  messageText,
  newMessage,
  someAccount,
  toInbox,
  wholeContent,
} from "./messages-for-tests.ts";

export const messageContract: ContractTests = {
  "a delivery is stored once for all its recipients, trace fields in front": async (store) => {
    const alice = await someAccount(store);
    const bob = await someAccount(store, "bob@example.test");
    const octets = messageText("hello");
    const prefix = Buffer.from("Received: from there\r\n");
    const targets = [
      toInbox(alice.account.id),
      { accountId: bob.account.id, folder: "junk", flags: ["$Junk"] } as const,
    ];
    const placed = await store.deliver(delivery(octets, targets, { prefix }));
    const junk = await folderNamed(store, bob.account.id, "Junk");
    assert.deepEqual(placed, {
      ok: true,
      value: [
        { accountId: alice.account.id, folderId: alice.inbox.id, uid: 1 },
        { accountId: bob.account.id, folderId: junk.id, uid: 1 },
      ],
    });
    const [mine] = await store.fetchRows(alice.inbox.id, [1], { index: true });
    const [theirs] = await store.fetchRows(junk.id, [1], { index: false });
    assert.equal(mine?.blobId, theirs?.blobId);
    assert.deepEqual(theirs?.flags, ["$Junk"]);
    assert.equal(mine?.internalDateMs, 2_000_000);
    const whole = Buffer.concat([prefix, octets]);
    assert.ok(mine !== undefined);
    assert.deepEqual(messageIndexOf(mine), scanMessage(whole));
    assert.deepEqual(await wholeContent(store, mine?.blobId ?? 0), whole);
    const { usedOctets, usedMessages } = (await store.findAccount(alice.account.id)) ?? {};
    assert.deepEqual([usedOctets, usedMessages], [whole.length, 1]);
  },

  "any range of a message can be read, however it is kept": async (store) => {
    const { account, inbox } = await someAccount(store);
    const noise = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 251));
    const prefix = Buffer.from("Received: x\r\n");
    // Small; large enough to be packed; a file with its prefix in the database.
    for (const octets of [
      messageText("s"),
      messageText("m", 50_000),
      messageText("f", 200_000, noise.toString("latin1")),
    ]) {
      const placed = await store.deliver(delivery(octets, [toInbox(account.id)], { prefix }));
      const uid = placed.ok ? (placed.value[0]?.uid ?? 0) : 0;
      const [row] = await store.fetchRows(inbox.id, [uid], { index: false });
      const whole = Buffer.concat([prefix, octets]);
      for (const [start, end] of [
        [0, 5],
        [5, 25],
        [13, 14],
        [12, 40],
        [20, 20],
        [whole.length - 3, whole.length + 99],
        [whole.length + 5, whole.length + 9],
        [0, whole.length],
      ] as const) {
        const read = await store.readContent(row?.blobId ?? 0, start, end);
        assert.deepEqual(Buffer.from(read ?? []), whole.subarray(start, end), `${whole.length} [${start}, ${end})`);
        const blobId = row?.blobId ?? 0;
        const many = await store.readContents([{ blobId: 99_999, start, end }, ...twice({ blobId, start, end })]);
        assert.deepEqual(many, [undefined, ...twice(read)]);
      }
    }
    assert.equal(await store.readContent(99_999, 0, 1), undefined);
    assert.deepEqual(await store.readContents([]), []);
    const tooMuch = twice({ blobId: 1, start: 0, end: READ_OCTETS_MAX / 2 + 1 });
    await assert.rejects(store.readContents(tooMuch), RangeError);
    const tooMany = Array.from({ length: ROWS_PER_CALL_MAX + 1 }, () => ({ blobId: 1, start: 0, end: 0 }));
    await assert.rejects(store.readContents(tooMany), RangeError);
  },

  "a message's id is never another's: who still holds it reads no stranger's mail": async (store) => {
    const alice = await someAccount(store);
    const bob = await someAccount(store, "bob@example.test");
    await store.appendMessage(alice.inbox.id, newMessage(messageText("old")));
    const [old] = await store.fetchRows(alice.inbox.id, [1], { index: false });
    await store.expunge(alice.inbox.id, null, { force: true });
    await store.appendMessage(bob.inbox.id, newMessage(messageText("secret")));
    const [secret] = await store.fetchRows(bob.inbox.id, [1], { index: false });
    assert.notEqual(secret?.blobId, old?.blobId);
  },

  "an account that has gone since RCPT is left out of a delivery": async (store) => {
    const { account } = await someAccount(store);
    const placed = await store.deliver(delivery(messageText("x"), [toInbox(account.id + 1), toInbox(account.id)]));
    assert.equal(placed.ok && placed.value.length, 1);
  },

  "APPEND and COPY respect the quota, a delivery and a MOVE do not": async (store) => {
    const { account, inbox } = await someAccount(store, "alice@example.test", 1000);
    const trash = await folderNamed(store, account.id, "Trash");
    const message = newMessage(messageText("big", 600));
    assert.equal((await store.appendMessage(inbox.id, message)).ok, true);
    const refused = { ok: false, problem: "over-quota" } as const;
    assert.deepEqual(await store.appendMessage(inbox.id, message), refused);
    assert.deepEqual(await store.copyMessages(inbox.id, [1], trash.id, { move: false }), refused);
    assert.equal((await store.copyMessages(inbox.id, [1], trash.id, { move: true })).ok, true);
    assert.equal((await store.deliver(delivery(messageText("x", 600), [toInbox(account.id)]))).ok, true);
    assert.equal((await store.copyMessages(inbox.id, [77], trash.id, { move: false })).ok, true);
  },

  "what is done to a folder that is gone changes nothing": async (store) => {
    const { inbox } = await someAccount(store);
    const gone = { ok: false, problem: "no-such-folder" } as const;
    assert.deepEqual(await store.appendMessage(99, newMessage(messageText("x"))), gone);
    assert.deepEqual(await store.copyMessages(inbox.id, [1], 99, { move: false }), gone);
    assert.deepEqual(await store.expunge(99, null, { force: true }), { uids: [], highestModSeq: 0 });
    const change = { operation: "set", flags: [] } as const;
    assert.deepEqual(await store.changeFlags(99, [1], change), { changed: [], refused: [], highestModSeq: 0 });
    assert.equal(await store.changesSince(99, 0), undefined);
    assert.equal((await store.search(99, { kind: "all" })).uids.length, 0);
  },

  "copies keep flags and date, are recent, and say their UIDs (RFC 4315)": async (store) => {
    const { account, inbox } = await someAccount(store);
    const sent = await folderNamed(store, account.id, "Sent");
    await store.appendMessage(inbox.id, newMessage(messageText("a"), [], 1));
    await store.appendMessage(inbox.id, newMessage(messageText("b"), [String.raw`\Flagged`, "Work"], 2));
    await store.expunge(inbox.id, [1], { force: true });
    const copied = await store.copyMessages(inbox.id, [2, 1], sent.id, { move: false });
    assert.deepEqual(copied, { ok: true, value: { uidValidity: sent.uidValidity, pairs: [[2, 1]] } });
    const [row] = await store.fetchRows(sent.id, [1], { index: false });
    assert.deepEqual([row?.flags, row?.internalDateMs], [[String.raw`\Flagged`, "Work"], 2]);
    assert.equal((await folderNamed(store, account.id, "Sent")).recent, 1);
    await store.expunge(inbox.id, null, { force: true });
    assert.equal((await wholeContent(store, row?.blobId ?? 0))?.toString(), messageText("b").toString());
  },

  "a move gives new UIDs, in the same folder too (RFC 6851)": async (store) => {
    const { account, inbox } = await someAccount(store);
    for (const name of ["a", "b", "c"]) await store.appendMessage(inbox.id, newMessage(messageText(name)));
    const moved = await store.copyMessages(inbox.id, [1, 3], inbox.id, { move: true });
    assert.deepEqual(moved.ok && moved.value.pairs, [
      [1, 4],
      [3, 5],
    ]);
    assert.deepEqual([...(await store.listUids(inbox.id))], [2, 4, 5]);
    assert.deepEqual((await store.changesSince(inbox.id, 4))?.expunged, [1, 3]);
    assert.equal((await folderNamed(store, account.id, "INBOX")).messages, 3);
  },

  "octets that were read are the caller's: moving them to another thread takes them from nobody else": async (
    store,
  ) => {
    const { inbox } = await someAccount(store);
    for (const octets of [200, 20_000, 60_000]) {
      const whole = messageText("mine", octets);
      const added = await store.appendMessage(inbox.id, newMessage(whole));
      const [row] = await store.fetchRows(inbox.id, [added.ok ? added.value.uid : 0], { index: false });
      for (let time = 0; time < 3; time++) {
        const read = await store.readContent(row?.blobId ?? 0, 0, whole.length);
        assert.deepEqual(Buffer.from(read ?? []), Buffer.from(whole));
        if (read !== undefined && read.byteLength === read.buffer.byteLength) {
          structuredClone(read, { transfer: [read.buffer as ArrayBuffer] });
        }
      }
    }
  },

  "rows come in ascending UID, unknown ones are left out, and a call has a bound": async (store) => {
    const { inbox } = await someAccount(store);
    for (const name of ["a", "b", "c"]) await store.appendMessage(inbox.id, newMessage(messageText(name)));
    const rows = await store.fetchRows(inbox.id, [3, 99, 1, 3], { index: false });
    assert.deepEqual(
      rows.map(({ uid, indexJson }) => [uid, indexJson]),
      [
        [1, undefined],
        [3, undefined],
      ],
    );
    const many = Array.from({ length: ROWS_PER_CALL_MAX + 1 }, (_, i) => i + 1);
    await assert.rejects(store.fetchRows(inbox.id, many, { index: false }), RangeError);
  },

  "a new message is recent for one caller only (RFC 3501 §2.3.2)": async (store) => {
    const { account, inbox } = await someAccount(store);
    const recent = async () => (await folderNamed(store, account.id, "INBOX")).recent;
    await store.appendMessage(inbox.id, newMessage(messageText("a")));
    await store.appendMessage(inbox.id, newMessage(messageText("b")));
    await store.expunge(inbox.id, [1], { force: true });
    assert.equal(await recent(), 1);
    assert.deepEqual(await store.claimRecent(inbox.id), { fromUid: 1 });
    assert.equal(await recent(), 0);
    assert.deepEqual(await store.claimRecent(inbox.id), { fromUid: 3 });
    await store.appendMessage(inbox.id, newMessage(messageText("c")));
    assert.deepEqual(await store.claimRecent(inbox.id), { fromUid: 3 });
  },
};

function twice<Value>(value: Value): readonly [Value, Value] {
  return [value, value];
}
