import assert from "node:assert/strict";
import test from "node:test";
import type { Directory } from "#identity/directory.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FROM_MALFORMED, judgeHeaderFrom, judgeMailFrom } from "./sender-policy.ts";

test("a From address too long to be anybody's is refused unasked: its normal form takes the square of its marks", async () => {
  const directory = { maySendAs: () => assert.fail("asked") } as Partial<Directory> as Directory;
  const mailbox = `a${"\u0300\u0316".repeat(500)}`;
  const from = [{ name: null, route: null, mailbox, host: "example.org" }];
  assert.deepEqual(
    await judgeHeaderFrom(directory, { accountId: 1, address: "alice@example.org" }, from, new FakeLog()),
    FROM_MALFORMED,
  );
});

test("a session whose account was disabled meanwhile begins no message, not with the null path either", async () => {
  const directory = { senderAddresses: async () => [] } as Partial<Directory> as Directory;
  const answer = await judgeMailFrom(directory, { accountId: 1, address: "alice@example.org" }, null, new FakeLog());
  assert.equal(answer.code, 421);
});
