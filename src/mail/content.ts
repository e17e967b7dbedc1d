/** Octets of a message on their way into the store. */
export type Content =
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  /** A synced file in the spool folder of the data folder; the store renames it to its hash or removes it. */
  | {
      readonly kind: "file";
      readonly path: string;
      readonly sizeOctets: number;
      /** SHA-256, lower-case hexadecimal. */
      readonly sha256: string;
    };
