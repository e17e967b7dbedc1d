/**
 * What a message goes through before it is tried anywhere: made fit for its way and signed, or sealed where it only passes
 * through. Done anew for each try, so that a change of keys reaches what waits; the store keeps what was handed in.
 */
import { Buffer } from "node:buffer";
import { parseDomain } from "#mail/address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Attempt, AttemptReport, DeliveryJob } from "#queue/attempt.ts";
import { OutgoingOctets } from "./preparing/outgoing-octets.ts";
import { type PreparedMessage, prepareMessage } from "./preparing/prepare-message.ts";
import { sealFields } from "./signing/arc-seal.ts";
import { measureBody, signatureFields } from "./signing/sign-message.ts";
import type { SigningKey } from "./signing/signing-key.ts";
import type { SigningKeys } from "./signing/signing-keys.ts";

export interface OutgoingDependencies {
  readonly keys: Pick<SigningKeys, "of">;
  /** Our name in Authentication-Results. */
  readonly hostname: string;
  readonly clock: Pick<Clock, "now">;
}

type Authorship = "own" | "forwarded";

/** Only we may write or read them on the way: hidden recipients, and the sender as the last server notes it. */
const WITHOUT: Readonly<Record<Authorship, readonly string[]>> = {
  own: ["return-path", "bcc", "resent-bcc"],
  forwarded: ["return-path"],
};

/** @param attempt tries the message as it then is. */
export function outgoingAttempt(attempt: Attempt, deps: OutgoingDependencies): Attempt {
  return async (job, signal) => {
    let ready: DeliveryJob;
    try {
      ready = await prepareJob(job, deps);
    } catch (error) {
      return notPrepared(job, deps.clock.now(), String(error));
    }
    return attempt(ready, signal);
  };
}

async function prepareJob(job: DeliveryJob, deps: OutgoingDependencies): Promise<DeliveryJob> {
  const { sizeOctets } = job;
  const authorship: Authorship = job.origin === "forwarded" ? "forwarded" : "own";
  const stored = { sizeOctets, read: (start: number, end: number) => job.read(start, end) };
  const prepared = await prepareMessage(stored, { authorship, without: WITHOUT[authorship] });
  const keys = await keysFor(job, authorship, prepared, deps);
  const [fields, bodyOctets] = await signed(prepared, keys, authorship, deps);
  const header = Buffer.concat([fields, prepared.header]);
  const octets = new OutgoingOctets(header, prepared.body, bodyOctets);
  return {
    ...job,
    sizeOctets: octets.sizeOctets,
    body: prepared.isEightBit ? "8BITMIME" : "7BIT",
    read: (start, end) => octets.read(start, end),
  };
}

/**
 * In the name of the author's domain, where that is ours: only then a signature aligns (RFC 9989 §4.4). What passes through
 * is sealed in the name of the domain it passes through, which its reverse-path names by then.
 */
async function keysFor(
  { mailFrom }: DeliveryJob,
  authorship: Authorship,
  { authorDomain }: PreparedMessage,
  { keys }: OutgoingDependencies,
): Promise<readonly SigningKey[]> {
  if (authorship === "own") return authorDomain === undefined ? [] : keys.of(authorDomain);
  const domain = parseDomain(mailFrom.slice(mailFrom.lastIndexOf("@") + 1));
  return domain.ok ? keys.of(domain.value) : [];
}

/** The fields to stand in front, and the octets of the body. */
async function signed(
  prepared: PreparedMessage,
  keys: readonly SigningKey[],
  authorship: Authorship,
  { hostname, clock }: OutgoingDependencies,
): Promise<readonly [fields: Buffer, bodyOctets: number]> {
  const [key] = keys;
  // Nobody signs it: nothing needs its hash.
  if (key === undefined) return [Buffer.alloc(0), await countBody(prepared)];
  const { header } = prepared;
  const body = await measureBody(prepared);
  const nowMs = clock.now();
  if (authorship === "own") return [await signatureFields(header, body, keys, nowMs), body.octets];
  const seal = await sealFields(header, body, { key, authservId: hostname, nowMs });
  return [seal ?? Buffer.alloc(0), body.octets];
}

async function countBody({ body }: PreparedMessage): Promise<number> {
  let octets = 0;
  for await (const piece of body()) octets += piece.length;
  return octets;
}

function notPrepared({ recipients }: DeliveryJob, nowMs: number, why: string): AttemptReport {
  const text = `The message could not be made ready: ${why}`;
  return {
    results: recipients.map(({ id }) => ({
      recipientId: id,
      outcome: "deferred",
      reply: { code: null, enhanced: "4.3.0", text, byHost: null, stage: "local" },
    })),
    host: undefined,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    trace: [text],
  };
}
