/** A key as its owner publishes it (RFC 6376 §3.6.1, RFC 8463 §4). */
import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject } from "node:crypto";
import { LRUCache } from "lru-cache";
import { colonList, parseTagList, withoutBlanks } from "#mail/dkim/tag-list.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { SignatureProblem } from "./evidence.ts";
import { KEY_RECORD_LENGTH_MAX, KEYS_REMEMBERED_MAX, RSA_BITS_MAX, RSA_BITS_MIN, RSA_EXPONENT_MAX } from "./limits.ts";

export interface PublicKey {
  readonly key: KeyObject;
  readonly type: "rsa" | "ed25519";
  readonly bits: number;
  /** `t=y`. */
  readonly isTesting: boolean;
  /** `t=s`: `i=` must be in the very domain. */
  readonly wantsSameDomain: boolean;
}

/** Does a TXT record mean to be a key? Others may stand at the same name, by a wildcard. */
export function isKeyRecord(text: string): boolean {
  return /^\s*v\s*=\s*DKIM1/i.test(text) || /(?:^|;)\s*p\s*=/.test(text.slice(0, KEY_RECORD_LENGTH_MAX));
}

/** Importing a key costs three times what checking a signature with it does, and most mail comes from a few signers. */
const remembered = new LRUCache<string, Result<PublicKey, SignatureProblem>>({ max: KEYS_REMEMBERED_MAX });

export function parseKeyRecord(text: string): Result<PublicKey, SignatureProblem> {
  if (text.length > KEY_RECORD_LENGTH_MAX) return failed({ kind: "key-syntax" });
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const parsed = parse(text);
  remembered.set(text, parsed);
  return parsed;
}

function parse(text: string): Result<PublicKey, SignatureProblem> {
  const list = parseTagList(text);
  if (!list.ok) return failed({ kind: "key-syntax" });
  const tags = list.value;
  const [first] = tags.keys();
  // `v=` may be left out; where it stands, it is first and exact.
  if (tags.has("v") && (first !== "v" || tags.get("v") !== "DKIM1")) return failed({ kind: "key-syntax" });
  const hashes = tags.get("h");
  if (hashes !== undefined && !colonList(hashes).includes("sha256")) return failed({ kind: "key-hash" });
  const services = colonList(tags.get("s") ?? "*");
  if (!services.includes("*") && !services.includes("email")) return failed({ kind: "key-service" });
  const data = tags.get("p");
  if (data === undefined) return failed({ kind: "key-syntax" });
  if (withoutBlanks(data) === "") return failed({ kind: "key-revoked" });
  const type = (tags.get("k") ?? "rsa").toLowerCase();
  if (type !== "rsa" && type !== "ed25519") return failed({ kind: "key-type" });
  const flags = colonList(tags.get("t") ?? "");
  const key = readKey(withoutBlanks(data), type);
  if (key === undefined) return failed({ kind: "key-syntax" });
  return checkedStrength({ key, type, isTesting: flags.includes("y"), wantsSameDomain: flags.includes("s") });
}

function checkedStrength(key: Omit<PublicKey, "bits">): Result<PublicKey, SignatureProblem> {
  if (key.type === "ed25519") return ok({ ...key, bits: 256 });
  const { modulusLength: bits = 0, publicExponent = 0n } = key.key.asymmetricKeyDetails ?? {};
  if (bits < RSA_BITS_MIN) return failed({ kind: "weak-key", bits });
  if (bits > RSA_BITS_MAX || publicExponent > RSA_EXPONENT_MAX) return failed({ kind: "oversized-key", bits });
  return ok({ ...key, bits });
}

/** SubjectPublicKeyInfo in front of a bare Ed25519 key (RFC 8410 §4). */
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** Undefined for what is no key of that type. */
function readKey(base64: string, type: "rsa" | "ed25519"): KeyObject | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const der = Buffer.from(base64, "base64");
  if (type === "ed25519") {
    return der.length === 32 ? imported(Buffer.concat([ED25519_PREFIX, der]), "spki", type) : undefined;
  }
  return imported(der, isBareRsaKey(der) ? "pkcs1" : "spki", type);
}

/** RFC 6376 has the bare RSAPublicKey, a sequence that begins with a number; all the world publishes the wrapped one. */
function isBareRsaKey(der: Buffer): boolean {
  const length = der[1] ?? 0;
  return der[0] === SEQUENCE && der[length < 0x80 ? 2 : 2 + (length & 0x7f)] === INTEGER;
}

function imported(key: Buffer, format: "spki" | "pkcs1", type: "rsa" | "ed25519"): KeyObject | undefined {
  try {
    const object = createPublicKey({ key, format: "der", type: format });
    return object.asymmetricKeyType === type ? object : undefined;
  } catch {
    return undefined; // Foreign octets: whatever the library says of them, they are no key.
  }
}
