/** Messages signed by another implementation than ours, with the zone that holds their keys. */
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { dkimSign } from "mailauth";
import { authenticateMessage } from "#evidence/authentication-results/authenticate-message.ts";
import type { MessageAuthentication } from "#evidence/authentication-results/evidence.ts";
import { MessageDigest } from "#evidence/authentication-results/message-digest.ts";
import { type FakeNames, FakeResolver } from "./resolver.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed25519 = generateKeyPairSync("ed25519");

export const RSA_RECORD = keyRecord(rsa.publicKey.export({ format: "der", type: "spki" }));
export const ED25519_RECORD = `v=DKIM1; k=ed25519; p=${ed25519.publicKey
  .export({ format: "der", type: "spki" })
  .subarray(-32)
  .toString("base64")}`;

export function keyRecord(spki: Buffer): string {
  return `v=DKIM1; k=rsa; p=${spki.toString("base64")}`;
}

export const MESSAGE = [
  "From: Alice <alice@example.com>",
  "To: bob@example.net",
  "Subject: =?utf-8?q?dinner?=  at",
  "\teight",
  "Date: Tue, 14 Nov 2023 22:13:20 +0000",
  "Message-ID: <1@example.com>",
  "",
  "Hi  Bob, \t",
  "",
  " are you hungry?",
  "",
  "",
  "",
].join("\r\n");

export interface SignOptions {
  readonly domain?: string;
  readonly selector?: string;
  readonly canonicalization?: string;
  readonly algorithm?: "rsa-sha256" | "ed25519-sha256" | "rsa-sha1";
  readonly bodyOctetsMax?: number;
  readonly expiresAtSeconds?: number;
  /** Names with colons. */
  readonly fields?: string;
  readonly privateKey?: string;
}

/** Seconds since the epoch at which the tests stand. */
export const NOW_SECONDS = 1_700_000_000;

/** The message with one more signature on top. */
export async function signed(message: string, options: SignOptions = {}): Promise<string> {
  const { algorithm = "rsa-sha256" } = options;
  const own = (algorithm === "ed25519-sha256" ? ed25519 : rsa).privateKey.export({ format: "pem", type: "pkcs8" });
  const signature = {
    canonicalization: options.canonicalization ?? "relaxed/relaxed",
    signTime: new Date(NOW_SECONDS * 1000),
    signingDomain: options.domain ?? "example.com",
    selector: options.selector ?? "s1",
    privateKey: options.privateKey ?? String(own),
    algorithm,
    ...(options.expiresAtSeconds === undefined ? {} : { expires: new Date(options.expiresAtSeconds * 1000) }),
    ...(options.fields === undefined ? {} : { headerList: options.fields }),
    ...(options.bodyOctetsMax === undefined ? {} : { maxBodyLength: options.bodyOctetsMax }),
  };
  const { signatures, errors } = await dkimSign(Buffer.from(message, "latin1"), {
    ...signature,
    signatureData: [signature],
  });
  const [error] = errors;
  if (error !== undefined) throw new Error(`could not sign: ${String(error.err)}`);
  return signatures + message;
}

/** The keys of `signed` where it publishes them by default. */
export const SIGNED_ZONE: FakeNames = { "s1._domainkey.example.com": { TXT: [RSA_RECORD] } };

export interface Situation {
  readonly names?: FakeNames;
  readonly trustedSealers?: readonly string[];
  readonly spf?: MessageAuthentication["spf"];
  readonly resolver?: FakeResolver;
  /** Octets at which the message is cut into chunks. */
  readonly cuts?: readonly number[];
}

/** All of it, as reception would: octets in, evidence out. */
export async function authenticate(
  message: string | Uint8Array,
  situation: Situation = {},
): Promise<MessageAuthentication> {
  const octets = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  const digest = new MessageDigest();
  let start = 0;
  for (const cut of [...(situation.cuts ?? []), octets.length]) {
    digest.write(octets.subarray(start, cut));
    start = cut;
  }
  return await authenticateMessage(structuredClone(digest.end()), {
    spf: situation.spf ?? null,
    trustedSealers: situation.trustedSealers ?? [],
    resolver: situation.resolver ?? new FakeResolver(situation.names ?? SIGNED_ZONE),
    deadlineMs: 3000,
    nowSeconds: NOW_SECONDS,
  });
}
