/** Tells the administrator that other servers refuse this one, what that means, and what can be done about it. */
import type { RefusalCause, RefusalOfUs } from "#queue/refusals-of-us.ts";
import { plain } from "#verdict/page.ts";
import type { Alert } from "./alert.ts";

const MEANS: Readonly<Record<RefusalCause, readonly [what: string, remedy: string]>> = {
  listed: [
    "it has this server's address on a block list",
    "Find out why: `postern sending list` shows who sends much, `postern audit DOMAIN` which lists have the address. When the cause is gone, ask for removal where their words lead.",
  ],
  "reverse-dns": [
    "it wants a name for this server's address (PTR) that leads back to it",
    "`postern audit DOMAIN` shows what is missing; the provider of the address sets its name.",
  ],
  authentication: [
    "it does not believe that mail comes from the domain that it names (SPF, DKIM, DMARC)",
    "`postern dns DOMAIN` shows which records are missing or different.",
  ],
  "too-fast": [
    "it takes less mail than is sent, as it does not know this server well or has had complaints",
    "Nothing is lost: it is tried again, more slowly. Look whether `postern sending list` shows somebody who should not send so much.",
  ],
  policy: [
    "it does not take mail of this server, and does not say why in a way that is known here",
    "Read their words for a link or an address to write to; `postern audit DOMAIN` shows what strict servers look at.",
  ],
};

export function refusedAlert({ provider, code, cause, messages, said, host }: RefusalOfUs): Alert {
  const [what, remedy] = MEANS[cause];
  return {
    name: "refused-elsewhere",
    subject: plain(`${provider} ${code}`),
    text: plain(`${provider} refused ${messages} messages within a day with ${code}: ${what}.`),
    remedy,
    evidence: [plain(`${host}: ${said}`)],
  };
}
