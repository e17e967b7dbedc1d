import type { MimePart } from "#mail/mime/structure.ts";
import type { PartialRange, Section } from "./fetch-item.ts";

/** Octets `[start, end)` of the message. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/** Where a section stands. */
export type SectionPlace =
  | ({ readonly kind: "octets" } & OctetRange)
  /** Read this header, then `filterHeader` it. */
  | ({ readonly kind: "header-fields"; readonly not: boolean; readonly names: readonly string[] } & OctetRange);

/** RFC 3501 §6.4.5. Null: there is no such part; the answer is NIL. */
export function resolveSection(_root: MimePart, _sizeOctets: number, _section: Section): SectionPlace | null {
  throw new Error("not written yet");
}

/** The part whose body BINARY[path] decodes, by its `encoding`. The whole message for an empty path. */
export function resolveBinary(
  _root: MimePart,
  _sizeOctets: number,
  _path: readonly number[],
): ({ /** Content-Transfer-Encoding of the range, lower case. */ readonly encoding: string } & OctetRange) | null {
  throw new Error("not written yet");
}

/** What `<start.length>` leaves of a range. */
export function applyPartial(_range: OctetRange, _partial: PartialRange | null): OctetRange {
  throw new Error("not written yet");
}

/** HEADER.FIELDS and HEADER.FIELDS.NOT: the fields named, octet for octet in their order, and an empty line. */
export function filterHeader(_header: Uint8Array, _names: readonly string[], _not: boolean): Uint8Array {
  throw new Error("not written yet");
}
