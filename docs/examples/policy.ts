/**
 * A policy file to begin with. Name it in postern.toml: `[policy]` with `file = "policy.ts"`. Every function may be left out;
 * so may every answer. docs/policy.md tells what is asked when, and what an answer does.
 */
import type {
  Answer,
  Check,
  Connection,
  Message,
  MessageContext,
  Recipient,
  RecipientContext,
  Sender,
} from "postern/policy";

/** Only staff of these domains may write to the list. */
const MAY_WRITE_TO_EVERYBODY = new Set(["example.com", "example.org"]);

/** Words that our own invoices have, and those of others do not. */
const ORDER_NUMBER = /\bEX-\d{6}\b/;

const DANGEROUS_FILES = /\.(?:iso|img|vhd|lnk|hta)$/i;

export default {
  /** Machines of ours that report by mail are known by their names. */
  connection({ reverseName }: Connection): Answer {
    if (reverseName?.endsWith(".monitoring.example.com")) return { score: -5, reason: "our own monitoring" };
  },

  recipient(recipient: Recipient, { sender, connection }: RecipientContext): Answer {
    if (recipient.address !== "everybody@example.com" || connection.account !== null) return;
    if (!MAY_WRITE_TO_EVERYBODY.has(sender.domain) || sender.spf !== "pass") {
      return { reject: "Only members of staff write to this list" };
    }
  },

  message(message: Message, { sender, connection }: MessageContext): Answer {
    if (message.attachments.some(({ name }) => DANGEROUS_FILES.test(name))) {
      return { reject: "Disk images and shortcuts are not taken here; send a link" };
    }
    // A user's own mail is not scored.
    if (connection.account !== null) return;
    if (claimsToBeTheBoss(message, sender)) return { quarantine: "the name of the boss, and another address" };
    if (/invoice/i.test(message.subject) && !ORDER_NUMBER.test(message.text)) {
      return { score: 3, reason: "an invoice without an order number of ours" };
    }
    if (message.dmarc === "pass") return { headers: { "X-Postern-Policy-Proven": message.dkim.join(" ") || "spf" } };
  },
} satisfies Check;

function claimsToBeTheBoss({ from }: Message, { address }: Sender): boolean {
  const isNamed = from.some(({ name }) => name.toLowerCase() === "erika mustermann");
  return isNamed && !address.endsWith("@example.com");
}
