/** Groups of fields, with empty lines between them: the body of a delivery status (RFC 3464 §2.1) or a feedback part (RFC 5965 §3). */
import { asBuffer, fieldValue, splitFields } from "../header/fields.ts";
import { BOUNCED_RECIPIENTS_MAX, REPORT_TEXT_MAX, STATUS_OCTETS_MAX } from "./limits.ts";
import { reportText } from "./plain-text.ts";

/** By lower-case name; a field that stands there twice has both values, in order. */
export type FieldGroup = ReadonlyMap<string, readonly string[]>;

const LF = 0x0a;
const CR = 0x0d;
/** Fields of one group that are read; the standards know fifteen. */
const FIELDS_MAX = 60;

/** Groups without a field are left out; of groups beyond the bound nothing is read. */
export function fieldGroups(octets: Uint8Array): readonly FieldGroup[] {
  const all = asBuffer(octets).subarray(0, STATUS_OCTETS_MAX);
  const groups: FieldGroup[] = [];
  for (let start = 0; start < all.length && groups.length <= BOUNCED_RECIPIENTS_MAX + 1; ) {
    const end = groupEnd(all, start);
    const group = readGroup(all.subarray(start, end));
    if (group.size > 0) groups.push(group);
    start = end;
  }
  return groups;
}

/** Just past the empty line that ends it. */
function groupEnd(octets: Buffer, start: number): number {
  for (let at = start; ; ) {
    const lf = octets.indexOf(LF, at);
    if (lf === -1) return octets.length;
    if (lf === at || (lf === at + 1 && octets[at] === CR)) return lf + 1;
    at = lf + 1;
  }
}

function readGroup(octets: Buffer): FieldGroup {
  const group = new Map<string, string[]>();
  for (const field of splitFields(octets).slice(0, FIELDS_MAX)) {
    const value = reportText(fieldValue(octets, field, 4 * REPORT_TEXT_MAX));
    const known = group.get(field.name);
    if (known === undefined) group.set(field.name, [value]);
    else known.push(value);
  }
  return group;
}

export function firstOf(group: FieldGroup | undefined, name: string): string {
  return group?.get(name)?.[0] ?? "";
}
