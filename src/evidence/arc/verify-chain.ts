/** Verifies an ARC chain (RFC 8617 §5.2): the newest message signature, then every seal from the newest to the oldest. */
import { Buffer } from "node:buffer";
import type { BodyHash } from "#mail/dkim/body-hashes.ts";
import type { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import type { SignatureProblem } from "../dkim/evidence.ts";
import { type DigestedSignature, tryKeys, type VerifyOptions, verifySignature } from "../dkim/verify-signatures.ts";
import type { ArcChain, ArcFieldName, ArcSet } from "./chain.ts";
import type { ArcEvidence, ArcProblem } from "./evidence.ts";

/** @param body as the newest message signature wants it hashed. */
export async function verifyArcChain(
  chain: ArcChain,
  body: BodyHash | undefined,
  options: VerifyOptions,
): Promise<ArcEvidence> {
  if (chain.kind === "none") return { result: "none", problem: undefined, sets: [] };
  if (chain.kind === "broken") return { result: "fail", problem: chain.problem, sets: [] };
  const sets = chain.sets.map(({ evidence }) => evidence);
  const problem = (await messageProblem(chain.sets, body, options)) ?? (await sealProblem(chain.sets, options));
  return { result: problem === undefined ? "pass" : "fail", problem, sets };
}

async function messageProblem(
  sets: readonly ArcSet[],
  body: BodyHash | undefined,
  options: VerifyOptions,
): Promise<ArcProblem | undefined> {
  const newest = sets.at(-1);
  if (newest === undefined) return undefined;
  const digested: DigestedSignature = {
    signature: newest.message,
    fieldIndex: newest.fields["arc-message-signature"],
    body,
  };
  const { problem, unsignedBodyOctets } = await verifySignature(digested, options);
  // Whoever sealed a part of the body vouches for no more than that.
  const cause = problem ?? (unsignedBodyOctets > 0 ? ({ kind: "body-hash" } as const) : undefined);
  return cause === undefined ? undefined : problemOf("message-signature", newest, cause);
}

async function sealProblem(sets: readonly ArcSet[], options: VerifyOptions): Promise<ArcProblem | undefined> {
  // Asked for together; judged in order, so that the newest broken one is told.
  const keys = await Promise.all(sets.map(({ seal }) => options.keys.find(seal)));
  const sealed = sealedData(sets, options.header);
  for (const [index, set] of [...sets.entries()].toReversed()) {
    const found = keys[index];
    const data = sealed[index];
    if (found === undefined || data === undefined) continue;
    const check = { ...set.seal, identityDomain: set.seal.domain };
    const { problem } = tryKeys(found, check, () => data);
    if (problem !== undefined) return problemOf("seal", set, problem);
  }
  return undefined;
}

const SEALED_ORDER: readonly ArcFieldName[] = ["arc-authentication-results", "arc-message-signature", "arc-seal"];

/** What each seal signs: all sets up to its own, the oldest first, its own seal last and without its signature (RFC 8617 §5.1.1). */
function sealedData(sets: readonly ArcSet[], header: CanonicalHeader): readonly Uint8Array[] {
  let before = "";
  return sets.map(({ fields }) => {
    const [results = "", message = "", seal = ""] = SEALED_ORDER.map((name) => header.field(fields[name], "relaxed"));
    const own = before + results + message + header.withoutSignature(fields["arc-seal"], "relaxed");
    before += results + message + seal;
    return Buffer.from(own, "latin1");
  });
}

function problemOf(
  kind: "message-signature" | "seal",
  { evidence: { instance } }: ArcSet,
  cause: SignatureProblem,
): ArcProblem {
  return { kind, instance, cause, isTemporary: cause.kind === "dns" };
}
