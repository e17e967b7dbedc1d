/** An alert as a message to the administrator, delivered here: no other server is needed to hear of it. */
import type { Settings } from "#config/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { parseMailbox } from "#mail/address.ts";
import { dateField, messageIdField } from "#mail/trace.ts";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import type { Store } from "#store/store.ts";
import { wrapped } from "#verdict/page.ts";
import type { Alert, RaisedAlert } from "./alert.ts";
import { deliverNotice } from "./notice-mail.ts";
import { directorySettings } from "./slices.ts";

export interface AlertMailOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose mailbox alerts go to; none where the address of `admin` leads to no account. */
export async function adminAccounts(
  settings: Settings,
  { store, clock }: Pick<AlertMailOptions, "store" | "clock">,
): Promise<readonly number[]> {
  const mailbox = parseMailbox(settings.admin, { utf8: true });
  if (!mailbox.ok) return [];
  const directory = await createDirectory({ store, clock, settings: directorySettings(settings) });
  try {
    if (directory.domainRole(mailbox.value.domain) !== "primary") return [];
    const found = await directory.resolve(mailbox.value);
    return found.kind === "accounts" ? found.recipients.map(({ accountId }) => accountId) : [];
  } finally {
    directory.close();
  }
}

/** Rejects when there is nobody to have it, or no room. */
export async function mailAlert(
  settings: Settings,
  alert: RaisedAlert,
  unmailed: number,
  options: AlertMailOptions,
): Promise<void> {
  const { store, clock, random } = options;
  const accounts = await adminAccounts(settings, options);
  if (accounts.length === 0) throw new Error(`${settings.admin} is no account`);
  const atMs = clock.now();
  const text = alertMessage(alert, { settings, unmailed, atMs, id: random.id() });
  await deliverNotice(store, text, { accounts, atMs });
}

export const NO_ADMIN = "no-admin-account";

export function noAdminAlert(admin: string): Alert {
  return {
    name: NO_ADMIN,
    subject: admin,
    text: `${admin} is no account here: nobody reads what is written to postmaster and abuse, and no alert can be mailed.`,
    remedy: `Make the account (postern account add ${admin}), or set admin in the settings to one that is there.`,
    evidence: [],
  };
}

/** RFC 5322, in 8bit UTF-8; RFC 3834: nothing is to answer it. */
export function alertMessage(
  { name, subject, text, remedy, evidence, times }: RaisedAlert,
  {
    settings: { hostname, admin },
    unmailed,
    atMs,
    id,
  }: {
    readonly settings: Pick<Settings, "hostname" | "admin">;
    readonly unmailed: number;
    readonly atMs: number;
    readonly id: string;
  },
): string {
  const body = [
    ...wrapped(text, "", ""),
    ...(remedy === "" ? [] : ["", ...wrapped(remedy, "", "")]),
    ...(evidence.length === 0
      ? []
      : ["", "What was seen:", ...evidence.flatMap((line) => wrapped(line, "  ", "    "))]),
    "",
    ...(times > 1 ? [`Raised ${times} times.`] : []),
    ...(unmailed > 0 ? [`${unmailed} more of this kind came since the last mail; \`postern status\` shows them.`] : []),
    `Postern on ${hostname}. At most one such mail an hour.`,
  ];
  // What clients said may be in it: nothing but ASCII goes into a header field.
  const about = subject.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
  return [
    `From: Postern <MAILER-DAEMON@${hostname}>\r\nTo: <${admin}>\r\nSubject: [Postern] ${name}: ${about}\r\n`,
    dateField(atMs),
    messageIdField(id, hostname),
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    ...body.map((line) => `${line}\r\n`),
  ].join("");
}
