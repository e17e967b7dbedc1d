/** Responses as octets (RFC 3501 §7). */
import { Buffer } from "node:buffer";
import { encodeResponseCode } from "./encode-response-code.ts";
import { encodeMailbox, encodeNstring, encodeString, encodeText } from "./encode-string.ts";
import type { EncodeOptions, EsearchResponse, ListResponse, Namespace, Response, ResponseCode } from "./response.ts";
import { formatNumbers } from "./sequence-set.ts";

/** One response as octets, its CRLF included. */
export function encodeResponse(response: Response, options: EncodeOptions): Uint8Array {
  return Buffer.from(`${encodeLine(response, options)}\r\n`, "latin1");
}

function encodeLine(response: Response, options: EncodeOptions): string {
  switch (response.kind) {
    case "tagged":
      return `${response.tag} ${response.status} ${encodeStatusText(response, options)}`;
    case "untagged":
      return `* ${response.status} ${encodeStatusText(response, options)}`;
    case "continue":
      return `+ ${encodeText(response.text, options)}`;
    case "challenge":
      return `+ ${Buffer.from(response.octets).toString("base64")}`;
    case "capability":
    case "enabled":
      return ["*", response.kind.toUpperCase(), ...response.capabilities].join(" ");
    case "id":
      return `* ID ${encodeIdFields(response.fields, options)}`;
    case "namespace": {
      const kinds = [response.personal, response.others, response.shared];
      return `* NAMESPACE ${kinds.map((namespaces) => encodeNamespaces(namespaces, options)).join(" ")}`;
    }
    case "list":
    case "lsub":
      return encodeList(response, options);
    case "status": {
      const values = response.values.map(([item, value]) => `${item} ${value}`).join(" ");
      return `* STATUS ${encodeMailbox(response.mailbox, options)} (${values})`;
    }
    case "flags":
      return `* FLAGS (${response.flags.join(" ")})`;
    case "exists":
    case "recent":
      return `* ${response.count} ${response.kind.toUpperCase()}`;
    case "expunge":
      return `* ${response.sequence} EXPUNGE`;
    case "vanished":
      return `* VANISHED ${response.earlier ? "(EARLIER) " : ""}${formatNumbers(response.uids)}`;
    case "search": {
      const numbers = response.numbers.length === 0 ? "" : ` ${response.numbers.join(" ")}`;
      return `* SEARCH${numbers}${response.modSeq === undefined ? "" : ` (MODSEQ ${response.modSeq})`}`;
    }
    case "esearch":
      return encodeEsearch(response, options);
  }
}

/** `resp-text`. */
function encodeStatusText(
  { code, text }: { readonly code?: ResponseCode; readonly text: string },
  options: EncodeOptions,
): string {
  const encoded = encodeText(text, options);
  if (code !== undefined) return `[${encodeResponseCode(code)}] ${encoded}`;
  // A text that starts with a bracket would be read as a code.
  return encoded.startsWith("[") ? `- ${encoded}` : encoded;
}

function encodeIdFields(fields: readonly (readonly [string, string | null])[] | null, options: EncodeOptions): string {
  if (fields === null) return "NIL";
  return `(${fields.map(([name, value]) => `${encodeString(name, options)} ${encodeNstring(value, options)}`).join(" ")})`;
}

/** RFC 2342 §6. */
function encodeNamespaces(namespaces: readonly Namespace[], options: EncodeOptions): string {
  if (namespaces.length === 0) return "NIL";
  return `(${namespaces.map(({ prefix, separator }) => `(${quoteMailbox(prefix, options)} ${encodeNstring(separator, options)})`).join("")})`;
}

/** A mailbox name where the grammar has `string`, or the empty name, that no atom can be. */
function quoteMailbox(name: string, options: EncodeOptions): string {
  const encoded = encodeMailbox(name, options);
  return encoded.startsWith('"') || encoded.startsWith("{") ? encoded : `"${encoded}"`;
}

/** RFC 3501 §7.2.2, RFC 5258 §6, RFC 9051 §6.3.9.7. */
function encodeList(response: ListResponse, options: EncodeOptions): string {
  const { kind, attributes, separator, mailbox, childInfo, oldName } = response;
  const extended: string[] = [];
  if (childInfo !== undefined) extended.push(`"CHILDINFO" (${childInfo.map((option) => `"${option}"`).join(" ")})`);
  if (oldName !== undefined) extended.push(`"OLDNAME" (${encodeMailbox(oldName, options)})`);
  const name = encodeMailbox(mailbox, options);
  const line = `* ${kind.toUpperCase()} (${attributes.join(" ")}) ${encodeNstring(separator, options)} ${name}`;
  return extended.length === 0 ? line : `${line} (${extended.join(" ")})`;
}

/** RFC 4731 §3.1, RFC 7162 §3.1.10. */
function encodeEsearch(response: EsearchResponse, options: EncodeOptions): string {
  const { tag, uid, min, max, all, count, modSeq } = response;
  const line = [`* ESEARCH (TAG ${encodeString(tag, options)})`];
  if (uid) line.push("UID");
  if (min !== undefined) line.push(`MIN ${min}`);
  if (max !== undefined) line.push(`MAX ${max}`);
  if (count !== undefined) line.push(`COUNT ${count}`);
  if (all !== undefined && all.length > 0) line.push(`ALL ${formatNumbers(all)}`);
  if (modSeq !== undefined) line.push(`MODSEQ ${modSeq}`);
  return line.join(" ");
}
