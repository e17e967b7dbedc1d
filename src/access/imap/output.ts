/** What the session says, gathered into writes of a useful size, with the brake that keeps a slow client from filling memory. */
import { Buffer } from "node:buffer";
import type { Connection } from "#ports/connection.ts";
import { encodeResponse } from "#protocol/imap/encode.ts";
import type { Response } from "#protocol/imap/response.ts";
import { OUTPUT_CHUNK_OCTETS } from "../limits.ts";
import { Signal } from "./signal.ts";

export class Output {
  readonly #connection: Connection;
  readonly #stallTimeoutMs: number;
  readonly #drained = new Signal();
  #gathered: Uint8Array[] = [];
  #gatheredOctets = 0;
  #writtenOctets = 0;
  #full = false;
  #closed = false;
  /** UTF8=ACCEPT was enabled (RFC 6855). */
  utf8 = false;

  /** @param stallTimeoutMs how long a client may take nothing while there is something for it. */
  constructor(connection: Connection, stallTimeoutMs: number) {
    this.#connection = connection;
    this.#stallTimeoutMs = stallTimeoutMs;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Wait for room. */
  get full(): boolean {
    return this.#full || this.#closed;
  }

  get writtenOctets(): number {
    return this.#writtenOctets;
  }

  send(response: Response): void {
    this.write(encodeResponse(response, { utf8: this.utf8 }));
  }

  /** Large octets go out as they are; the caller does not change them afterwards. */
  write(octets: Uint8Array): void {
    if (this.#closed) return;
    this.#gathered.push(octets);
    this.#gatheredOctets += octets.length;
    if (this.#gatheredOctets >= OUTPUT_CHUNK_OCTETS) this.flush();
  }

  flush(): void {
    const [first] = this.#gathered;
    if (first === undefined || this.#closed) return;
    const octets = this.#gathered.length === 1 ? first : Buffer.concat(this.#gathered, this.#gatheredOctets);
    this.#gathered = [];
    this.#gatheredOctets = 0;
    this.#writtenOctets += octets.length;
    if (!this.#connection.write(octets)) this.#full = true;
  }

  /** Resolves when the client has taken enough of what was written, or is gone. False: gone. */
  async room(): Promise<boolean> {
    if (this.#full && !this.#closed) {
      this.#connection.setDeadline(this.#stallTimeoutMs);
      while (this.#full && !this.#closed) await this.#drained.wait();
      if (!this.#closed) this.#connection.setDeadline(0);
    }
    return !this.#closed;
  }

  drained(): void {
    this.#full = false;
    this.#drained.raise();
  }

  close(): void {
    this.#closed = true;
    this.#gathered = [];
    this.#drained.raise();
  }
}
