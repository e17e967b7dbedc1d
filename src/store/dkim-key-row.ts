/** Keys that sign mail, as the store keeps them. What the states mean is the signer's affair. */
export interface DkimKeyRow {
  /** A-labels. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: "rsa-sha256" | "ed25519-sha256";
  /** PKCS#8 in PEM. */
  readonly privateKeyPem: string;
  /** `active` signs; `next` is published and waits for its turn; `retired` is published while mail it signed is on its way. */
  readonly state: "active" | "next" | "retired";
  readonly createdAtMs: number;
  /** Since when it is in this state. */
  readonly changedAtMs: number;
}
