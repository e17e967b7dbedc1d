/**
 * A message while it arrives. Its header is held until it is complete, then our trace fields, what is kept of the header
 * and the rest go their way: octets into the spool, structure into the scanner. Nothing is held twice.
 */
import { Buffer } from "node:buffer";
import type { DigestedMessage, MessageDigest } from "#evidence/authentication-results/message-digest.ts";
import type { Content } from "#mail/content.ts";
import { asBuffer } from "#mail/header/fields.ts";
import { MimeScanner } from "#mail/mime/scanner.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import { type Reply, reply } from "#mail/reply.ts";
import type { SpoolWriter } from "#ports/spool.ts";
import { NewlineChecker } from "#protocol/smtp/data-decoder.ts";
import { OctetBlock } from "./octet-block.ts";
import { readSenderHeader, type SenderHeader } from "./sender-header.ts";

export interface CompleteMessage {
  /** What stands in front of the content. */
  readonly prefix: Uint8Array;
  /** Of prefix and content together. */
  readonly index: MessageIndex;
  readonly header: SenderHeader;
  /** Where it was asked for. */
  readonly digest: DigestedMessage | undefined;
}

export interface IncomingOptions {
  readonly hostname: string;
  readonly headerOctetsMax: number;
  readonly receivedFieldsMax: number;
  /** The octets may hold any CR and LF (BINARYMIME): the header is checked here. */
  readonly binary: boolean;
  /** Trace fields, now that the header is known. */
  readonly prefix: (header: SenderHeader) => Uint8Array;
  /** A node that we trust took it in: what it says in the header stands. What stands there in our name does not. */
  readonly fromNode?: true;
  /** A user hands it in: who else gets it unseen is nobody's to read (RFC 5322 §3.6.3). */
  readonly fromUser?: true;
  /** Reads the octets as the sender signed them, before anything is taken off or put in front. */
  readonly digest: MessageDigest | undefined;
}

const HEADER_END = Buffer.from("\r\n\r\n");
const CRLF = Buffer.from("\r\n");

const SMALL_PIECE_OCTETS = 1024;
const SMALL_TOGETHER_OCTETS = 8192;

const LOOP = reply(554, "5.4.6", "Too many Received fields: the message goes in circles; look for a forwarding loop");
const BARE_NEWLINE = reply(550, "5.6.0", "Header holds a CR or LF that is not part of CRLF");

export class IncomingMessage {
  readonly #options: IncomingOptions;
  readonly #spool: SpoolWriter;
  #headerDone = false;
  /** The header as far as it is there, when it did not come in one piece. */
  readonly #held = new OctetBlock();
  /** Small pieces on their way to the spool: one that trickles in would cost more in bookkeeping than in octets. */
  readonly #small = new OctetBlock();
  #scanner: MimeScanner | undefined;
  #prefix: Uint8Array = new Uint8Array();
  #header: SenderHeader | undefined;
  #refusal: Reply | undefined;

  constructor(spool: SpoolWriter, options: IncomingOptions) {
    this.#spool = spool;
    this.#options = options;
  }

  /** Why it will be refused at its end, as far as is known. Its octets are no longer kept then. */
  get refusal(): Reply | undefined {
    return this.#refusal;
  }

  /** False: read no more until the spool has drained. */
  write(octets: Uint8Array): boolean {
    if (this.#refusal !== undefined) return true;
    this.#options.digest?.write(octets);
    return this.#headerDone ? this.#store(octets) : this.#readHeader(asBuffer(octets));
  }

  /** All octets are there. Undefined when there is a refusal. */
  complete(): CompleteMessage | undefined {
    if (!this.#headerDone && this.#refusal === undefined) this.#headerComplete(this.#held.take());
    if (this.#refusal !== undefined || this.#scanner === undefined || this.#header === undefined) return undefined;
    this.#pass(this.#small.take());
    return {
      prefix: this.#prefix,
      index: this.#scanner.finish(),
      header: this.#header,
      digest: this.#options.digest?.end(),
    };
  }

  /** After `complete`. Rejects with the disk's error; nothing is left behind then. */
  content(): Promise<Content> {
    return this.#spool.finish();
  }

  discard(): void {
    this.#spool.discard();
  }

  #readHeader(octets: Buffer): boolean {
    const before = this.#held.length;
    let whole = octets;
    if (before > 0) {
      this.#held.append(octets);
      whole = this.#held.view;
    }
    // Where the end was cut, it begins up to three octets before the new ones.
    const end = headerEnd(whole, Math.max(0, before - HEADER_END.length + 1));
    if ((end === -1 ? whole.length : end) > this.#options.headerOctetsMax) {
      this.#refuse(reply(550, "5.6.0", `Message header over ${this.#options.headerOctetsMax} octets; shorten it`));
      return true;
    }
    if (end === -1) {
      if (before === 0) this.#held.append(octets);
      return true;
    }
    const more = this.#headerComplete(whole.subarray(0, end));
    return this.#refusal === undefined && end < whole.length ? this.#store(whole.subarray(end)) : more;
  }

  #headerComplete(octets: Buffer): boolean {
    this.#headerDone = true;
    const header = readSenderHeader(octets, this.#options);
    if (header.receivedFields > this.#options.receivedFieldsMax) this.#refuse(LOOP);
    else if (this.#options.binary && hasBareNewline(octets)) this.#refuse(BARE_NEWLINE);
    if (this.#refusal !== undefined) return true;
    this.#header = header;
    const prefix = this.#options.prefix(header);
    this.#prefix = header.beginsWithText ? Buffer.concat([prefix, CRLF]) : prefix;
    this.#scanner = new MimeScanner({ prefix: this.#prefix });
    let more = true;
    for (const slice of header.kept) more = this.#store(slice);
    return more;
  }

  #store(octets: Uint8Array): boolean {
    if (octets.length >= SMALL_PIECE_OCTETS) {
      this.#pass(this.#small.take());
      return this.#pass(octets);
    }
    this.#small.append(octets);
    return this.#small.length < SMALL_TOGETHER_OCTETS || this.#pass(this.#small.take());
  }

  #pass(octets: Uint8Array): boolean {
    if (octets.length === 0) return true;
    this.#scanner?.push(octets);
    return this.#spool.write(octets);
  }

  #refuse(refusal: Reply): void {
    this.#refusal = refusal;
    this.discard();
  }
}

/** Index after the header's empty line, looked for from `from` on, or -1. */
function headerEnd(octets: Buffer, from: number): number {
  if (octets.subarray(0, CRLF.length).equals(CRLF)) return CRLF.length;
  const found = octets.indexOf(HEADER_END, from);
  return found === -1 ? -1 : found + HEADER_END.length;
}

function hasBareNewline(octets: Buffer): boolean {
  const checker = new NewlineChecker();
  checker.push(octets);
  return checker.finish();
}
