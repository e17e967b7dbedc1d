/** Whose name a message may carry: users send only as their own addresses, in the envelope and in the From field. */
import type { Identity } from "#identity/authenticator.ts";
import type { Directory } from "#identity/directory.ts";
import { formatMailbox, type Mailbox, parseDomain, type ReversePath } from "#mail/address.ts";
import type { EnvelopeAddress } from "#mail/mime/structure.ts";
import { type Reply, reply } from "#mail/reply.ts";
import type { Log } from "#ports/log.ts";

/** Characters; RFC 5321 §4.5.3.1.1 allows 64 octets. Longer ones name nobody, and the normal form of one takes the square of its marks. */
const LOCAL_PART_LENGTH_MAX = 256;
/** Addresses of an account that a log line names; most have one to three. */
const ALLOWED_SHOWN_MAX = 20;

export const SENDER_OK = reply(250, "2.1.0", "Sender ok");
const TRY_AGAIN = reply(451, "4.3.0", "Cannot check the sender now; try again later");
const NOT_YOURS = "is not an address of your account; send as one of your own, or have it added as an alias";
export const FROM_MALFORMED = reply(550, "5.6.0", "Message needs one From field whose addresses can be read");

/** Said to a session that was there before. */
const NOT_ANY_MORE = reply(421, "4.7.0", "This account may not be used any more; closing the connection");

/** The reply to MAIL. The null path is anybody's: a mail program's receipts have it. */
export async function judgeMailFrom(
  directory: Directory,
  identity: Identity | undefined,
  reversePath: ReversePath,
  log: Log | undefined,
): Promise<Reply> {
  if (identity === undefined) return SENDER_OK;
  try {
    const allowed = await directory.senderAddresses(identity.accountId);
    if (allowed.length === 0) return NOT_ANY_MORE;
    if (reversePath === null) return SENDER_OK;
    if (await directory.maySendAs(identity.accountId, reversePath)) return SENDER_OK;
    noteRefusal(log, identity, { envelopeSender: formatMailbox(reversePath), allowed });
  } catch {
    return TRY_AGAIN;
  }
  return reply(553, "5.7.1", `The envelope sender ${NOT_YOURS}`);
}

/** Why a user's message must be refused for its From field, or undefined. `from` is null where there is none. */
export async function judgeHeaderFrom(
  directory: Directory,
  identity: Identity,
  from: readonly EnvelopeAddress[] | null,
  log: Log | undefined,
): Promise<Reply | undefined> {
  const { accountId } = identity;
  if (from === null) return undefined;
  const mailboxes = from.map(toMailbox);
  if (mailboxes.length === 0 || mailboxes.includes(undefined)) return FROM_MALFORMED;
  try {
    for (const mailbox of mailboxes) {
      if (mailbox !== undefined && !(await directory.maySendAs(accountId, mailbox))) {
        const allowed = await directory.senderAddresses(accountId);
        noteRefusal(log, identity, { from: formatMailbox(mailbox), allowed });
        return reply(553, "5.7.1", `The From address ${NOT_YOURS}`);
      }
    }
  } catch {
    return TRY_AGAIN;
  }
  return undefined;
}

/** For whoever is asked why a program cannot send: as what it wanted to, and as what it may. */
function noteRefusal(
  log: Log | undefined,
  { address }: Identity,
  {
    allowed,
    ...wanted
  }: { readonly allowed: readonly string[]; readonly envelopeSender?: string; readonly from?: string },
): void {
  const shown = allowed.slice(0, ALLOWED_SHOWN_MAX);
  log?.info("sender-refused", {
    account: address,
    ...wanted,
    allowed: shown,
    othersAllowed: allowed.length - shown.length,
  });
}

function toMailbox({ mailbox, host }: EnvelopeAddress): Mailbox | undefined {
  if (mailbox === null || host === null || mailbox.length > LOCAL_PART_LENGTH_MAX) return undefined;
  const domain = parseDomain(host);
  return domain.ok ? { localPart: mailbox, domain: domain.value } : undefined;
}
