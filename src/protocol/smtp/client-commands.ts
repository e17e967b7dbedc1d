/** MAIL and RCPT as a client says them: only with what the server offers. */
import type { NotSendable, OutgoingMessage, OutgoingRecipient } from "./client-events.ts";
import type { Extensions } from "./client-extensions.ts";

export function mailCommand(message: OutgoingMessage, extensions: Extensions): string {
  const parameters = [`MAIL FROM:<${safe(message.mailFrom)}>`];
  if (extensions.size) parameters.push(`SIZE=${message.sizeOctets}`);
  if (message.body === "BINARYMIME") parameters.push("BODY=BINARYMIME");
  else if (extensions.eightBitMime) parameters.push(`BODY=${message.body}`);
  if (message.utf8) parameters.push("SMTPUTF8");
  if (message.requireTls) parameters.push("REQUIRETLS");
  if (extensions.dsn && message.returnContent !== undefined) parameters.push(`RET=${message.returnContent}`);
  if (extensions.dsn && message.envelopeId !== undefined) parameters.push(`ENVID=${safe(message.envelopeId)}`);
  return `${parameters.join(" ")}\r\n`;
}

export function rcptCommand({ address, notify, originalRecipient }: OutgoingRecipient, { dsn }: Extensions): string {
  const parameters = [`RCPT TO:<${safe(address)}>`];
  if (dsn && notify !== undefined && notify.length > 0) parameters.push(`NOTIFY=${notify.join(",")}`);
  if (dsn && originalRecipient !== undefined) parameters.push(`ORCPT=${safe(originalRecipient)}`);
  return `${parameters.join(" ")}\r\n`;
}

/** Undefined: this host can take it as far as its extensions say. */
export function whyNotSendable(
  message: OutgoingMessage,
  extensions: Extensions,
  chunking: boolean,
): NotSendable | undefined {
  if (message.utf8 && !extensions.smtpUtf8) return "needs-smtputf8";
  if (message.requireTls && !extensions.requireTls) return "needs-requiretls";
  if (message.body === "BINARYMIME" && !(extensions.binaryMime && chunking)) return "needs-binarymime";
  if (message.body === "8BITMIME" && !extensions.eightBitMime) return "needs-8bitmime";
  const { sizeOctetsMax } = extensions;
  return sizeOctetsMax !== undefined && message.sizeOctets > sizeOctetsMax ? "larger-than-size" : undefined;
}

/** Addresses and parameters were parsed long ago; if one could end the line, a stranger would speak with our voice. */
function safe(text: string): string {
  if (/[\p{Cc}]/u.test(text)) throw new Error("a control character in a command");
  return text;
}
