/** After a message has ended: its signatures, its chain, and whether its author's domain stands behind it. */

import { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import { splitFields } from "#mail/header/fields.ts";
import type { Resolver } from "#ports/resolver.ts";
import { verifyArcChain } from "../arc/verify-chain.ts";
import { KeyRing } from "../dkim/key-ring.ts";
import { verifySignatures } from "../dkim/verify-signatures.ts";
import { evaluateDmarc } from "../dmarc/evaluate-dmarc.ts";
import { PolicyTree } from "../dmarc/tree-walk.ts";
import type { SpfEvidence } from "../spf/evidence.ts";
import type { MessageAuthentication } from "./evidence.ts";
import type { DigestedMessage } from "./message-digest.ts";

export interface AuthenticationOptions {
  /** What was found at MAIL; null where it was not asked. */
  readonly spf: SpfEvidence | null;
  /** Domains whose ARC seals are believed. */
  readonly trustedSealers: readonly string[];
  readonly resolver: Resolver;
  /** Clock.monotonicMs() for all questions together; what is not known by then is a temperror. */
  readonly deadlineMs: number;
  /** Seconds since the epoch, for the expiry of signatures. */
  readonly nowSeconds: number;
}

/** Never throws, whatever the message holds and the DNS says. */
export async function authenticateMessage(
  message: DigestedMessage,
  { spf, trustedSealers, resolver, deadlineMs, nowSeconds }: AuthenticationOptions,
): Promise<MessageAuthentication> {
  const { author } = message;
  const lookup = { deadlineMs };
  const tree = new PolicyTree(resolver, lookup);
  // The policy is asked for while the keys are.
  const policy = author.kind === "one" ? tree.walk(author.domain) : undefined;
  const isSigned = message.signatures.some(({ signature }) => signature.check) || message.arc.kind === "sound";
  const header = new CanonicalHeader(message.header, isSigned ? splitFields(message.header) : []);
  const options = { header, keys: new KeyRing(resolver, lookup), nowSeconds };
  const [signatures, arc] = await Promise.all([
    verifySignatures(message.signatures, options),
    verifyArcChain(message.arc, message.arcBody, options),
    policy,
  ]);
  const dkim = {
    signatures,
    signaturesLeftOut: message.signaturesLeftOut,
    headerTooLarge: author.kind === "header-too-large",
  };
  const dmarc = await evaluateDmarc({ author, spf, dkim: signatures, arc, trustedSealers, tree });
  return { author, spf, dkim, arc, dmarc };
}
