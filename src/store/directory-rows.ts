/** Small rows of the directory, and the figures of all. */
export interface StoredAlias {
  readonly address: string;
  readonly targets: readonly string[];
  /** Neither it nor its domain is disabled. */
  readonly enabled: boolean;
}

export interface StoreStatistics {
  readonly accounts: number;
  readonly messages: number;
  readonly sizeOctets: number;
  readonly queued: number;
  readonly schemaVersion: number;
}
