/** Arguments of the commands about the session itself: ID, AUTHENTICATE, LOGIN, ENABLE. */
import { Buffer } from "node:buffer";
import type { Command } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import { ID_FIELDS_MAX, ID_NAME_OCTETS_MAX, ID_VALUE_OCTETS_MAX, LIST_ENTRIES_MAX } from "./limits.ts";

/** RFC 2971 §3.1. */
export function parseId(cursor: Cursor): Command {
  if (cursor.take("NIL")) return { name: "ID", fields: null };
  const fields: [string, string | null][] = [];
  cursor.expect("(");
  if (cursor.take(")")) return { name: "ID", fields };
  do {
    if (fields.length === ID_FIELDS_MAX) cursor.fail("Too many fields in ID");
    const name = cursor.text(cursor.string("a field name"), "The field name");
    cursor.space();
    const octets = cursor.nstring("a field value");
    const value = octets === null ? null : cursor.text(octets, "The field value");
    if (name.length > ID_NAME_OCTETS_MAX) cursor.fail("Field name in ID too long");
    if ((octets?.length ?? 0) > ID_VALUE_OCTETS_MAX) cursor.fail("Field value in ID too long");
    fields.push([name, value]);
  } while (cursor.take(" "));
  cursor.expect(")");
  return { name: "ID", fields };
}

/** RFC 3501 §6.2.2, RFC 4959 §3. */
export function parseAuthenticate(cursor: Cursor): Command {
  const mechanism = cursor.word("a mechanism");
  if (!cursor.take(" ")) return { name: "AUTHENTICATE", mechanism, initialResponse: null };
  const text = cursor.rest();
  const initialResponse = text === "=" ? new Uint8Array() : decodeBase64(text);
  if (initialResponse === undefined || text === "") cursor.fail("The initial response is not base64");
  return { name: "AUTHENTICATE", mechanism, initialResponse: initialResponse ?? null };
}

/** A client's line in an AUTHENTICATE exchange (RFC 3501 §6.2.2). */
export type AuthenticateAnswer =
  | { readonly kind: "response"; readonly octets: Uint8Array }
  | { readonly kind: "cancel" }
  | { readonly kind: "bad" };

/** @param line without its end, as the reader's `line` event has it. */
export function parseAuthenticateAnswer(line: Uint8Array): AuthenticateAnswer {
  const text = Buffer.from(line).toString("latin1");
  if (text === "*") return { kind: "cancel" };
  const octets = decodeBase64(text);
  return octets === undefined ? { kind: "bad" } : { kind: "response", octets };
}

/** RFC 4648 §4 with its padding, and nothing else; undefined for what is not that. */
function decodeBase64(text: string): Uint8Array | undefined {
  const octets = Buffer.from(text, "base64");
  return octets.toString("base64") === text ? octets : undefined;
}

/** RFC 3501 §6.2.3. */
export function parseLogin(cursor: Cursor): Command {
  const user = cursor.astring("a user name");
  cursor.space();
  const password = cursor.astring("a password");
  return { name: "LOGIN", user: Buffer.from(user, "latin1"), password: Buffer.from(password, "latin1") };
}

/** RFC 5161 §3.1. */
export function parseEnable(cursor: Cursor): Command {
  const capabilities: string[] = [];
  do {
    if (capabilities.length === LIST_ENTRIES_MAX) cursor.fail("Too many capabilities");
    capabilities.push(cursor.word("a capability"));
  } while (cursor.take(" "));
  return { name: "ENABLE", capabilities };
}
