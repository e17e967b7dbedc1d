export interface OauthSettings {
  /** As tokens and the provider's own description name it. */
  readonly issuer: string;
  /** One of these must be meant by a token. Empty: whatever the introspecting provider lets pass. */
  readonly audiences: readonly string[];
  /** Where its keys are; empty: as its description says. */
  readonly keysUrl: string;
  /** Where it says itself whether a token is good; empty: its signature tells. */
  readonly introspectionUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scope that a token must have; empty: none in particular. */
  readonly scope: string;
  /** Names the account. */
  readonly accountClaim: string;
  /** JWS names of asymmetric signatures that are believed. */
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
}
