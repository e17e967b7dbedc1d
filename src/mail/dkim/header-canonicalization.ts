/** The header in the form in which it was signed (RFC 6376 §3.4.1, §3.4.2, §3.7). */
import { Buffer } from "node:buffer";
import { asBuffer, type HeaderField } from "../header/fields.ts";
import type { Canonicalization } from "./canonicalization.ts";

/** The fields of one header; each is brought into its canonical form once, however many signatures cover it. */
export class CanonicalHeader {
  readonly #octets: Buffer;
  readonly #fields: readonly HeaderField[];
  /** Indices of the fields of one name, in their order. */
  readonly #byName = new Map<string, number[]>();
  readonly #relaxed = new Map<number, string>();

  constructor(header: Uint8Array, fields: readonly HeaderField[]) {
    this.#octets = asBuffer(header);
    this.#fields = fields;
    for (const [index, { name }] of fields.entries()) {
      const list = this.#byName.get(name);
      if (list === undefined) this.#byName.set(name, [index]);
      else list.push(index);
    }
  }

  /** What a signature signs: the named fields, then its own field without the value of `b=`. */
  signedData(signedFields: readonly string[], signatureIndex: number, form: Canonicalization): Buffer {
    const taken = new Map<string, number>();
    const parts: string[] = [];
    for (const name of signedFields) {
      // Fields of one name are taken from the bottom up; one too many is an empty string (RFC 6376 §5.4.2).
      const list = this.#byName.get(name);
      if (list === undefined) continue;
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      const index = list[list.length - count];
      if (index !== undefined) parts.push(this.field(index, form));
    }
    parts.push(this.withoutSignature(signatureIndex, form));
    return Buffer.from(parts.join(""), "latin1");
  }

  /** With CRLF. Octets as Latin-1. */
  field(index: number, form: Canonicalization): string {
    if (form === "simple") return `${this.#raw(index)}\r\n`;
    const known = this.#relaxed.get(index);
    if (known !== undefined) return known;
    const { name = "", start = 0, valueStart = 0 } = this.#fields[index] ?? {};
    const canonical = `${relaxedField(name, this.#raw(index).slice(valueStart - start))}\r\n`;
    this.#relaxed.set(index, canonical);
    return canonical;
  }

  /** The field of a signature or seal as it is signed: with an empty `b=`, without CRLF at its end. */
  withoutSignature(index: number, form: Canonicalization): string {
    const { name = "", start = 0, valueStart = 0 } = this.#fields[index] ?? {};
    const raw = this.#raw(index);
    const value = withEmptyB(raw.slice(valueStart - start));
    return form === "simple" ? raw.slice(0, valueStart - start) + value : relaxedField(name, value);
  }

  /** Without the line end behind it. */
  #raw(index: number): string {
    const { start = 0, end = 0 } = this.#fields[index] ?? {};
    const raw = this.#octets.toString("latin1", start, end);
    return raw.endsWith("\r\n") ? raw.slice(0, -2) : raw.endsWith("\n") ? raw.slice(0, -1) : raw;
  }
}

function relaxedField(name: string, value: string): string {
  const unfolded = value.replace(/\r?\n/g, "").replace(/[ \t]+/g, " ");
  const start = unfolded.startsWith(" ") ? 1 : 0;
  const end = unfolded.length - (unfolded.length > start && unfolded.endsWith(" ") ? 1 : 0);
  return `${name}:${unfolded.slice(start, end)}`;
}

/** The value is empty in what is signed, together with all white space around it (RFC 6376 §3.5 `b=`). */
function withEmptyB(value: string): string {
  let start = 0;
  while (start < value.length) {
    const end = value.indexOf(";", start);
    const tag = value.slice(start, end === -1 ? value.length : end);
    const equals = tag.indexOf("=");
    if (equals !== -1 && tag.slice(0, equals).trim() === "b") {
      return value.slice(0, start + equals + 1) + (end === -1 ? "" : value.slice(end));
    }
    if (end === -1) break;
    start = end + 1;
  }
  return value;
}
