/** DKIM signatures on a message that leaves (RFC 6376 §5, RFC 8463 §3): one field for each key, relaxed in header and body. */
import { Buffer } from "node:buffer";
import { BodyHashes } from "#mail/dkim/body-hashes.ts";
import { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import { splitFields } from "#mail/header/fields.ts";
import { signedField, unsignedField } from "./signature-field.ts";
import { signedFields } from "./signed-fields.ts";
import type { SigningKey } from "./signing-key.ts";

export interface MessageToSign {
  /** With its empty line. */
  readonly header: Buffer;
  readonly body: () => AsyncIterable<Uint8Array>;
}

export interface MeasuredBody {
  /** Base64, of the relaxed form. */
  readonly hash: string;
  readonly octets: number;
}

const WHOLE_BODY = { body: "relaxed", bodyOctetsMax: undefined } as const;
const MS_PER_SECOND = 1000;

export async function measureBody({ body }: MessageToSign): Promise<MeasuredBody> {
  const hashes = new BodyHashes([WHOLE_BODY]);
  let octets = 0;
  for await (const piece of body()) {
    hashes.write(piece);
    octets += piece.length;
  }
  return { hash: hashes.end()(WHOLE_BODY).hash ?? "", octets };
}

/** @returns the fields with CRLF, in the order of the keys, to stand in front of the header; empty without keys. */
export async function signatureFields(
  header: Buffer,
  body: MeasuredBody,
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<Buffer> {
  const names = signedFields(splitFields(header));
  const fields = await Promise.all(
    keys.map((key) => {
      const tags = ["v=1", ...signatureTags(key, names, body, nowMs)];
      return signHeader("DKIM-Signature", tags, { header, key, names });
    }),
  );
  return Buffer.from(fields.join(""), "latin1");
}

/** The tags that DKIM and ARC have in common. */
export function signatureTags(
  { algorithm, domain, selector }: SigningKey,
  names: readonly string[],
  body: MeasuredBody,
  nowMs: number,
): readonly string[] {
  return [
    `a=${algorithm}`,
    "c=relaxed/relaxed",
    `d=${domain}`,
    `s=${selector}`,
    `t=${secondsOf(nowMs)}`,
    `h=${names.join(":")}`,
    `bh=${body.hash}`,
  ];
}

export function secondsOf(nowMs: number): number {
  return Math.floor(nowMs / MS_PER_SECOND);
}

/** The field that signs the fields `names` of the header. With CRLF. */
export function signHeader(
  name: string,
  tags: readonly string[],
  about: { readonly header: Buffer; readonly key: SigningKey; readonly names: readonly string[] },
): Promise<string> {
  const unsigned = unsignedField(name, tags);
  const whole = Buffer.concat([Buffer.from(`${unsigned}\r\n`, "latin1"), about.header]);
  const data = new CanonicalHeader(whole, splitFields(whole)).signedData(about.names, 0, "relaxed");
  return signedField(unsigned, about.key, data);
}
