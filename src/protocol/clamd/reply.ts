/** What clamd answers, read out of whatever pieces it comes in. */
import { Buffer } from "node:buffer";
import { NAME_CHARACTERS_MAX, REPLY_OCTETS_MAX } from "./limits.ts";

export type ScanReply =
  | { readonly kind: "clean" }
  /** `name` of the signature: printable ASCII, cut. */
  | { readonly kind: "found"; readonly name: string }
  /** The stream was longer than clamd takes (`StreamMaxLength`). */
  | { readonly kind: "too-large" }
  | { readonly kind: "error"; readonly text: string };

export type GatheredReply = { readonly kind: "text"; readonly text: string } | { readonly kind: "too-long" };

/** Gathers one reply up to its NUL. */
export class ReplyReader {
  readonly #octets = Buffer.allocUnsafe(REPLY_OCTETS_MAX);
  #length = 0;

  /** The reply without its NUL; undefined while it is not complete. */
  push(octets: Uint8Array): GatheredReply | undefined {
    const end = octets.indexOf(0);
    const piece = end === -1 ? octets : octets.subarray(0, end);
    if (this.#length + piece.length > REPLY_OCTETS_MAX) return { kind: "too-long" };
    this.#octets.set(piece, this.#length);
    this.#length += piece.length;
    return end === -1 ? undefined : { kind: "text", text: this.#octets.toString("latin1", 0, this.#length) };
  }
}

const STREAM = /^(?:stream|instream\(local\)): /;

/** Undefined for what is no answer to INSTREAM. Only the exact word says that nothing was found. */
export function parseScanReply(text: string): ScanReply | undefined {
  if (text === "stream: OK") return { kind: "clean" };
  if (/^INSTREAM size limit exceeded\. ERROR$/i.test(text)) return { kind: "too-large" };
  if (text.endsWith(" ERROR")) return { kind: "error", text: printable(text.slice(0, -" ERROR".length)) };
  const said = STREAM.test(text) ? text.replace(STREAM, "") : "";
  if (!said.endsWith(" FOUND")) return undefined;
  const name = printable(said.slice(0, -" FOUND".length));
  return { kind: "found", name: name === "" ? "a signature without a name" : name };
}

export function isPong(text: string): boolean {
  return text === "PONG";
}

/** `ClamAV 1.4.6/27400/Wed Nov 25 08:00:00 2026`: engine, signatures and their date. */
export function parseVersion(text: string): string | undefined {
  return text.startsWith("ClamAV ") ? printable(text) : undefined;
}

/** It stands in replies and logs of ours: no control character, no octet over 126. */
function printable(text: string): string {
  return text
    .replace(/[^ -~]+/g, " ")
    .trim()
    .slice(0, NAME_CHARACTERS_MAX);
}
