/** What is known of an account whose mail is held, for those who have to decide: as an alert, as a mail, on the screen. */
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import { dateField, messageIdField } from "#mail/trace.ts";
import type { SendingHold, SendingIncident, SendingSource } from "#store/sending-rows.ts";
import { type Amount, BURST_MINUTES } from "#store/sending-rules.ts";
import { plain, wrapped } from "#verdict/page.ts";
import type { Alert } from "./alert.ts";

export const ACCOUNT_HELD = "account-held";
/** What the rule would do if it were enforced. */
export const ACCOUNT_WOULD_BE_HELD = "account-would-be-held";

/** Characters of a subject that are shown: it is a sample. */
const SUBJECT_SHOWN_MAX = 60;

/** The alert names an account as its subject, and says everything that the sheet does. */
export function heldAlert(incident: SendingIncident, hold: SendingHold): Alert {
  const { account, isEnforced } = hold;
  return {
    name: isEnforced ? ACCOUNT_HELD : ACCOUNT_WOULD_BE_HELD,
    subject: account,
    text: isEnforced
      ? `Mail of ${account} is held since ${moment(hold.sinceMs)}: ${reason(hold)}.`
      : `Mail of ${account} would have been held at ${moment(hold.sinceMs)} (rules.sending is in shadow): ${reason(hold)}.`,
    remedy: isEnforced
      ? `If it was not its owner: \`postern account passwd ${account}\`, \`postern queue remove --account ${account}\`. Then, or if it was: \`postern queue release --account ${account}\`.`
      : "",
    evidence: incidentLines(incident),
  };
}

/** A part of a sentence. */
export function reason({ trigger, facts: { recent, usual, delivered, refused } }: SendingHold): string {
  const burst = `it sent ${amount(recent)} within ${BURST_MINUTES} minutes`;
  const before = usual.messages === 0 ? "" : `; the most before was ${amount(usual)}`;
  switch (trigger) {
    case "burst":
      return `${burst}${before}`;
    case "new-network":
      return `${burst}, from a network in which it was not seen in the last 30 days${before}`;
    case "bounces":
      return `other servers refused ${refused} of ${delivered + refused} recipients within a day`;
  }
}

/** Lines that wrap. What others wrote is in them, and can do a terminal no harm. */
export function incidentLines(incident: SendingIncident): readonly string[] {
  const { hour, day, delivered, refused, queued, domains, domainCount, subjects, subjectCount, sources } = incident;
  const otherDomains = domainCount - domains.length;
  const otherSubjects = subjectCount - subjects.length;
  return [
    `sent: ${amount(hour)} in the last hour, ${amount(day)} in the last 24 hours`,
    `recipients elsewhere in the last 24 hours: ${delivered} delivered, ${refused} refused for good`,
    `waits or is held: ${amount(queued)}`,
    ...sources.map(sourceLine),
    ...(domains.length === 0
      ? []
      : [
          `to: ${domains.map(({ domain, recipients }) => `${domain} (${recipients})`).join(", ")}${others(otherDomains)}`,
        ]),
    ...subjects.map(({ subject, messages }) => `subject of ${messages}: ${shownSubject(subject)}`),
    ...(otherSubjects > 0 ? [`and ${otherSubjects} other subjects`] : []),
  ].map(plain);
}

function sourceLine({ client, credential, credentialId, firstMs, lastMs, ...sent }: SendingSource): string {
  const isApp = credential?.kind === "app-password";
  const by =
    credential === null
      ? "a password that is gone"
      : isApp
        ? `app password ${credentialId} "${credential.label}"`
        : "the password";
  return `from ${client}, with ${by}: ${amount(sent)}, ${moment(firstMs)} to ${moment(lastMs)}`;
}

function others(count: number): string {
  return count > 0 ? ` and ${count} other domains` : "";
}

function shownSubject(raw: string): string {
  const subject = decodeEncodedWords(raw);
  return subject.length > SUBJECT_SHOWN_MAX ? `${subject.slice(0, SUBJECT_SHOWN_MAX)}…` : subject;
}

export function amount({ messages, recipients }: Amount): string {
  const words = `${messages} message${messages === 1 ? "" : "s"}`;
  return `${words} to ${recipients} recipient${recipients === 1 ? "" : "s"}`;
}

export interface SheetOptions {
  readonly hostname: string;
  readonly id: string;
  readonly atMs: number;
  readonly to: string;
  readonly reader: "user" | "admin";
}

/** RFC 5322, in 8bit UTF-8; RFC 3834: nothing is to answer it. */
export function sheetMessage(
  incident: SendingIncident,
  hold: SendingHold,
  { hostname, id, atMs, to, reader }: SheetOptions,
): string {
  const { account, sinceMs } = hold;
  const body = [
    ...wrapped(`Mail that ${account} sends is held on this server since ${moment(sinceMs)}: ${reason(hold)}.`, "", ""),
    "",
    ...wrapped(
      "It may be that somebody else has its password. Nothing is lost: what was not sent yet waits, new mail to other servers is taken and waits as well, and mail to people on this server is deferred. Mail is received as before, and nobody else is affected.",
      "",
      "",
    ),
    "",
    "What was seen:",
    ...incidentLines(incident).flatMap((line) => wrapped(line, "  ", "    ")),
    "",
    "What to do:",
    ...(reader === "admin" ? adminSteps(account) : userSteps()).flatMap((line) => wrapped(line, "  ", "    ")),
    "",
    `Postern on ${hostname}.`,
  ];
  return [
    `From: Postern <MAILER-DAEMON@${hostname}>\r\nTo: <${to}>\r\n`,
    `Subject: [Postern] Mail of ${account.replace(/[^\x20-\x7e]/g, "?")} is held\r\n`,
    dateField(atMs),
    messageIdField(id, hostname),
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    ...body.map((line) => `${line}\r\n`),
  ].join("");
}

function adminSteps(account: string): readonly string[] {
  return [
    `Look: postern queue list --account ${account}, postern sending show ${account}`,
    "Ask the owner whether it was them. By telephone: whoever has the password reads their mail.",
    `If it was not: postern account passwd ${account}, or postern account app-password revoke ${account} NUMBER for the one named above. Sessions end with it. Then postern queue remove --account ${account}; nobody is told of what is removed.`,
    `When that is done, or if it was the owner: postern queue release --account ${account}. What is held is sent, and nothing holds the account again for the hours of sending.quiet_hours.`,
    `Something large that is known before: postern sending announce ${account} --for 2d`,
  ];
}

function userSteps(): readonly string[] {
  return [
    "If you sent this: tell your administrator, who can release it.",
    "If you did not: have your password changed now, here and wherever else you use it, and the app password that is named above revoked.",
    "Look into your mailbox for rules, forwards and sent mail that are not yours.",
  ];
}

/** `2025-03-31 12:00 UTC` */
function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2025-03-31T12:00".length).replace("T", " ")} UTC`;
}
