/** What an admin sees about a list: how often it is asked and what it says, since the start. */
import type { ListOutcome } from "./evidence.ts";

export interface ListStatistics {
  /** Milliseconds since the epoch of the last answer or failure; undefined before the first. */
  readonly lastAtMs: number | undefined;
  /** In a few words: `127.0.0.2, 127.0.0.10`, `clean`, `timed-out`. */
  readonly lastAnswer: string;
  readonly listed: number;
  readonly clean: number;
  /** No answer, a refusal, or one that nobody documented. */
  readonly unusable: number;
  /** Of the messages it named that were judged. */
  readonly judged: number;
  /** Of those, how many were accepted as good in spite of it. */
  readonly disagreed: number;
}

export const NO_STATISTICS: ListStatistics = {
  lastAtMs: undefined,
  lastAnswer: "",
  listed: 0,
  clean: 0,
  unusable: 0,
  judged: 0,
  disagreed: 0,
};

export function countOutcome(statistics: ListStatistics, outcome: ListOutcome, nowMs: number): ListStatistics {
  const last = { ...statistics, lastAtMs: nowMs, lastAnswer: inWords(outcome) };
  switch (outcome.kind) {
    case "listed":
      return { ...last, listed: statistics.listed + 1 };
    case "clean":
      return { ...last, clean: statistics.clean + 1 };
    case "not-checked":
    case "refused-to-serve":
    case "unknown-answer":
      return { ...last, unusable: statistics.unusable + 1 };
    case "skipped":
      return statistics;
  }
}

export function countJudgement(statistics: ListStatistics, isOtherwiseGood: boolean): ListStatistics {
  return {
    ...statistics,
    judged: statistics.judged + 1,
    disagreed: statistics.disagreed + (isOtherwiseGood ? 1 : 0),
  };
}

/** 0 to 1; undefined before the first answer. */
export function hitRate({ listed, clean }: ListStatistics): number | undefined {
  return listed + clean === 0 ? undefined : listed / (listed + clean);
}

/** 0 to 1: how often what the list said and what became of the message differ; undefined before the first. */
export function disagreement({ judged, disagreed }: ListStatistics): number | undefined {
  return judged === 0 ? undefined : disagreed / judged;
}

function inWords(outcome: ListOutcome): string {
  switch (outcome.kind) {
    case "listed":
    case "refused-to-serve":
    case "unknown-answer":
      return outcome.answers.join(", ");
    case "not-checked":
    case "skipped":
      return outcome.why;
    case "clean":
      return outcome.kind;
  }
}
