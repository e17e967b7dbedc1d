/** What an operator may change about connection limits. Defaults and reasons are in the settings' reference. */
export interface ConnectionLimitSettings {
  readonly connectionsTotal: number;
  /** Of the total, only for clients that have logged in, or come from where somebody has. */
  readonly reservedAuthenticatedPercent: number;
  /** Of the total, only for administrators. */
  readonly reservedAdminPercent: number;
  readonly perAddress: SourceLimit;
  readonly perSlash24: SourceLimit;
  readonly perSlash64: SourceLimit;
  readonly perSlash48: SourceLimit;
  /** Logged-in connections of one account; each protocol counts by itself. */
  readonly loggedInPerAccount: number;
  /** Logged-in connections from one address; each protocol counts by itself. */
  readonly loggedInPerAddress: number;
  /** Addresses and networks of this machine and its PROXY peers: many clients stand behind each. */
  readonly ownAddresses: readonly string[];
}

export interface SourceLimit {
  readonly atOnce: number;
  readonly perMinute: number;
}
