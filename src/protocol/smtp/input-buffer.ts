/** Octets that arrived and were not used yet, and the command lines in them (RFC 5321 §2.3.8: a line ends in CRLF alone). */
import { Buffer } from "node:buffer";
import { DISCARDED_LINE_OCTETS_MAX, SASL_LINE_OCTETS_MAX } from "./limits.ts";

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

export type Line =
  /** Without its CRLF, at most `SASL_LINE_OCTETS_MAX` long. `auth`: it is an AUTH command. */
  | { readonly kind: "line"; readonly octets: Buffer; readonly auth: boolean }
  /** Dropped up to its CRLF. */
  | { readonly kind: "too-long"; readonly auth: boolean }
  /** No CRLF within any sensible length. */
  | { readonly kind: "endless" }
  | { readonly kind: "bare-newline" };

export class InputBuffer {
  #current: Buffer = EMPTY;
  #at = 0;
  /** Later arrivals, joined when they are needed. */
  #later: Buffer[] = [];
  #laterOctets = 0;
  /** An overlong line that is being dropped: how much of it is gone, what it began and ended with. */
  #dropped: { octets: number; auth: boolean; endsInCr: boolean } | undefined;

  get length(): number {
    return this.#current.length - this.#at + this.#laterOctets;
  }

  append(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const view = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    if (this.#at === this.#current.length && this.#laterOctets === 0) {
      this.#current = view;
      this.#at = 0;
      return;
    }
    this.#later.push(view);
    this.#laterOctets += view.length;
  }

  clear(): void {
    this.#current = EMPTY;
    this.#at = 0;
    this.#later = [];
    this.#laterOctets = 0;
    this.#dropped = undefined;
  }

  /** The next octet but `ahead`, or undefined. */
  peek(ahead: number): number | undefined {
    this.#join();
    return this.#current[this.#at + ahead];
  }

  /** Undefined until a whole line is there. */
  readLine(): Line | undefined {
    this.#join();
    const octets = this.#current;
    const start = this.#at;
    const lf = octets.indexOf(LF, start);
    if (lf === -1) return this.#noLineYet();
    this.#at = lf + 1;
    const dropped = this.#dropped;
    if (dropped !== undefined) return this.#endOfDropped(dropped, lf - start, octets[lf - 1] === CR);
    if (lf - start > SASL_LINE_OCTETS_MAX + 1) {
      return this.#endOfDropped(
        { octets: 0, auth: isAuth(octets, start), endsInCr: false },
        lf - start,
        octets[lf - 1] === CR,
      );
    }
    const cr = octets.indexOf(CR, start);
    if (lf === start || cr !== lf - 1) return { kind: "bare-newline" };
    return { kind: "line", octets: octets.subarray(start, cr), auth: isAuth(octets, start) };
  }

  /** All octets there are for one who reads message data: the array and where they begin. They count as read; see `unread`. */
  takeAll(): { readonly octets: Buffer; readonly start: number } {
    this.#join();
    const taken = { octets: this.#current, start: this.#at };
    this.#current = EMPTY;
    this.#at = 0;
    return taken;
  }

  /** Gives back what stands in `octets` from `at` on. */
  unread(octets: Buffer, at: number): void {
    this.#current = octets;
    this.#at = at;
  }

  take(octetsMax: number): Uint8Array {
    this.#join();
    const end = Math.min(this.#at + octetsMax, this.#current.length);
    const taken = this.#current.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Copies what is left, so that a few octets do not keep a whole network buffer alive. */
  settle(): void {
    if (this.#at === this.#current.length) {
      this.#current = EMPTY;
      this.#at = 0;
    } else if (this.#at > 0) {
      this.#current = Buffer.from(this.#current.subarray(this.#at));
      this.#at = 0;
    }
  }

  #join(): void {
    if (this.#laterOctets === 0) return;
    this.#current = Buffer.concat([this.#current.subarray(this.#at), ...this.#later]);
    this.#at = 0;
    this.#later = [];
    this.#laterOctets = 0;
  }

  #noLineYet(): Line | undefined {
    const octets = this.#current;
    const waiting = octets.length - this.#at;
    if (this.#dropped === undefined && waiting <= SASL_LINE_OCTETS_MAX + 1) return undefined;
    this.#dropped ??= { octets: 0, auth: isAuth(octets, this.#at), endsInCr: false };
    this.#dropped.octets += waiting;
    if (waiting > 0) this.#dropped.endsInCr = octets[octets.length - 1] === CR;
    this.#at = octets.length;
    return this.#dropped.octets > DISCARDED_LINE_OCTETS_MAX ? { kind: "endless" } : undefined;
  }

  #endOfDropped(
    { octets, auth, endsInCr }: { octets: number; auth: boolean; endsInCr: boolean },
    lastOctets: number,
    lastEndsInCr: boolean,
  ): Line {
    this.#dropped = undefined;
    if (octets + lastOctets > DISCARDED_LINE_OCTETS_MAX) return { kind: "endless" };
    if (!(lastOctets === 0 ? endsInCr : lastEndsInCr)) return { kind: "bare-newline" };
    return { kind: "too-long", auth };
  }
}

function isAuth(octets: Buffer, start: number): boolean {
  const first = octets[start];
  return (first === 0x41 || first === 0x61) && /^AUTH $/i.test(octets.toString("latin1", start, start + 5));
}
