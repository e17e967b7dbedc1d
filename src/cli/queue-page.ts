/** The queue in words. What other servers said goes through `plain`: it is nothing a terminal may obey. */
import type { AttemptReport, RemoteReply } from "#queue/attempt.ts";
import type { QueueCounts, QueueDetail, QueuedRecipientRow, QueueEntry, SuppressedAddress } from "#store/queue-rows.ts";
import { plain, wrapped } from "#verdict/page.ts";
import { counted, moment, octets } from "./wording.ts";

export function entryCells({ message, recipients, recipientCount }: QueueEntry): readonly string[] {
  const { id, queuedAtMs, sizeOctets, mailFrom } = message;
  const [first] = recipients;
  const others = recipientCount - recipients.length;
  const names = recipients.map(({ address }) => address).join(", ");
  return [
    String(id),
    first === undefined ? "" : stateWords(first),
    moment(queuedAtMs),
    octets(sizeOctets),
    plain(`<${mailFrom}>`),
    plain(others > 0 ? `${names} and ${others} more` : names),
  ];
}

export function countsLine({ messages, waiting, underWay, held, dead, suppressed, nextDueMs }: QueueCounts): string {
  if (messages === 0) return "The queue is empty.";
  const words = [
    `${counted(waiting, "recipient")} waiting`,
    ...(underWay > 0 ? [`${underWay} under way`] : []),
    ...(held > 0 ? [`${held} held`] : []),
    ...(dead > 0 ? [`${counted(dead, "report")} that nobody can have`] : []),
    ...(suppressed > 0 ? [`${counted(suppressed, "address").replace(/addresss$/, "addresses")} suppressed`] : []),
  ];
  const next = nextDueMs === null ? "" : `; the next one is due at ${moment(nextDueMs)}`;
  return `${counted(messages, "message")}: ${words.join(", ")}${next}.`;
}

export function detailLines({ message, recipients, recipientCount, attempts }: QueueDetail): readonly string[] {
  const { id, mailFrom, account, queuedAtMs, sizeOctets, delivered, failed, requireTls, utf8 } = message;
  const wishes = [...(requireTls ? ["REQUIRETLS"] : []), ...(utf8 ? ["SMTPUTF8"] : [])];
  return [
    plain(`${id}  <${mailFrom}>, ${octets(sizeOctets)}, queued ${moment(queuedAtMs)}`),
    ...(account === "" ? [] : [plain(`  sent by ${account}`)]),
    ...(wishes.length > 0 ? [`  asked for: ${wishes.join(", ")}`] : []),
    `  ${recipientCount} to do, ${delivered} delivered, ${failed} failed`,
    "",
    ...recipients.flatMap(recipientLines),
    ...attempts.flatMap(attemptLines),
  ];
}

function recipientLines(recipient: QueuedRecipientRow): readonly string[] {
  const { address, attempts, isDoubtful, lastReply } = recipient;
  const doubt = isDoubtful ? ", OUTCOME UNKNOWN: it may be there twice" : "";
  const tries = attempts === 0 ? "not tried yet" : counted(attempts, "try").replace(/trys$/, "tries");
  return [
    plain(`  ${address}  ${stateWords(recipient)}, ${tries}${doubt}`),
    ...(lastReply === null ? [] : wrapped(plain(replyWords(JSON.parse(lastReply) as RemoteReply)), "    ", "    ")),
  ];
}

function stateWords({ state, dueMs, heldFor, attempts }: QueuedRecipientRow): string {
  switch (state) {
    case "waiting":
      return attempts === 0 ? "waiting" : `deferred to ${moment(dueMs)}`;
    case "held":
      return heldFor === null ? "held" : `held (${heldFor.replaceAll(",", ", ")})`;
    case "dead":
      return "undeliverable report";
    case "in-flight":
    case "finishing":
      return "under way";
  }
}

function replyWords({ code, enhanced, text, byHost, stage }: RemoteReply): string {
  const codes = [code, enhanced].filter((part) => part !== null).join(" ");
  return `${byHost ?? "nobody reached"} (${stage}): ${codes} ${text.replaceAll("\n", " ")}`;
}

function attemptLines(json: string): readonly string[] {
  const { startedAtMs, host, trace } = JSON.parse(json) as Pick<AttemptReport, "startedAtMs" | "host" | "trace">;
  const where = host === undefined ? "nobody reached" : `${host.name} [${host.address}], ${host.tls ?? "in clear"}`;
  return ["", plain(`  ${moment(startedAtMs)}  ${where}`), ...trace.map((line) => plain(`    ${line}`))];
}

export function suppressedLines(addresses: readonly SuppressedAddress[]): readonly string[] {
  if (addresses.length === 0) return ["No address is suppressed."];
  return addresses.flatMap(({ address, times, lastMs, untilMs, reply }) => [
    plain(
      `${address}  refused ${times === 1 ? "once" : `${times} times`}, last ${moment(lastMs)}, until ${moment(untilMs)}`,
    ),
    ...wrapped(plain(replyWords(JSON.parse(reply) as RemoteReply)), "  ", "    "),
  ]);
}
