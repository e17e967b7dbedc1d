import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { type CorrespondentMemory, Correspondents } from "./correspondents.ts";
import { NOTED_AGAIN_MS } from "./limits.ts";

const ALICE = new Map([[1, "alice@example.test"]]);

function open() {
  const rows: { accountId: number; address: string; lastMs: number }[] = [];
  const clock = new FakeClock();
  const log = new FakeLog();
  const memory: CorrespondentMemory & { failure?: Error | undefined } = {
    putCorrespondents: async (accountId, addresses, nowMs) => {
      if (memory.failure !== undefined) throw memory.failure;
      for (const address of addresses) rows.push({ accountId, address, lastMs: nowMs });
    },
    findCorrespondents: (accountIds, addresses) =>
      Promise.resolve(
        rows.filter(({ accountId, address }) => accountIds.includes(accountId) && addresses.includes(address)),
      ),
  };
  return { correspondents: new Correspondents(memory, { clock, log }), rows, clock, log, memory };
}

suite("correspondents", () => {
  test("whoever was written to is known by envelope and by author, however it was spelled", async () => {
    const { correspondents } = open();
    await correspondents.wrote(1, ["Friend@Far.Example"]);
    const find = async (mailFrom: string, author: string) =>
      (await correspondents.writtenTo(ALICE, { mailFrom, author })).map(({ account, matched }) => [account, matched]);
    assert.deepEqual(await find("friend@far.example", ""), [["alice@example.test", "mail-from"]]);
    assert.deepEqual(await find("bounce@list.example", "FRIEND@far.example"), [["alice@example.test", "author"]]);
    assert.deepEqual(await find("friend@far.example", "friend@far.example"), [
      ["alice@example.test", "mail-from"],
      ["alice@example.test", "author"],
    ]);
    assert.deepEqual(await find("", "not an address"), []);
    assert.deepEqual(await correspondents.writtenTo(new Map(), { mailFrom: "friend@far.example", author: "" }), []);
  });

  test("a busy correspondence is noted now and then", async () => {
    const { correspondents, rows, clock } = open();
    clock.advance(NOTED_AGAIN_MS);
    for (let i = 0; i < 3; i++) await correspondents.wrote(1, ["a@far.example", "a@far.example"]);
    await correspondents.wrote(2, ["a@far.example"]);
    assert.equal(rows.length, 2);
    clock.advance(NOTED_AGAIN_MS);
    await correspondents.wrote(1, ["a@far.example"]);
    assert.equal(rows.length, 3);
  });

  test("a store that fails loses a note, and no more", async () => {
    const { correspondents, rows, clock, log, memory } = open();
    clock.advance(NOTED_AGAIN_MS);
    memory.failure = new Error("the disk");
    await correspondents.wrote(1, ["a@far.example"]);
    assert.equal(log.lines[0]?.event, "correspondents-not-noted");
    memory.failure = undefined;
    await correspondents.wrote(1, ["a@far.example"]);
    assert.equal(rows.length, 1);
  });
});
