/**
 * SCRAM as the server (RFC 5802, RFC 7677; tls-exporter by RFC 9266). One proof is held against each key that the name may
 * have, with the same work for every name: nothing tells a name that exists from one that does not.
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { SaslAnswer, SaslExchange, SaslIdentity, SaslOffer, SaslStep, ScramFailure } from "./exchange.ts";
import { SCRAM_RESPONSE_OCTETS_MAX } from "./limits.ts";
import { responseText } from "./response-text.ts";
import { hmac, SCRAM_HASH_OCTETS, type ScramHash, type ScramKey } from "./scram-keys.ts";
import { type ClientFinal, type ClientFirst, parseClientFinal, parseClientFirst } from "./scram-messages.ts";
import { EMPTY_CHALLENGE, isOneself, malformed, overAfter, REFUSED, UNAVAILABLE } from "./steps.ts";

const BINDING_TYPE = "tls-exporter";

type Keys = Extract<SaslAnswer, { kind: "scram-keys" }>;

type Phase =
  | { readonly awaits: "first" }
  | { readonly awaits: "keys"; readonly first: ClientFirst }
  | { readonly awaits: "final"; readonly first: ClientFirst; readonly keys: Keys; readonly serverFirst: string }
  /** Of the question about the proof: `signature` is said when it is taken; undefined: it was wrong, whatever is answered. */
  | { readonly awaits: "judgement"; readonly signature: string | undefined }
  /** The client's word that it has checked the signature. */
  | { readonly awaits: "confirmation"; readonly identity: SaslIdentity }
  | { readonly awaits: "nothing" };

export function startScram(
  hash: ScramHash,
  { plus, offer }: { readonly plus: boolean; readonly offer: SaslOffer },
): SaslExchange {
  return new Scram(hash, plus, offer);
}

class Scram implements SaslExchange {
  readonly #hash: ScramHash;
  readonly #plus: boolean;
  readonly #offer: SaslOffer;
  #phase: Phase = { awaits: "first" };

  constructor(hash: ScramHash, plus: boolean, offer: SaslOffer) {
    this.#hash = hash;
    this.#plus = plus;
    this.#offer = offer;
  }

  step(response: Uint8Array | undefined): SaslStep {
    const phase = this.#phase;
    if (response === undefined) return phase.awaits === "first" ? EMPTY_CHALLENGE : this.#end(malformed("finished"));
    switch (phase.awaits) {
      case "first":
        return this.#first(response);
      case "final":
        return this.#final(phase, response);
      case "confirmation":
        // RFC 5802 §3: the client's response to the server's final message is empty.
        if (response.length > 0) return this.#end(malformed("bad-message"));
        return this.#end({ kind: "over", outcome: { kind: "accepted", identity: phase.identity } });
      case "keys":
      case "judgement":
      case "nothing":
        return this.#end(malformed("finished"));
    }
  }

  answer(answer: SaslAnswer): SaslStep {
    const phase = this.#phase;
    if (phase.awaits === "keys") return this.#serverFirst(phase.first, answer);
    if (phase.awaits !== "judgement") throw new Error("an answer without a question");
    if (answer.kind !== "accepted") return this.#end(overAfter(answer));
    if (phase.signature === undefined) return this.#end(REFUSED);
    this.#phase = { awaits: "confirmation", identity: answer.identity };
    return { kind: "challenge", octets: Buffer.from(`v=${phase.signature}`) };
  }

