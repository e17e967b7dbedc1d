/** The record of a client that was sent away before it said a word: nothing is known but where it came from. */
import type { Connection } from "#ports/connection.ts";
import type { Judge } from "#reception/judge.ts";
import { DECISION_RECORD_VERSION, type DecisionRecord } from "#verdict/decision-record.ts";

type Why = Pick<
  DecisionRecord,
  "listener" | "evidence" | "verdict" | "disposition" | "reasons" | "reply" | "whatWouldChangeIt"
>;

export function refusedAtConnect(
  { id, remote }: Pick<Connection, "id" | "remote">,
  { clock, settingsName }: Pick<Judge["deps"], "clock" | "settingsName">,
  why: Why,
): DecisionRecord {
  return {
    version: DECISION_RECORD_VERSION,
    id,
    session: id,
    atMs: clock.now(),
    clientAddress: remote.address,
    clientName: null,
    account: null,
    mailFrom: null,
    recipients: [],
    message: null,
    messageId: null,
    stage: "connect",
    judged: "judged",
    settings: settingsName,
    ...why,
  };
}
