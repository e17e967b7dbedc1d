import assert from "node:assert/strict";
import { test } from "node:test";
import { policy } from "../../test/fakes/evidence.ts";
import { RECORDED_RECIPIENTS_MAX } from "../verdict/decision-record.ts";
import { DecisionDraft } from "./decision-draft.ts";

test("a record has so many recipients and no more", () => {
  const draft = new DecisionDraft("id", 0, "mail", "");
  const reply = { code: 550, status: "5.1.1", text: "No such user" } as const;
  for (let i = 0; i < RECORDED_RECIPIENTS_MAX + 50; i++) {
    draft.addRecipient({ address: `${i}@local.test`, accepted: false, reason: "unknown-recipient", reply });
  }
  const client = { session: "s", listener: "smtp", address: "192.0.2.1", name: null, account: null } as const;
  const { recipients } = draft.toRecord({ ...client, judged: "judged" }, policy(), "settings");
  assert.equal(recipients.length, RECORDED_RECIPIENTS_MAX);
});
