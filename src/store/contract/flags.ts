import assert from "node:assert/strict";
import { KEYWORDS_PER_MESSAGE_MAX } from "../limits.ts";
import type { FlagChange, StoreEvent } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { folderNamed, messageText, newMessage, someAccount } from "./messages-for-tests.ts";

const SEEN = String.raw`\Seen`;
const DELETED = String.raw`\Deleted`;

export const flagContract: ContractTests = {
  "flags are set, added and removed; case makes no difference, the first spelling stays": async (store) => {
    const { account, inbox } = await someAccount(store);
    await store.appendMessage(inbox.id, newMessage(messageText("a"), [String.raw`\SEEN`, "Work", String.raw`\Recent`]));
    const flagsAfter = async (operation: FlagChange["operation"], ...flags: string[]) =>
      (await store.changeFlags(inbox.id, [1], { operation, flags })).changed[0]?.flags;
    assert.deepEqual(await flagsAfter("add", "work", "$Later"), [SEEN, "Work", "$Later"]);
    assert.deepEqual(await flagsAfter("remove", "WORK", String.raw`\seen`), ["$Later"]);
    assert.deepEqual(await flagsAfter("set", DELETED, "wORK"), [DELETED, "Work"]);
    const { unseen, deleted } = await folderNamed(store, account.id, "INBOX");
    assert.deepEqual([unseen, deleted], [1, 1]);
  },

  "keywords on a message have a bound, and what is no atom is left out": async (store) => {
    const { inbox } = await someAccount(store);
    const many = Array.from({ length: KEYWORDS_PER_MESSAGE_MAX + 9 }, (_, i) => `k${i}`);
    await store.appendMessage(inbox.id, newMessage(messageText("a"), ["two words", "", String.raw`\Other`, ...many]));
    const [row] = await store.fetchRows(inbox.id, [1], { index: false });
    assert.deepEqual(row?.flags, many.slice(0, KEYWORDS_PER_MESSAGE_MAX));
  },

  "every message addressed is answered, and one mod-sequence is for those that changed (RFC 7162 §3.1)": async (
    store,
  ) => {
    const { inbox } = await someAccount(store);
    for (const flags of [[], [SEEN], []]) await store.appendMessage(inbox.id, newMessage(messageText("a"), flags));
    assert.equal((await store.changesSince(inbox.id, 0))?.highestModSeq, 4);
    const { changed, highestModSeq } = await store.changeFlags(inbox.id, [1, 2, 3, 9], {
      operation: "add",
      flags: [SEEN],
    });
    assert.deepEqual(
      changed.map(({ uid, modSeq }) => [uid, modSeq]),
      [
        [1, 5],
        [2, 3],
        [3, 5],
      ],
    );
    assert.equal(highestModSeq, 5);
  },

  "UNCHANGEDSINCE leaves alone what changed meanwhile (RFC 7162 §3.1.3)": async (store) => {
    const { inbox } = await someAccount(store);
    for (const name of ["a", "b"]) await store.appendMessage(inbox.id, newMessage(messageText(name)));
    const { refused, changed } = await store.changeFlags(inbox.id, [1, 2], {
      operation: "add",
      flags: [SEEN],
      unchangedSince: 2,
    });
    assert.deepEqual([refused, changed.map(({ uid }) => uid)], [[2], [1]]);
  },

  "EXPUNGE removes what carries \\Deleted, of all or of some, and force removes anything": async (store) => {
    const { inbox } = await someAccount(store);
    for (const flags of [[DELETED], [DELETED], [], []]) {
      await store.appendMessage(inbox.id, newMessage(messageText("a"), flags));
    }
    assert.deepEqual((await store.expunge(inbox.id, [1, 3], { force: false })).uids, [1]);
    assert.deepEqual((await store.expunge(inbox.id, null, { force: false })).uids, [2]);
    assert.deepEqual((await store.expunge(inbox.id, [3, 3], { force: true })).uids, [3]);
    assert.deepEqual((await store.expunge(inbox.id, null, { force: true })).uids, [4]);
    assert.deepEqual((await store.expunge(inbox.id, null, { force: true })).uids, []);
  },

  "changes since a mod-sequence are the folder as it stands now": async (store) => {
    const { account, inbox } = await someAccount(store);
    const events: StoreEvent[] = [];
    store.onEvent((event) => events.push(event));
    for (const name of ["a", "b", "c"]) await store.appendMessage(inbox.id, newMessage(messageText(name)));
    const { highestModSeq: then } = await folderNamed(store, account.id, "INBOX");
    await store.changeFlags(inbox.id, [3], { operation: "add", flags: [SEEN] });
    await store.expunge(inbox.id, [1], { force: true });
    await store.appendMessage(inbox.id, newMessage(messageText("d")));
    assert.deepEqual(await store.changesSince(inbox.id, then), {
      highestModSeq: then + 3,
      uidNext: 5,
      changed: [
        { uid: 3, flags: [SEEN], modSeq: then + 1 },
        { uid: 4, flags: [], modSeq: then + 3 },
      ],
      expunged: [1],
    });
    assert.deepEqual(events.at(-1), {
      kind: "folder",
      accountId: account.id,
      folderId: inbox.id,
      modSeq: then + 3,
    });
    assert.deepEqual((await store.changesSince(inbox.id, then + 3))?.changed, []);
  },
};
