import type { Content } from "#mail/content.ts";

/**
 * Where a message goes while it arrives: in memory up to the store's inline bound, in a file of the spool folder from
 * there on. Writers are bounded: when `write` says false, stop reading from the client until `drained` is called.
 */
export interface Spool {
  begin(onDrained: () => void): SpoolWriter;
  /** Octets `[start, end)` of what `finish` gave; fewer where it ends before. Rejects with the disk's error. */
  read(content: Content, start: number, end: number): Promise<Uint8Array>;
}

export interface SpoolWriter {
  readonly sizeOctets: number;
  /** Takes the octets as they are: the caller must not change them afterwards. False: wait for drained. */
  write(octets: Uint8Array): boolean;
  /** Everything is on disk and synced where it is a file. Rejects with the disk's error; nothing is left behind then. */
  finish(): Promise<Content>;
  /** Forgets the message and removes its file. */
  discard(): void;
}
