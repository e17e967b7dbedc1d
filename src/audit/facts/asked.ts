/** What was asked of the DNS or of a server: an answer, or why there is none. Nothing is concluded from the latter. */
import type { DnsAnswer } from "#ports/resolver.ts";

export type Asked<Value> =
  | { readonly kind: "known"; readonly value: Value }
  /** `why` in a few words: `timed-out`, `server-failure`. */
  | { readonly kind: "unknown"; readonly why: string };

export function known<Value>(value: Value): Asked<Value> {
  return { kind: "known", value };
}

export function unknown(why: string): { readonly kind: "unknown"; readonly why: string } {
  return { kind: "unknown", why };
}

/** No records are an answer too. */
export function recordsOf<Data>(answer: DnsAnswer<Data>): Asked<readonly Data[]> {
  switch (answer.kind) {
    case "records":
      return known(answer.records);
    case "no-such-name":
    case "no-data":
      return known([]);
    case "unavailable":
      return unknown(answer.cause);
  }
}
