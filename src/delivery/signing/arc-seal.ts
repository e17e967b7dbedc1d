/**
 * One more ARC set on a message that we pass on (RFC 8617 §5.1): what we found out about it, and our word that this is how it
 * came. Who trusts us need not refuse it because its own signatures broke here.
 */
import { Buffer } from "node:buffer";
import { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import { parseTagList } from "#mail/dkim/tag-list.ts";
import { withoutComments } from "#mail/header/comment.ts";
import { fieldValueLatin1, type HeaderField, splitFields } from "#mail/header/fields.ts";
import { INSTANCE_MAX, RESULTS_OCTETS_MAX } from "./limits.ts";
import { type MeasuredBody, secondsOf, signatureTags, signHeader } from "./sign-message.ts";
import { signedField, unsignedField } from "./signature-field.ts";
import { signedFields } from "./signed-fields.ts";
import type { SigningKey } from "./signing-key.ts";

const RESULTS = "arc-authentication-results";
const MESSAGE = "arc-message-signature";
const SEAL = "arc-seal";
/** In the order in which they are sealed (RFC 8617 §5.1.1). */
const SET: readonly string[] = [RESULTS, MESSAGE, SEAL];

export interface SealOptions {
  readonly key: SigningKey;
  /** Our name in Authentication-Results: the field under it says what we found. */
  readonly authservId: string;
  readonly nowMs: number;
}

/**
 * @returns the three fields with CRLF, to stand in front of the header. Undefined where there is nothing to seal: we found
 *   nothing out, or the chain is broken or as long as it may be (RFC 8617 §5.1.2).
 */
export async function sealFields(
  header: Buffer,
  body: MeasuredBody,
  options: SealOptions,
): Promise<Buffer | undefined> {
  const { key, nowMs } = options;
  const fields = splitFields(header);
  const found = ownResults(header, fields, options.authservId);
  if (found === undefined) return undefined;
  const instance = Math.max(0, ...fields.flatMap((field) => instanceOf(header, field) ?? [])) + 1;
  const validation = /(?:^|[;\s])arc=(\w+)/i.exec(withoutComments(found))?.[1]?.toLowerCase() ?? "none";
  if (instance > INSTANCE_MAX || (validation === "none") !== (instance === 1)) return undefined;
  if (validation !== "none" && validation !== "pass") return undefined;
  const results = `ARC-Authentication-Results: i=${instance};\r\n\t${found}\r\n`;
  // RFC 8617 §4.1.2: neither seals nor what the next reader takes off are signed by it.
  const names = signedFields(fields).concat(
    fields.filter(({ name }) => name === "dkim-signature").map(({ name }) => name),
  );
  const tags = [`i=${instance}`, ...signatureTags(key, names, body, nowMs)];
  const message = await signHeader("ARC-Message-Signature", tags, { header, key, names });
  const unsigned = unsignedField("ARC-Seal", [
    `i=${instance}`,
    `a=${key.algorithm}`,
    `cv=${validation}`,
    `d=${key.domain}`,
    `s=${key.selector}`,
    `t=${secondsOf(nowMs)}`,
  ]);
  const whole = Buffer.concat([Buffer.from(`${unsigned}\r\n${message}${results}`, "latin1"), header]);
  const seal = await signedField(unsigned, key, sealedData(whole, instance));
  return Buffer.from(seal + message + results, "latin1");
}

/** All sets, the oldest first; the newest seal last and without its signature (RFC 8617 §5.1.1). */
function sealedData(header: Buffer, newest: number): Buffer {
  const fields = splitFields(header);
  const canonical = new CanonicalHeader(header, fields);
  const places = new Map<string, number>();
  for (const [index, field] of fields.entries()) {
    const instance = SET.includes(field.name) ? instanceOf(header, field) : undefined;
    if (instance !== undefined) places.set(`${instance} ${field.name}`, index);
  }
  let text = "";
  for (let instance = 1; instance <= newest; instance++) {
    for (const name of SET) {
      const index = places.get(`${instance} ${name}`);
      if (index === undefined) continue;
      const isOwnSeal = instance === newest && name === SEAL;
      text += isOwnSeal ? canonical.withoutSignature(index, "relaxed") : canonical.field(index, "relaxed");
    }
  }
  return Buffer.from(text, "latin1");
}

/** The value of our own Authentication-Results, one line. Fields of others under our name were taken off when it arrived. */
function ownResults(header: Buffer, fields: readonly HeaderField[], authservId: string): string | undefined {
  for (const field of fields) {
    if (field.name !== "authentication-results") continue;
    const value = fieldValueLatin1(header, field, RESULTS_OCTETS_MAX).replace(/\s+/g, " ");
    if (value.toLowerCase().startsWith(`${authservId.toLowerCase()};`)) return foldedAtStatements(value);
  }
  return undefined;
}

function foldedAtStatements(value: string): string {
  return value.replace(/; /g, ";\r\n\t");
}

function instanceOf(header: Buffer, field: HeaderField): number | undefined {
  if (!SET.includes(field.name)) return undefined;
  const value = fieldValueLatin1(header, field, RESULTS_OCTETS_MAX);
  const tags = parseTagList(field.name === RESULTS ? (value.split(";")[0] ?? "") : value);
  const instance = tags.ok ? Number(tags.value.get("i")) : Number.NaN;
  return Number.isInteger(instance) && instance >= 1 && instance <= INSTANCE_MAX ? instance : undefined;
}