  #first(response: Uint8Array): SaslStep {
    if (response.length > SCRAM_RESPONSE_OCTETS_MAX) return this.#end(malformed("too-long"));
    const decoded = responseText(response);
    if (!decoded.ok) return this.#end(malformed(decoded.reason));
    if (decoded.text === "") return this.#end(malformed("empty"));
    const first = parseClientFirst(decoded.text);
    // §6: with -PLUS the channel is bound, and by the one binding we know; without it, it is not.
    if (first === undefined || (first.flag === "p") !== this.#plus) return this.#end(malformed("bad-message"));
    if (this.#plus && first.bindingType !== BINDING_TYPE) return this.#end(malformed("bad-message"));
    if (!isOneself(first.authorizationId, first.username)) return this.#end(REFUSED);
    if (first.flag === "y" && this.#announcesPlus()) return this.#fail(first, "downgraded");
    this.#phase = { awaits: "keys", first };
    return { kind: "question", question: { about: "scram-keys", hash: this.#hash, username: first.username } };
  }

  #serverFirst(first: ClientFirst, answer: SaslAnswer): SaslStep {
    if (answer.kind === "unavailable") return this.#end(UNAVAILABLE);
    if (answer.kind !== "scram-keys") throw new Error(`no answer to a question for keys: ${answer.kind}`);
    const salt = Buffer.from(answer.salt).toString("base64");
    const serverFirst = `r=${first.nonce}${answer.nonce},s=${salt},i=${answer.iterations}`;
    this.#phase = { awaits: "final", first, keys: answer, serverFirst };
    return { kind: "challenge", octets: Buffer.from(serverFirst) };
  }

  #final(phase: Extract<Phase, { awaits: "final" }>, response: Uint8Array): SaslStep {
    const { first, keys, serverFirst } = phase;
    if (response.length > SCRAM_RESPONSE_OCTETS_MAX) return this.#end(malformed("too-long"));
    const decoded = responseText(response);
    if (!decoded.ok) return this.#end(malformed(decoded.reason));
    const final = parseClientFinal(decoded.text);
    if (final === undefined || final.nonce !== first.nonce + keys.nonce) return this.#end(malformed("bad-message"));
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const matching = this.#match(keys.keys, final, authMessage);
    const former = this.#match(keys.formerKeys ?? [], final, authMessage);
    if (!isSame(final.channel, this.#expectedChannel(first))) return this.#fail(first, "other-channel", keys.nonce);
    if (matching?.credentialId === undefined) return this.#fail(first, "wrong-proof", keys.nonce, former?.name);
    const signature = hmac(this.#hash, matching.serverKey, authMessage).toString("base64");
    this.#phase = { awaits: "judgement", signature };
    const proof = { right: true, credentialId: matching.credentialId } as const;
    return { kind: "question", question: { about: "scram-proof", username: first.username, proof } };
  }

  /** §3: `ClientKey = ClientProof XOR ClientSignature`, and its hash is the stored key. All keys are tried, in any case. */
  #match<Key extends Pick<ScramKey, "storedKey">>(
    keys: readonly Key[],
    { proof }: ClientFinal,
    authMessage: string,
  ): Key | undefined {
    if (proof.length !== SCRAM_HASH_OCTETS[this.#hash]) return undefined;
    let matching: Key | undefined;
    for (const key of keys) {
      const clientKey = hmac(this.#hash, key.storedKey, authMessage);
      for (const [position, octet] of proof.entries()) clientKey[position] = (clientKey[position] ?? 0) ^ octet;
      if (isSame(createHash(this.#hash).update(clientKey).digest(), key.storedKey)) matching = key;
    }
    return matching;
  }

  #expectedChannel({ gs2Header, flag }: ClientFirst): Uint8Array {
    const header = Buffer.from(gs2Header);
    return flag === "p" ? Buffer.concat([header, this.#offer.channelBinding ?? new Uint8Array(0)]) : header;
  }

  #announcesPlus(): boolean {
    return this.#offer.mechanisms.some((name) => name.endsWith("-PLUS"));
  }

  #fail(
    { username, nonce: clientNonce }: ClientFirst,
    why: ScramFailure,
    nonce: string = clientNonce,
    formerKey?: string,
  ): SaslStep {
    this.#phase = { awaits: "judgement", signature: undefined };
    const proof = { right: false, why, nonce, ...(formerKey === undefined ? {} : { formerKey }) } as const;
    return { kind: "question", question: { about: "scram-proof", username, proof } };
  }

  #end(step: SaslStep): SaslStep {
    this.#phase = { awaits: "nothing" };
    return step;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
