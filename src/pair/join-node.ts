/** Joins the node that made a code: its key is known from the code before a word is said, ours it learns with the proof. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { PairingCode } from "#protocol/pair/code.ts";
import { PAIR_VERSION } from "#protocol/pair/messages.ts";
import { ANSWER_MS } from "./limits.ts";
import { type LinkDependencies, openLink } from "./node-link.ts";
import { LinkError } from "./pair-link.ts";
import { isProof, pairingProof } from "./pairing-proof.ts";

export interface JoinedNode {
  readonly fingerprint: string;
  readonly name: string;
}

/** @param place `host:port` where it listens. The problem: one line. */
export async function joinNode(
  place: string,
  { secret, fingerprint }: Pick<PairingCode, "secret" | "fingerprint">,
  us: LinkDependencies & { readonly name: string; readonly address: string },
): Promise<Result<JoinedNode, string>> {
  const opened = await openLink(place, fingerprint, us);
  if (!opened.ok) return opened;
  const link = opened.value;
  const facts = { secret, joining: us.identity.fingerprint, inviting: fingerprint };
  try {
    const proof = pairingProof("joining", facts);
    await link.say({ kind: "join", version: PAIR_VERSION, name: us.name, proof, address: us.address });
    const answer = await link.hear(["joined", "refused"], ANSWER_MS);
    if (answer.kind === "refused") return failed(answer.why);
    if (!isProof(answer.proof, "inviting", facts)) return failed("the other side does not know the code");
    return ok({ fingerprint, name: answer.name });
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return failed(`the other side ended it: ${error.message}; is its code used, or over?`);
  } finally {
    link.end();
  }
}
