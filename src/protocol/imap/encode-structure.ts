/**
 * ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 §7.4.2) of what was worked out when the message was stored. Results hold one
 * octet to a character.
 */
import type { Envelope, EnvelopeAddress, MimePart, Parameters } from "#mail/mime/structure.ts";
import { encodeNstring, encodeString } from "./encode-string.ts";
import type { EncodeOptions } from "./response.ts";

/** Stands for the part that a multipart without parts has to have: body-type-mpart is `1*body`. */
const EMPTY_PART = '"TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0';

export function encodeEnvelope(envelope: Envelope, options: EncodeOptions): string {
  const { from, sender, replyTo } = envelope;
  // A missing or empty Sender or Reply-To is the same as From.
  const fallback = (addresses: Envelope["from"]): Envelope["from"] =>
    addresses === null || addresses.length === 0 ? from : addresses;
  const fields = [
    encodeNstring(envelope.date, options),
    encodeNstring(envelope.subject, options),
    ...[from, fallback(sender), fallback(replyTo), envelope.to, envelope.cc, envelope.bcc].map((addresses) =>
      encodeAddresses(addresses, options),
    ),
    encodeNstring(envelope.inReplyTo, options),
    encodeNstring(envelope.messageId, options),
  ];
  return `(${fields.join(" ")})`;
}

function encodeAddresses(addresses: readonly EnvelopeAddress[] | null, options: EncodeOptions): string {
  if (addresses === null || addresses.length === 0) return "NIL";
  return `(${addresses.map((address) => encodeAddress(address, options)).join("")})`;
}

function encodeAddress({ name, route, mailbox, host }: EnvelopeAddress, options: EncodeOptions): string {
  return `(${[name, route, mailbox, host].map((text) => encodeNstring(text, options)).join(" ")})`;
}

/** @param extension BODYSTRUCTURE has the extension data, BODY has not. */
export function encodeStructure(part: MimePart, extension: boolean, options: EncodeOptions): string {
  const body =
    part.parts !== undefined || part.type === "multipart"
      ? encodeMultipart(part, extension, options)
      : encodeSinglePart(part, extension, options);
  return `(${body})`;
}

function encodeMultipart(part: MimePart, extension: boolean, options: EncodeOptions): string {
  const { parts = [], subtype, parameters } = part;
  const bodies = parts.map((child) => encodeStructure(child, extension, options)).join("");
  const body = `${bodies === "" ? `(${EMPTY_PART})` : bodies} ${encodeWord(subtype, options)}`;
  return extension ? `${body} ${encodeParameters(parameters, options)} ${encodeTrailer(part, options)}` : body;
}

function encodeSinglePart(part: MimePart, extension: boolean, options: EncodeOptions): string {
  const { parameters, contentId, description, encoding, bodyStart, bodyEnd, bodyLines } = part;
  const fields = [
    ...mediaType(part, options).map((word) => encodeWord(word, options)),
    encodeParameters(parameters, options),
    encodeNstring(contentId, options),
    encodeNstring(description, options),
    encodeWord(encoding, options),
    `${bodyEnd - bodyStart}`,
  ];
  if (part.type === "text") fields.push(`${bodyLines}`);
  else if (part.message !== undefined && isMessage(part, options)) {
    const { envelope, root } = part.message;
    fields.push(encodeEnvelope(envelope, options), encodeStructure(root, extension, options), `${bodyLines}`);
  }
  if (extension) fields.push(encodeNstring(part.md5, options), encodeTrailer(part, options));
  return fields.join(" ");
}

/** message/global is one only to those who speak UTF-8 (RFC 9051 §7.5.2); to a strict reader of RFC 3501 it is basic. */
function isMessage({ type, subtype }: MimePart, options: EncodeOptions): boolean {
  return type === "message" && (subtype === "rfc822" || (options.utf8 && subtype === "global"));
}

/** A message that was not taken apart, being too deep, cannot be named message/rfc822: its envelope would be missed. */
function mediaType(part: MimePart, options: EncodeOptions): readonly [string, string] {
  return isMessage(part, options) && part.message === undefined
    ? ["application", "octet-stream"]
    : [part.type, part.subtype];
}

/** Disposition, language and location: the end of both forms of extension data. */
function encodeTrailer({ disposition, language, location }: MimePart, options: EncodeOptions): string {
  const languages =
    language === null || language.length === 0
      ? "NIL"
      : `(${language.map((tag) => encodeString(tag, options)).join(" ")})`;
  const disposed =
    disposition === null
      ? "NIL"
      : `(${encodeWord(disposition.type, options)} ${encodeParameters(disposition.parameters, options)})`;
  return `${disposed} ${languages} ${encodeNstring(location, options)}`;
}

function encodeParameters(parameters: Parameters, options: EncodeOptions): string {
  if (parameters.length === 0) return "NIL";
  return `(${parameters.map(([name, value]) => `${encodeWord(name, options)} ${encodeString(value, options)}`).join(" ")})`;
}

/** Words that mean the same in any case go out in upper case, as the RFC's examples have them. */
function encodeWord(word: string, options: EncodeOptions): string {
  return encodeString(word.toUpperCase(), options);
}
