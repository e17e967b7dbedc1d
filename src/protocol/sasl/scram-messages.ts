/** The two messages of a SCRAM client (RFC 5802 §7), parsed once and strictly. */
import { Buffer } from "node:buffer";
import { SCRAM_NONCE_CHARACTERS_MAX } from "./limits.ts";
import { decodedName } from "./oauth.ts";

/** `n`: has no channel binding; `y`: has it, and thinks that we have not; `p`: uses it. */
export type ChannelFlag = "n" | "y" | "p";

export interface ClientFirst {
  readonly flag: ChannelFlag;
  /** Name of the binding, for `p`. */
  readonly bindingType: string | undefined;
  readonly authorizationId: string;
  readonly username: string;
  readonly nonce: string;
  /** From the first character up to `bare`: what the final message repeats. */
  readonly gs2Header: string;
  readonly bare: string;
}

export interface ClientFinal {
  readonly channel: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
  /** All but the proof: a part of what is signed. */
  readonly withoutProof: string;
}

const GS2_HEADER = /^(?:(n|y)|p=([A-Za-z0-9.-]{1,64})),(?:a=([^,]+))?,/;
const EXTENSIONS = "(?:,[A-Za-z]=[^,\\0]+)*";
/** `m=` is a mandatory extension, and none is known (§5.1). */
const BARE = new RegExp(`^n=([^,\\0]+),r=([!-+\\--~]+)${EXTENSIONS}$`);
const FINAL = new RegExp(`^(c=([A-Za-z0-9+/]+={0,2}),r=([!-+\\--~]+)${EXTENSIONS}),p=([A-Za-z0-9+/]+={0,2})$`);

export function parseClientFirst(text: string): ClientFirst | undefined {
  const [gs2Header, flag, bindingType, writtenId] = GS2_HEADER.exec(text) ?? [];
  if (gs2Header === undefined) return undefined;
  const bare = text.slice(gs2Header.length);
  const [, writtenName, nonce] = BARE.exec(bare) ?? [];
  if (writtenName === undefined || nonce === undefined || nonce.length > SCRAM_NONCE_CHARACTERS_MAX) return undefined;
  const username = decodedName(writtenName);
  const authorizationId = writtenId === undefined ? "" : decodedName(writtenId);
  if (username === undefined || authorizationId === undefined) return undefined;
  return {
    flag: bindingType === undefined ? (flag === "y" ? "y" : "n") : "p",
    bindingType,
    authorizationId,
    username,
    nonce,
    gs2Header,
    bare,
  };
}

export function parseClientFinal(text: string): ClientFinal | undefined {
  const [, withoutProof, channel, nonce, proof] = FINAL.exec(text) ?? [];
  if (withoutProof === undefined || channel === undefined || nonce === undefined || proof === undefined) return;
  const channelOctets = fromBase64(channel);
  const proofOctets = fromBase64(proof);
  if (channelOctets === undefined || proofOctets === undefined) return undefined;
  return { channel: channelOctets, nonce, proof: proofOctets, withoutProof };
}

/** One spelling for each value: what comes out the same holds nothing that was skipped. */
function fromBase64(text: string): Uint8Array | undefined {
  const octets = Buffer.from(text, "base64");
  return octets.toString("base64") === text ? octets : undefined;
}
