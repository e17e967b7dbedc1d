import assert from "node:assert/strict";
import { CORRESPONDENTS_PER_ACCOUNT_MAX, ROWS_PER_CALL_MAX } from "../limits.ts";
import type { SenderRow } from "../sender-row.ts";
import type { Store, StoreEvent } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { someAccount } from "./messages-for-tests.ts";

const DENIED: SenderRow = { subject: "@spam.example", scope: "", kind: "deny", note: "twice", sinceMs: 5 };

export const senderContract: ContractTests = {
  "an entry replaces the one of the same sender and recipients, and each change is told": async (store) => {
    const events = await told(store, async () => {
      await store.putSender(DENIED);
      await store.putSender({ ...DENIED, scope: "bob@example.test", kind: "allow" });
      await store.putSender({ ...DENIED, note: "three times" });
    });
    const entries = await store.listSenders();
    assert.deepEqual(
      entries.map(({ scope, kind, note }) => [scope, kind, note]),
      [
        ["", "deny", "three times"],
        ["bob@example.test", "allow", "twice"],
      ],
    );
    assert.ok(events.some(({ kind }) => kind === "senders"));
  },

  "what was taken off is off, for whom it was said": async (store) => {
    await store.putSender(DENIED);
    const { subject } = DENIED;
    const wrong = await store.removeSender({ subject, scope: "@example.test" });
    assert.deepEqual(wrong, { ok: false, problem: "no-such-entry-of-senders" });
    assert.deepEqual(await store.removeSender({ subject, scope: "" }), { ok: true, value: undefined });
    assert.deepEqual(await store.listSenders(), []);
  },

  "whom an account has written to is known for this account alone, and goes with it": async (store) => {
    const { account: alice } = await someAccount(store, "alice@example.test");
    const { account: bob } = await someAccount(store, "bob@example.test");
    await store.putCorrespondents(alice.id, ["friend@far.example", "shop@far.example"], 10);
    await store.putCorrespondents(alice.id, ["friend@far.example"], 20);
    const asked = [alice.id, bob.id];
    assert.deepEqual(await store.findCorrespondents(asked, ["friend@far.example", "x@far.example"]), [
      { accountId: alice.id, address: "friend@far.example", lastMs: 20 },
    ]);
    assert.deepEqual([await store.countCorrespondents(alice.id), await store.countCorrespondents(bob.id)], [2, 0]);
    await store.putSender({ ...DENIED, scope: "alice@example.test" });
    await store.removeAccount(alice.id);
    assert.deepEqual([await store.countCorrespondents(alice.id), await store.listSenders()], [0, []]);
    await store.putCorrespondents(alice.id, ["late@far.example"], 30);
    assert.equal(await store.countCorrespondents(alice.id), 0);
  },

  "of more than an account may have, the oldest are forgotten": async (store) => {
    const { account } = await someAccount(store);
    const calls = CORRESPONDENTS_PER_ACCOUNT_MAX / ROWS_PER_CALL_MAX;
    for (let call = 0; call <= calls; call++) {
      const names = Array.from({ length: ROWS_PER_CALL_MAX }, (_, i) => `${call}-${i}@far.example`);
      await store.putCorrespondents(account.id, names, call);
    }
    assert.equal(await store.countCorrespondents(account.id), CORRESPONDENTS_PER_ACCOUNT_MAX);
    const found = await store.findCorrespondents([account.id], ["0-0@far.example", "1-0@far.example"]);
    assert.deepEqual(
      found.map(({ address }) => address),
      ["1-0@far.example"],
    );
  },
};

async function told(store: Store, change: () => Promise<void>): Promise<readonly StoreEvent[]> {
  const events: StoreEvent[] = [];
  const stop = store.onEvent((event) => void events.push(event));
  await change();
  stop();
  return events;
}
