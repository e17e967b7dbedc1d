/** Reads reports about mail of ours that was not delivered: by the standard (RFC 3464), or as well as others can be understood. */
import { type FieldGroup, fieldGroups, firstOf } from "./field-groups.ts";
import { BOUNCED_RECIPIENTS_MAX, STATUS_OCTETS_MAX } from "./limits.ts";
import { reportText } from "./plain-text.ts";
import type { BouncedRecipient, BounceReport } from "./report.ts";

/** @param octets the message/delivery-status part. Undefined: it names nobody. */
export function readDeliveryStatus(octets: Uint8Array): BounceReport | undefined {
  const groups = fieldGroups(octets);
  const about = groups.filter((group) => group.has("final-recipient") || group.has("original-recipient"));
  if (about.length === 0) return undefined;
  const [first] = groups;
  return {
    kind: "bounce",
    isStandard: true,
    reportingMta: afterType(firstOf(first, "reporting-mta")),
    recipients: about.slice(0, BOUNCED_RECIPIENTS_MAX).map(recipientOf),
    recipientsLeftOut: Math.max(0, about.length - BOUNCED_RECIPIENTS_MAX),
  };
}

function recipientOf(group: FieldGroup): BouncedRecipient {
  // RFC 3464 §2.3.1: the address as the sender wrote it is what the sender knows.
  const address = afterType(firstOf(group, "original-recipient") || firstOf(group, "final-recipient"));
  return {
    address: address.replace(/^<(.*)>$/, "$1"),
    action: firstOf(group, "action").toLowerCase().split(" ")[0] ?? "",
    status: /[245]\.\d{1,3}\.\d{1,3}/.exec(firstOf(group, "status"))?.[0] ?? "",
    diagnostic: afterType(firstOf(group, "diagnostic-code")),
  };
}

/** `rfc822; alice@example.com`: what stands behind the type. */
function afterType(value: string): string {
  return value.replace(/^[A-Za-z0-9-]{1,32}\s*;\s*/, "");
}

const BOUNCE_SUBJECT =
  /undeliver|delivery (?:status|failure|has failed)|mail delivery (?:failed|system)|returned mail|failure notice|unzustellbar|non remis|could not be delivered|delivery incomplete/i;
const MAILER = /^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)$/i;

/** Does the top of a message look like a bounce of those who do not know the standard? @param mailFrom empty for `<>`. */
export function looksLikeBounce(top: {
  readonly mailFrom: string;
  readonly authorLocalPart: string;
  readonly subject: string;
}): boolean {
  return top.mailFrom === "" && MAILER.test(top.authorLocalPart) && BOUNCE_SUBJECT.test(top.subject.slice(0, 256));
}

const ADDRESS_ALONE = /<([^<>@\s"]{1,64}@[A-Za-z0-9.-]{1,253})>/;
const REPLY = /\b([45]\d\d)[ -](?:([45]\.\d{1,3}\.\d{1,3}) )?/;
const STATUS = /\b[45]\.\d{1,3}\.\d{1,3}\b/;
/** Lines of the text that are looked at. */
const LINES_MAX = 200;

/** What the text of such a message says; undefined where it names nobody. */
export function readBounceText(text: string): BounceReport | undefined {
  const lines = text
    .slice(0, STATUS_OCTETS_MAX)
    .split("\n", LINES_MAX)
    .map((line) => line.slice(0, 512));
  // Below it stands the message that came back, with addresses of its own.
  const end = lines.findIndex((line) => /^-{2,}.*(?:original message|copy of the message|header)/i.test(line));
  const said = end === -1 ? lines : lines.slice(0, end);
  const address = said.map((line) => ADDRESS_ALONE.exec(line)?.[1]).find((found) => found !== undefined);
  if (address === undefined) return undefined;
  const diagnostic = said.find((line) => REPLY.test(line)) ?? "";
  const status = STATUS.exec(diagnostic)?.[0] ?? STATUS.exec(said.join(" "))?.[0] ?? "";
  const recipient = { address, action: "failed", status, diagnostic: reportText(diagnostic) };
  return { kind: "bounce", isStandard: false, reportingMta: "", recipients: [recipient], recipientsLeftOut: 0 };
}
