/** ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2), each checked by its own RFC's grammar. */
import { type Reply, reply } from "#mail/reply.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { ENVELOPE_ID_OCTETS_MAX, ORIGINAL_RECIPIENT_OCTETS_MAX } from "./limits.ts";
import type { NotifyEvent, RecipientRequest, SenderRequest } from "./transaction.ts";

/** What the client was told it may use. */
export interface Announced {
  /** False after HELO: no parameter at all (RFC 5321 §4.1.1.11). */
  readonly extended: boolean;
  readonly auth: boolean;
  readonly requireTls: boolean;
  readonly messageSizeOctetsMax: number;
}

const NONE: ReadonlyMap<string, string | null> = new Map();
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\0-\x20=\x7f]+))?$/;
/** RFC 3461 §4: printable without `+` and `=`, or `+` and two hexadecimal digits. */
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/;
/** RFC 6533 §3: the same, and UTF-8 itself where SMTPUTF8 was asked for. */
const UTF8_XTEXT = /^(?:[!-*,-<>-~\u0080-\u{10ffff}]|\+[0-9A-F]{2})*$/u;

/** Parameter names in capitals with their values; a name twice is an error. `rest` is empty or begins with a space. */
function split(rest: string): Result<ReadonlyMap<string, string | null>, Reply> {
  if (rest === "") return ok(NONE);
  const found = new Map<string, string | null>();
  for (const word of rest.slice(1).split(" ")) {
    if (word === "") continue; // several spaces: harmless, and seen in the wild
    const [, keyword, value] = PARAMETER.exec(word) ?? [];
    if (keyword === undefined) return failed(malformed("a parameter is KEYWORD or KEYWORD=value after one space"));
    const name = keyword.toUpperCase();
    if (found.has(name)) return failed(malformed(`${name} stands twice`));
    found.set(name, value ?? null);
  }
  return ok(found);
}

type SenderParameters = Omit<SenderRequest, "reversePath">;
const PLAIN_SENDER: SenderParameters = {
  declaredOctets: undefined,
  body: "7BIT",
  utf8: false,
  requireTls: false,
  returnContent: undefined,
  envelopeId: undefined,
};

export function parseSenderParameters(rest: string, announced: Announced): Result<SenderParameters, Reply> {
  if (rest === "") return ok(PLAIN_SENDER);
  const words = split(rest);
  if (!words.ok) return words;
  let sender = PLAIN_SENDER;
  for (const [name, value] of words.value) {
    const parsed = announced.extended ? senderParameter(name, value, announced) : undefined;
    if (parsed === undefined) return failed(unknown(name));
    if ("code" in parsed) return failed(parsed);
    sender = { ...sender, ...parsed };
  }
  return ok(sender);
}

/** Undefined for a parameter that was not announced. */
function senderParameter(
  name: string,
  value: string | null,
  announced: Announced,
): Partial<SenderParameters> | Reply | undefined {
  switch (name) {
    case "SIZE":
      return sizeParameter(value ?? "", announced.messageSizeOctetsMax);
    case "BODY": {
      const body = value?.toUpperCase();
      if (body !== "7BIT" && body !== "8BITMIME" && body !== "BINARYMIME") {
        return malformed("BODY is 7BIT, 8BITMIME or BINARYMIME");
      }
      return { body };
    }
    case "SMTPUTF8":
      return value === null ? { utf8: true } : malformed("SMTPUTF8 takes no value");
    case "RET": {
      const returnContent = value?.toUpperCase();
      if (returnContent !== "FULL" && returnContent !== "HDRS") return malformed("RET is FULL or HDRS");
      return { returnContent };
    }
    case "ENVID":
      if (value === null || value.length > ENVELOPE_ID_OCTETS_MAX || !XTEXT.test(value)) {
        return malformed("ENVID is xtext of at most 100 characters");
      }
      return { envelopeId: value };
    case "REQUIRETLS":
      if (!announced.requireTls) return undefined;
      return value === null ? { requireTls: true } : malformed("REQUIRETLS takes no value");
    case "AUTH":
      // RFC 4954 §5: taken where AUTH was announced; as nobody here is trusted to vouch for others, it means <>.
      if (!announced.auth) return undefined;
      return value !== null && (value === "<>" || XTEXT.test(value)) ? {} : malformed("AUTH is xtext or <>");
    default:
      return undefined;
  }
}

function sizeParameter(value: string, octetsMax: number): Partial<SenderParameters> | Reply {
  if (!/^\d{1,20}$/.test(value)) return malformed("SIZE is a number of octets"); // RFC 1870 §4
  const declaredOctets = Number(value);
  return declaredOctets > octetsMax ? tooLarge(octetsMax) : { declaredOctets };
}

type RecipientParameters = Omit<RecipientRequest, "path">;
const PLAIN_RECIPIENT: RecipientParameters = { notify: undefined, originalRecipient: undefined };

export function parseRecipientParameters(
  rest: string,
  announced: { readonly extended: boolean; readonly utf8: boolean },
): Result<RecipientParameters, Reply> {
  if (rest === "") return ok(PLAIN_RECIPIENT);
  const words = split(rest);
  if (!words.ok) return words;
  let recipient = PLAIN_RECIPIENT;
  for (const [name, value] of words.value) {
    if (!announced.extended || (name !== "NOTIFY" && name !== "ORCPT")) return failed(unknown(name));
    const parsed = name === "NOTIFY" ? parseNotify(value ?? "") : parseOriginalRecipient(value ?? "", announced.utf8);
    if ("code" in parsed) return failed(parsed);
    recipient = { ...recipient, ...parsed };
  }
  return ok(recipient);
}

/** RFC 3461 §4.1: NEVER alone, or a list without repetition. */
function parseNotify(value: string): Partial<RecipientParameters> | Reply {
  const events = value.toUpperCase().split(",");
  const known = (event: string): event is NotifyEvent =>
    event === "SUCCESS" || event === "FAILURE" || event === "DELAY" || (event === "NEVER" && events.length === 1);
  if (new Set(events).size !== events.length || !events.every(known)) {
    return malformed("NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY with commas between");
  }
  return { notify: events };
}

/** RFC 3461 §4.2. */
function parseOriginalRecipient(value: string, utf8: boolean): Partial<RecipientParameters> | Reply {
  const semicolon = value.indexOf(";");
  const type = value.slice(0, Math.max(0, semicolon)).toLowerCase();
  const text = value.slice(semicolon + 1);
  const grammar = utf8 && type === "utf-8" ? UTF8_XTEXT : XTEXT;
  const wellFormed = /^[a-z0-9][a-z0-9-]*$/.test(type) && text !== "" && grammar.test(text);
  if (!wellFormed || value.length > ORIGINAL_RECIPIENT_OCTETS_MAX) {
    return malformed("ORCPT is an address type, a semicolon and xtext");
  }
  return { originalRecipient: value };
}

export function tooLarge(octetsMax: number): Reply {
  return reply(552, "5.3.4", `Message too large: at most ${octetsMax} octets are taken here`);
}

function malformed(text: string): Reply {
  return reply(501, "5.5.4", `Bad parameter: ${text}`);
}

function unknown(name: string): Reply {
  return reply(555, "5.5.4", `${name} is not a parameter that was announced here`);
}
