/** What is kept of a password for SCRAM (RFC 5802 §3), beside its hash. */
export interface ScramKeyRow {
  readonly credentialId: number;
  /** As `node:crypto` calls it. */
  readonly hash: "sha256" | "sha1";
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}
