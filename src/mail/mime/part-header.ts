/** What the index keeps of one header: the MIME fields, and of a message's header the envelope. One pass over the fields. */
import { Buffer } from "node:buffer";
import { parseAddressList } from "../header/address-list.ts";
import {
  type ContentType,
  parseContentDisposition,
  parseContentLanguage,
  parseContentType,
  parseTransferEncoding,
} from "../header/content-fields.ts";
import { parseDate } from "../header/date.ts";
import { asBuffer, fieldValue, fieldValueLatin1, type HeaderField, splitFields } from "../header/fields.ts";
import { ADDRESSES_MAX, FIELD_OCTETS_MAX } from "../header/limits.ts";
import { parameterValue } from "../header/parameters.ts";
import { BOUNDARY_OCTETS_MAX } from "./limits.ts";
import type { Envelope, EnvelopeAddress, MimePart, Parameters } from "./structure.ts";

type ContentFields = Pick<
  MimePart,
  | "type"
  | "subtype"
  | "parameters"
  | "contentId"
  | "description"
  | "encoding"
  | "md5"
  | "disposition"
  | "language"
  | "location"
>;

export interface PartHeader {
  readonly content: ContentFields;
  /** What the lines between the parts begin with, after the two dashes; undefined where the field has no usable one. */
  readonly boundary: Uint8Array | undefined;
  readonly envelope: Envelope;
  readonly sentAtMs: number | null;
  readonly receivedCount: number;
  /** A field was too long, or had too many addresses, to be read whole. */
  readonly truncated: boolean;
}

/** Fields of which one counts. */
const INDEXED = new Set([
  "content-description",
  "content-disposition",
  "content-id",
  "content-language",
  "content-location",
  "content-md5",
  "content-transfer-encoding",
  "content-type",
  "date",
  "from",
  "in-reply-to",
  "message-id",
  "reply-to",
  "sender",
  "subject",
]);

/** @param defaultType what a part without Content-Type is: RFC 2045 §5.2, or RFC 2046 §5.1.5 inside a digest. */
export function readPartHeader(header: Uint8Array, defaultType: "text/plain" | "message/rfc822"): PartHeader {
  const reader = new PartHeaderReader(header);
  const [type, subtype] = defaultType === "text/plain" ? ["text", "plain"] : ["message", "rfc822"];
  return reader.read({ type, subtype, parameters: [] });
}

/** The first field of each name counts; of recipients all, since some senders write a field for each. */
class PartHeaderReader {
  readonly #header: Buffer;
  readonly #fields = new Map<string, HeaderField>();
  readonly #recipients = new Map<string, EnvelopeAddress[]>();
  #receivedCount = 0;
  #truncated = false;

  constructor(header: Uint8Array) {
    this.#header = asBuffer(header);
  }

  read(defaultType: ContentType): PartHeader {
    for (const field of splitFields(this.#header)) this.#sort(field);
    const typeField = this.#fields.get("content-type");
    const type = typeField === undefined ? defaultType : parseContentType(this.#value(typeField));
    const date = this.#text("date");
    return {
      content: this.#content(type),
      boundary: typeField === undefined ? undefined : this.#boundary(type, typeField),
      envelope: this.#envelope(date),
      sentAtMs: date === null ? null : (parseDate(date)?.epochMs ?? null),
      receivedCount: this.#receivedCount,
      truncated: this.#truncated,
    };
  }

  #sort(field: HeaderField): void {
    switch (field.name) {
      case "received":
        this.#receivedCount++;
        break;
      case "to":
      case "cc":
      case "bcc":
        this.#addRecipients(field);
        break;
      default:
        if (INDEXED.has(field.name) && !this.#fields.has(field.name)) this.#fields.set(field.name, field);
    }
  }

  #addRecipients(field: HeaderField): void {
    const known = this.#recipients.get(field.name);
    if (known === undefined) {
      this.#recipients.set(field.name, this.#parseAddresses(field));
    } else if (known.length < ADDRESSES_MAX) {
      known.push(...this.#parseAddresses(field));
    } else {
      this.#truncated = true;
    }
  }

  #content({ type, subtype, parameters }: ContentType): ContentFields {
    const encoding = this.#text("content-transfer-encoding");
    const disposition = this.#text("content-disposition");
    const language = this.#text("content-language");
    return {
      type,
      subtype,
      parameters,
      contentId: this.#text("content-id"),
      description: this.#text("content-description"),
      encoding: encoding === null ? "7bit" : parseTransferEncoding(encoding),
      md5: this.#text("content-md5"),
      disposition: disposition === null ? null : parseContentDisposition(disposition),
      language: language === null ? null : parseContentLanguage(language),
      location: this.#text("content-location"),
    };
  }

  #boundary({ type, parameters }: ContentType, field: HeaderField): Uint8Array | undefined {
    if (type !== "multipart") return undefined;
    let text = boundaryText(parameters);
    if (NON_ASCII.test(text)) {
      // The lines are compared octet by octet, so octets over 127 must come back as they were.
      text = boundaryText(parseContentType(fieldValueLatin1(this.#header, field, FIELD_OCTETS_MAX)).parameters);
    }
    // RFC 2046 §5.1.1: a boundary does not end with white space; what stands there came on the way.
    const octets = Buffer.from(text.trimEnd(), "latin1");
    return octets.length === 0 || octets.length > BOUNDARY_OCTETS_MAX ? undefined : octets;
  }

  #envelope(date: string | null): Envelope {
    const from = this.#addresses("from");
    return {
      date,
      subject: this.#text("subject"),
      from,
      // RFC 3501 §7.4.2: where they are missing or empty, From stands in for them.
      sender: this.#addresses("sender") ?? from,
      replyTo: this.#addresses("reply-to") ?? from,
      to: nullIfEmpty(this.#recipients.get("to")),
      cc: nullIfEmpty(this.#recipients.get("cc")),
      bcc: nullIfEmpty(this.#recipients.get("bcc")),
      inReplyTo: this.#text("in-reply-to"),
      messageId: this.#text("message-id"),
    };
  }

  #addresses(name: string): readonly EnvelopeAddress[] | null {
    const field = this.#fields.get(name);
    return field === undefined ? null : nullIfEmpty(this.#parseAddresses(field));
  }

  #parseAddresses(field: HeaderField): EnvelopeAddress[] {
    const addresses = parseAddressList(this.#value(field));
    if (addresses.length >= ADDRESSES_MAX) this.#truncated = true;
    return addresses;
  }

  #text(name: string): string | null {
    const field = this.#fields.get(name);
    return field === undefined ? null : this.#value(field);
  }

  #value(field: HeaderField): string {
    if (field.end - field.valueStart > FIELD_OCTETS_MAX) this.#truncated = true;
    return fieldValue(this.#header, field, FIELD_OCTETS_MAX);
  }
}

const NON_ASCII = /[\u0080-\uffff]/;

function boundaryText(parameters: Parameters): string {
  const plain = parameters.find(([name]) => name === "boundary");
  return plain?.[1] ?? parameterValue(parameters, "boundary") ?? "";
}

function nullIfEmpty(list: readonly EnvelopeAddress[] | undefined): readonly EnvelopeAddress[] | null {
  return list === undefined || list.length === 0 ? null : list;
}
