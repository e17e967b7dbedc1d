/** An alias as the store keeps it. */
export interface StoredAlias {
  readonly address: string;
  readonly targets: readonly string[];
  /** Neither it nor its domain is disabled. */
  readonly enabled: boolean;
}
