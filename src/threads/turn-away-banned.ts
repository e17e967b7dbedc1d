/** The block list at the door of IMAP and POP3. SMTP has its own look, as a session there goes on to be judged. */
import type { Accept, Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Judge } from "#reception/judge.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { type BlockListEntry, NO_EVIDENCE } from "#verdict/evidence.ts";
import { judge as judgeEvidence } from "#verdict/judge.ts";
import type { Verdict } from "#verdict/verdict.ts";
import { whatWouldChange } from "#verdict/what-would-change.ts";
import { refusedAtConnect } from "./refused-at-connect.ts";

type LoginProtocol = "imap" | "pop3";

/** The same accept for everybody who is not banned from logging in. */
export function turningAwayBanned(protocol: LoginProtocol, judge: Judge, accept: Accept): Accept {
  const { findBan, policies } = judge.deps;
  const policy = policies.standard;
  return (connection) => {
    const blockList = findBan(connection.remote.address, "auth");
    const verdict = blockList === undefined ? undefined : judgeEvidence({ ...NO_EVIDENCE, blockList }, policy);
    if (blockList === undefined || verdict === undefined) return accept(connection);
    const refused = { blockList, verdict, judge };
    if (verdict.reply !== null) return turnAway(connection, protocol, refused);
    // The rule is in shadow, or off.
    if (policy.modes.block_list === "shadow") record(connection, protocol, "", refused);
    return accept(connection);
  };
}

interface Refused {
  readonly blockList: BlockListEntry;
  readonly verdict: Verdict;
  readonly judge: Judge;
}

function turnAway(connection: Connection, protocol: LoginProtocol, refused: Refused): ConnectionHandler {
  const { verdict } = refused;
  const text = `${verdict.reply?.text.replaceAll("\n", "; ") ?? ""} (${connection.id})`;
  connection.write(refusalLine(protocol, refused.blockList, text));
  connection.end();
  record(connection, protocol, text, refused);
  return { octets: nothing, drained: nothing, timedOut: nothing, shutdown: nothing, closed: nothing };
}

function record(connection: Connection, protocol: LoginProtocol, text: string, refused: Refused): void {
  const { judge } = refused;
  if (!judge.isWorthARecord(connection.remote.address)) return;
  judge.deps.sink.record(recordOf(connection, protocol, text, refused));
}

/** Nothing that a mail program could take for a wrong password: RFC 5530 for IMAP, RFC 3206 for POP3. */
function refusalLine(protocol: LoginProtocol, { untilMs }: BlockListEntry, text: string): string {
  const isForEver = untilMs === null;
  if (protocol === "imap") return `* BYE [${isForEver ? "CONTACTADMIN" : "UNAVAILABLE"}] ${text}\r\n`;
  return `-ERR [${isForEver ? "SYS/PERM" : "SYS/TEMP"}] ${text}\r\n`;
}

function recordOf(
  connection: Connection,
  protocol: LoginProtocol,
  text: string,
  { blockList, verdict, judge }: Refused,
): DecisionRecord {
  const evidence = { ...NO_EVIDENCE, blockList };
  const { disposition, sum, reasons, rules, reply } = verdict;
  return refusedAtConnect(connection, judge.deps, {
    listener: protocol,
    evidence,
    verdict: { disposition, sum, reasons, rules },
    disposition,
    reasons,
    // The text as it was said; the code is what SMTP would have said.
    reply: reply === null ? null : { ...reply, text },
    whatWouldChangeIt: whatWouldChange({ evidence }, judge.deps.policies.standard),
  });
}

function nothing(): void {
  // The connection is over; what comes now is of no interest.
}
