/** Every bound of the TLS policies, with its unit and its reason. */

/** Octets of a policy file (RFC 8461 §3.3 suggests 64 KiB). */
export const POLICY_OCTETS_MAX = 64 * 1024;
/** Milliseconds for fetching a policy (RFC 8461 §3.3). */
export const POLICY_FETCH_MS = 60_000;
/** Milliseconds that mail waits for a policy which is not known yet: beyond it goes without, as RFC 8461 §3.3 has it. */
export const POLICY_PATIENCE_MS = 20_000;
/** Milliseconds until a policy that could not be fetched is asked for again (RFC 8461 §3.3). */
export const FETCH_AGAIN_MS = 5 * 60 * 1000;
/** Milliseconds after which a policy is fetched anew though its id is the same: its life begins again (RFC 8461 §3.3). */
export const REFRESH_AFTER_MS = 24 * 60 * 60 * 1000;
/** Seconds that a policy may ask to live (RFC 8461 §3.2). */
export const MAX_AGE_SECONDS_MAX = 31_557_600;
/** Patterns of a policy; a domain has at most that many hosts that we would try. */
export const MX_PATTERNS_MAX = 100;
/** Policies that are remembered; those used longest ago are forgotten. */
export const POLICIES_MAX = 5_000;
/** TLSA records of one host that are used. */
export const TLSA_RECORDS_MAX = 20;
/** Characters of a policy that a report quotes: it stands with each result that is counted. */
export const QUOTED_POLICY_LENGTH_MAX = 2048;
/** Days of TLS results that are kept: a report for yesterday is sent today (RFC 8460 §4.1). */
export const REPORT_DAYS_MAX = 3;
/** Domains of a day whose results are counted. */
export const REPORT_DOMAINS_MAX = 2_000;
/** Different failures of one policy on one day that are told apart; further ones count with the last. */
export const REPORT_FAILURES_MAX = 50;
