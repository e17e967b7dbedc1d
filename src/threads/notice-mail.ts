/** A message of the server itself into mailboxes here: no other server is needed to hear of it. */
import { Buffer } from "node:buffer";
import { scanMessage } from "#mail/mime/scanner.ts";
import { fieldOctets, returnPathField } from "#mail/trace.ts";
import type { AccountId, Store } from "#store/store.ts";

/** Rejects when there is no room. @param text RFC 5322, CRLF. */
export async function deliverNotice(
  store: Pick<Store, "deliver">,
  text: string,
  to: { readonly accounts: readonly AccountId[]; readonly atMs: number },
): Promise<void> {
  const content = Buffer.from(text);
  const prefix = fieldOctets([returnPathField(null)]);
  const delivered = await store.deliver({
    content: { kind: "octets", octets: content },
    prefix,
    index: scanMessage(Buffer.concat([prefix, content])),
    receivedAtMs: to.atMs,
    targets: to.accounts.map((accountId) => ({ accountId, folder: "inbox", flags: [] })),
    queued: [],
    mailFrom: "",
  });
  if (!delivered.ok) throw new Error(delivered.problem);
}
