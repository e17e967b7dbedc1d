/** What an administrator should know of: shown by `status`, written to the log, and mailed. */
export interface Alert {
  /** Stable word for what kind of thing it is. */
  readonly name: string;
  /** What it is about: an address, a list, an account. */
  readonly subject: string;
  readonly text: string;
  /** What to do; empty where there is nothing to do. */
  readonly remedy: string;
  readonly evidence: readonly string[];
}

export interface RaisedAlert extends Alert {
  readonly firstMs: number;
  readonly lastMs: number;
  /** How often since `firstMs`. */
  readonly times: number;
}
