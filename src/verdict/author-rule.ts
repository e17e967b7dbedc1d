/**
 * Who the message says it is from: one From field with one address (RFC 5322 §3.6.2, RFC 9989 §5.3.1). Anything else is
 * refused: there is nobody whose policy could be asked for, and two readers may show two different people.
 */
import type { AuthorEvidence } from "#evidence/dmarc/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import type { Finding } from "./verdict.ts";

type Nobody = Exclude<AuthorEvidence["kind"], "one">;

const REMEDY = "write one From field with one address (RFC 5322 section 3.6.2)";

/** Reason and detail. */
const FOUND: Readonly<Record<Nobody, readonly [string, string]>> = {
  none: ["no-author", "the message has no From field with an address"],
  "several-fields": ["several-from-fields", "the message has more than one From field"],
  "several-addresses": ["several-authors", "the From field has more than one address"],
  malformed: ["malformed-from", "the address in the From field cannot be read, or not in one way only"],
  "header-too-large": ["author-not-read", "the header is too large to be read for its From field"],
};

export function authorRule({ author }: Evidence): readonly Finding[] {
  if (author === null || author.kind === "one") return [];
  const [reason, detail] = FOUND[author.kind];
  return [finding(reason, 0, { detail, remedy: REMEDY }, { asks: "reject" })];
}
