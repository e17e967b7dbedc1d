/** Reads complaints about mail of ours (ARF, RFC 5965; failure reports of RFC 6591 are of the same form). */
import { parseIpAddress } from "../ip-address.ts";
import { fieldGroups, firstOf } from "./field-groups.ts";
import { COMPLAINT_RECIPIENTS_MAX } from "./limits.ts";
import { domainOf, reportCount, reportDomain } from "./plain-text.ts";
import type { ComplaintReport } from "./report.ts";

/** @param octets the message/feedback-report part. Undefined: it lacks the field that it must have. */
export function readFeedbackReport(octets: Uint8Array): ComplaintReport | undefined {
  const [group] = fieldGroups(octets);
  const feedbackType = firstOf(group, "feedback-type").toLowerCase();
  if (group === undefined || feedbackType === "") return undefined;
  const mailFrom = withoutBrackets(firstOf(group, "original-mail-from"));
  const source = firstOf(group, "source-ip");
  return {
    kind: "arf",
    feedbackType,
    reporter: firstOf(group, "reporting-mta").replace(/^dns\s*;\s*/i, "") || firstOf(group, "user-agent"),
    domain: reportDomain(firstOf(group, "reported-domain")) || domainOf(mailFrom),
    sourceIp: parseIpAddress(source) ?? source,
    originalMailFrom: mailFrom,
    originalRecipients: (group.get("original-rcpt-to") ?? []).slice(0, COMPLAINT_RECIPIENTS_MAX).map(withoutBrackets),
    // RFC 5965 §3.2: one, unless it says otherwise.
    incidents: Math.max(1, reportCount(firstOf(group, "incidents"))),
  };
}

function withoutBrackets(path: string): string {
  return path.replace(/^<(.*)>$/, "$1");
}
