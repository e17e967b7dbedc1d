/** What a refusal means, and what its reader can do: for people who have never heard of SMTP. */
import type { RemoteReply } from "../attempt.ts";
import type { ReportedRecipient } from "./report.ts";

export interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

/** By enhanced status code without its class (RFC 3463, and the codes registered since); the longest that fits counts. */
const BY_DETAIL: Readonly<Record<string, Explanation>> = {
  "1.1": {
    what: "This address does not exist there.",
    remedy: "Look for a typing error, or ask the recipient for the right address by another way.",
  },
  "1.2": {
    what: "The part of the address behind the @ leads to no mail server.",
    remedy: "Look for a typing error in it.",
  },
  "1.10": { what: "This domain takes no mail at all.", remedy: "Ask the recipient for another address." },
  "2.1": { what: "The mailbox is closed.", remedy: "Ask the recipient for another address." },
  "2.2": { what: "The recipient's mailbox is full.", remedy: "Try again later, or tell the recipient by another way." },
  "2.3": {
    what: "The message is larger than the recipient may get.",
    remedy: "Send it without large attachments.",
  },
  "3.4": { what: "The message is too large for that server.", remedy: "Send it without large attachments." },
  "4.4": {
    what: "The part of the address behind the @ leads to no mail server.",
    remedy: "Look for a typing error in it; if it is right, its owners have to put their DNS in order.",
  },
  "4.6": {
    what: "The message goes in circles between servers.",
    remedy: "Tell your administrator: a forwarding leads back to where it came from.",
  },
  "4.7": {
    what: "That server did not take the message for as long as it was tried.",
    remedy: "Send it again later, or reach the recipient by another way.",
  },
  "6.7": {
    what: "The address has letters that the recipient's server cannot take.",
    remedy: "Ask the recipient for an address in plain letters.",
  },
  "7.30": {
    what: "You asked for a protected way (REQUIRETLS), and there is none to that server.",
    remedy: "Send it without that wish, if it need not be secret.",
  },
  "7.26": {
    what: "That server does not believe that the message comes from you.",
    remedy: "Tell your administrator: SPF, DKIM or DMARC of the sender's domain does not pass there.",
  },
  7: {
    what: "That server does not take this message from us, by its own rules.",
    remedy: "Its words below say why. The recipient, or your administrator, can ask those who run it.",
  },
};

const WITHOUT_REASON: Explanation = {
  what: "That server refused the message for good.",
  remedy: "Its words below are all that is known.",
};
const NOBODY_THERE: Explanation = {
  what: "No server of that domain could be reached.",
  remedy: "Nothing need be done: it is tried again by itself.",
};
const LATER: Explanation = {
  what: "That server asks to be tried again later.",
  remedy: "Nothing need be done: it is tried again by itself.",
};

export function explain({ reply, isExpired }: ReportedRecipient, isFinal: boolean): Explanation {
  if (!isFinal) return reply.code === null ? NOBODY_THERE : LATER;
  if (isExpired) return byDetail("4.7") ?? WITHOUT_REASON;
  const [, detail = ""] = /^[245]\.(.*)$/.exec(statusOf(reply, "5")) ?? [];
  return byDetail(detail) ?? byDetail(detail.split(".")[0] ?? "") ?? WITHOUT_REASON;
}

function byDetail(detail: string): Explanation | undefined {
  return Object.hasOwn(BY_DETAIL, detail) ? BY_DETAIL[detail] : undefined;
}

/** The enhanced status as the report's class; without one what the reply code tells. */
export function statusOf({ enhanced }: RemoteReply, wantedClass: "2" | "4" | "5"): string {
  const detail = enhanced !== null && /^[245]\.\d{1,3}\.\d{1,3}$/.test(enhanced) ? enhanced.slice(1) : ".0.0";
  return `${wantedClass}${detail}`;
}
