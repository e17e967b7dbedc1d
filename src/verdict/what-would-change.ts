/** Which evidence or setting turns a verdict into another. */
import type { Disposition } from "./verdict.ts";

export interface Change {
  readonly kind: "evidence" | "setting";
  /** One line for people: "without the listing on zen.spamhaus.org", "rules.dnsbl = \"shadow\"". */
  readonly what: string;
  readonly disposition: Disposition;
}
