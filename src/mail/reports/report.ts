/** What reports from others say, as it is kept: plain JSON, every text cut and every list bounded. */

export type Report = BounceReport | ComplaintReport | AggregateReport | TlsReport;

/** RFC 3464, or something that only looks like it. */
export interface BounceReport {
  readonly kind: "bounce";
  /** False: no part says by the standard what happened; found by its sender, subject and text. */
  readonly isStandard: boolean;
  readonly reportingMta: string;
  readonly recipients: readonly BouncedRecipient[];
  readonly recipientsLeftOut: number;
}

export interface BouncedRecipient {
  readonly address: string;
  /** `failed`, `delayed`, `delivered`, `relayed`, `expanded`, in lower case. */
  readonly action: string;
  /** RFC 3463; empty where none was found. */
  readonly status: string;
  readonly diagnostic: string;
}

/** Somebody pressed the button (RFC 5965). */
export interface ComplaintReport {
  readonly kind: "arf";
  /** `abuse`, `fraud`, `auth-failure`, …, in lower case. */
  readonly feedbackType: string;
  readonly reporter: string;
  readonly domain: string;
  readonly sourceIp: string;
  readonly originalMailFrom: string;
  readonly originalRecipients: readonly string[];
  /** Messages it stands for. */
  readonly incidents: number;
}

/** DMARC (RFC 9990, RFC 7489 appendix C). */
export interface AggregateReport {
  readonly kind: "dmarc";
  readonly reporter: string;
  readonly email: string;
  readonly reportId: string;
  /** Seconds since the epoch. */
  readonly begin: number;
  readonly end: number;
  readonly domain: string;
  /** `p=` as the reporter saw it. */
  readonly policy: string;
  /** Messages in all, rows that are left out among them; and those of which nothing aligned. */
  readonly messages: number;
  readonly failed: number;
  /** Those that fail first, then by their number. */
  readonly rows: readonly AggregateRow[];
  readonly rowsLeftOut: number;
}

export interface AggregateRow {
  readonly sourceIp: string;
  readonly count: number;
  readonly disposition: string;
  /** Aligned, by the reporter's word. */
  readonly dkim: boolean;
  readonly spf: boolean;
  readonly headerFrom: string;
  readonly envelopeFrom: string;
  /** Why the policy was not applied. */
  readonly reasons: readonly string[];
  /** `domain=result` of what was checked, aligned or not. */
  readonly dkimResults: readonly string[];
  readonly spfResult: string;
}

/** RFC 8460. */
export interface TlsReport {
  readonly kind: "tls";
  readonly reporter: string;
  readonly reportId: string;
  readonly begin: number;
  readonly end: number;
  readonly policies: readonly TlsReportPolicy[];
}

export interface TlsReportPolicy {
  /** `sts`, `tlsa`, `no-policy-found`. */
  readonly type: string;
  readonly domain: string;
  readonly successes: number;
  readonly failures: number;
  readonly details: readonly TlsReportFailure[];
}

export interface TlsReportFailure {
  readonly type: string;
  readonly mx: string;
  readonly sendingIp: string;
  readonly count: number;
  readonly reason: string;
}
