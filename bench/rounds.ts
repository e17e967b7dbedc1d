/** Measures two servers by turns, so that what the machine does meanwhile meets both, and compares their medians. */

export interface Comparison {
  readonly name: string;
  /** Ours over the peer's, of medians of a rate: above 1, ours is faster. */
  readonly ratio: number;
  /** The smallest and the largest ratio of one round. */
  readonly spread: readonly [number, number];
}

/** @param ours and theirs give a rate, of whatever unit, the same for both. */
export async function compare(
  name: string,
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Comparison> {
  const our: number[] = [];
  const their: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Whoever goes second finds warm caches and a busy disk: take turns at it.
    if (round % 2 === 0) our.push(await ours());
    their.push(await theirs());
    if (round % 2 === 1) our.push(await ours());
  }
  const ratios = our.map((rate, round) => rate / (their[round] ?? rate));
  return { name, ratio: median(our) / median(their), spread: [Math.min(...ratios), Math.max(...ratios)] };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function asLine({ name, ratio, spread }: Comparison): string {
  return `${name}: ${ratio.toFixed(2)} (rounds ${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})`;
}
