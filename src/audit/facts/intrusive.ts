/** What is only tried against hosts that the caller names and answers for: many connections at once, and messages cut wrongly. */
import type { Dialer } from "#ports/dialer.ts";
import { INJECTION_WAIT_MS } from "../limits.ts";
import { SmtpProbe, type SmtpTarget } from "../smtp-probe.ts";
import { type Asked, known, unknown } from "./asked.ts";

/** Connections opened at once: three times what one address needs. */
export const CONNECTIONS_TRIED = 60;

export interface ConnectionFacts {
  readonly opened: number;
  /** Greeted with 220. */
  readonly greeted: number;
}

export async function gatherConnections(dialer: Dialer, target: SmtpTarget): Promise<ConnectionFacts> {
  const opened = await Promise.all(Array.from({ length: CONNECTIONS_TRIED }, () => SmtpProbe.open(dialer, target)));
  let greeted = 0;
  for (const probe of opened) {
    if (!probe.ok) continue;
    if (probe.value.greeting.code === 220) greeted++;
    probe.value.close();
  }
  return { opened: opened.filter(({ ok }) => ok).length, greeted };
}

/** Ends of data that are none (RFC 5321 §4.1.1.4): who takes one for the end can be made to believe in a second message. */
export const WRONG_ENDS: Readonly<Record<string, string>> = {
  "<LF>.<LF>": "\n.\n",
  "<LF>.<CRLF>": "\n.\r\n",
  "<CR>.<CR>": "\r.\r",
  "<CR>.<CRLF>": "\r.\r\n",
  "<CRLF>.<LF>": "\r\n.\n",
  "<CRLF>.<CR>": "\r\n.\r",
};

export type SmugglingAnswer = Asked<"refused" | "went-on" | "took-it-for-the-end">;

/** @param recipient an address that takes mail there: it gets a message where the host fails. */
export async function trySmuggling(
  dialer: Dialer,
  target: SmtpTarget,
  envelope: { readonly mailFrom: string; readonly recipient: string },
  end: string,
): Promise<SmugglingAnswer> {
  const opened = await SmtpProbe.open(dialer, target);
  if (!opened.ok) return unknown(opened.problem);
  const probe = opened.value;
  try {
    if (!(await probe.ehlo(target.helo)).ok) return unknown("no answer to EHLO");
    for (const [line, code] of [
      [`MAIL FROM:<${envelope.mailFrom}>`, 250],
      [`RCPT TO:<${envelope.recipient}>`, 250],
      ["DATA", 354],
    ] as const) {
      const reply = await probe.ask(line);
      if (!reply.ok) return unknown(reply.problem);
      if (reply.value.code !== code) return unknown(reply.value.lines.join(" "));
    }
    const header = `From: <${envelope.mailFrom}>\r\nTo: <${envelope.recipient}>\r\nSubject: Postern audit\r\n`;
    probe.sayRaw(`${header}\r\nThis message ends in a way that is no end.${end}`);
    const answer = await probe.listen(INJECTION_WAIT_MS);
    if (!answer.ok) return answer.problem === "timed-out" ? known("went-on") : known("refused");
    return known(answer.value.code === 250 ? "took-it-for-the-end" : "refused");
  } finally {
    probe.destroy();
  }
}
