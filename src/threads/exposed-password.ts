/** A password that is right was sent in clear: its owner and the administrator hear of it, and nobody else. */
import type { Settings } from "#config/settings.ts";
import type { ExposedPassword } from "#identity/clear-passwords.ts";
import { dateField, messageIdField } from "#mail/trace.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Store } from "#store/store.ts";
import { wrapped } from "#verdict/page.ts";
import type { Alert } from "./alert.ts";
import { deliverNotice } from "./notice-mail.ts";

interface Tellers {
  readonly store: Pick<Store, "deliver">;
  readonly random: Random;
  readonly log: Log;
  readonly settings: Pick<Settings, "hostname">;
  readonly alert: (alert: Alert) => void;
}

export function tellExposed(exposed: ExposedPassword, { store, random, log, settings, alert }: Tellers): void {
  const { account, atMs } = exposed;
  alert(exposedAlert(exposed));
  const text = exposedMessage(exposed, { hostname: settings.hostname, id: random.id() });
  deliverNotice(store, text, { accounts: [account.id], atMs }).catch((error: unknown) => {
    log.error("exposed-password-not-mailed", { account: account.address, cause: String(error) });
  });
}

export function exposedAlert({ account, credential, attempt }: ExposedPassword): Alert {
  const isApp = credential.kind === "app-password";
  const which = isApp ? `app password ${credential.id} of ${account.address}` : `the password of ${account.address}`;
  return {
    name: "password-exposed",
    subject: account.address,
    text: `A program at ${attempt.remoteAddress} sent ${which} in clear (${attempt.protocol}). It was refused, but whoever listens has it.`,
    remedy: isApp
      ? `Revoke it: postern account app-password revoke ${account.address} ${credential.id}. Then set the program to TLS.`
      : `Have it changed: postern account passwd ${account.address}. Then set the program to TLS.`,
    evidence: [],
  };
}

/** RFC 5322; RFC 3834: nothing is to answer it. */
export function exposedMessage(
  { account, credential, attempt, atMs }: ExposedPassword,
  { hostname, id }: { readonly hostname: string; readonly id: string },
): string {
  const isApp = credential.kind === "app-password";
  // A person chose the label: one line of it, whatever it holds.
  const which = isApp ? `the app password "${credential.label.replace(/\p{Cc}/gu, "?")}"` : "the password";
  const body = [
    `A mail program at the address ${attempt.remoteAddress} tried to log in to ${account.address} with ${which}, over a connection that is not encrypted (${attempt.protocol}).`,
    "The login was refused. But the password has crossed the network in clear text, and whoever listened there may use it.",
    isApp
      ? "Please have this app password revoked and make a new one."
      : "Please change the password, here and wherever else you use it.",
    "Then set that program to SSL/TLS or STARTTLS. If none of your programs was at that address, somebody else knows the password already.",
  ];
  return [
    `From: Postern <MAILER-DAEMON@${hostname}>\r\nTo: <${account.address}>\r\n`,
    "Subject: [Postern] Your password was sent in clear text\r\n",
    dateField(atMs),
    messageIdField(id, hostname),
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    ...body.flatMap((paragraph) => [...wrapped(paragraph, "", ""), ""]).map((line) => `${line}\r\n`),
  ].join("");
}
