export interface Random {
  bytes(length: number): Uint8Array;
  /** A name nobody can guess or meet twice: 26 characters of base 32, time first so that names sort by age. */
  id(): string;
}
