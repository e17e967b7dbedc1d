/** From which score on what happens, when the settings of all, of a domain and of an account are laid over each other. */

/** `off`: never by the score. Undefined: as the wider settings have it. */
export interface ScoreSettings {
  readonly greylistScore?: number | undefined;
  readonly junkScore?: number | undefined;
  readonly quarantineScore?: number | "off" | undefined;
  readonly rejectScore?: number | "off" | undefined;
}

/** Null: never. */
export interface Scores {
  readonly greylist: number;
  readonly junk: number;
  readonly quarantine: number | null;
  readonly reject: number | null;
}

/** Where nothing is refused by its score: what would have been is kept back. */
const QUARANTINE_INSTEAD = 15;

/** @param layers the widest first; what a later one says counts. */
export function scoresOf(
  base: Required<Pick<ScoreSettings, "greylistScore" | "junkScore" | "rejectScore">> & ScoreSettings,
  ...layers: readonly ScoreSettings[]
): Scores {
  const said = <Key extends keyof ScoreSettings>(key: Key): ScoreSettings[Key] =>
    layers.reduce<ScoreSettings[Key]>((before, layer) => layer[key] ?? before, base[key]);
  const reject = orNull(said("rejectScore") ?? "off");
  const quarantine = orNull(said("quarantineScore") ?? (reject === null ? QUARANTINE_INSTEAD : "off"));
  return { greylist: said("greylistScore") ?? 0, junk: said("junkScore") ?? 0, quarantine, reject };
}

function orNull(score: number | "off"): number | null {
  return score === "off" ? null : score;
}

/** What is wrong with them, as `key` and words; undefined: they ascend. */
export function scoresProblem({ junk, quarantine, reject }: Scores): string | undefined {
  if (quarantine !== null && quarantine < junk) return `quarantine_score (${quarantine}) is below junk_score (${junk})`;
  if (reject !== null && reject < junk) return `reject_score (${reject}) is below junk_score (${junk})`;
  if (reject !== null && quarantine !== null && reject < quarantine) {
    return `reject_score (${reject}) is below quarantine_score (${quarantine})`;
  }
  return undefined;
}
