/** The time that one look at one message may take, and what it waits for in it. */
import type { Clock } from "#ports/clock.ts";
import type { Unavailable } from "./evidence.ts";

export interface Budget {
  /** Fires when the time is up, or when nobody wants to know any more. */
  readonly signal: AbortSignal;
  readonly leftMs: () => number;
  readonly tookMs: () => number;
  /** Why a wait ended without what it waited for. */
  readonly endedBecause: (otherwise: Unavailable) => Unavailable;
  readonly end: () => void;
}

/** @param gone fires when nobody wants to know any more. */
export function budget(timeoutMs: number, gone: AbortSignal, clock: Clock): Budget {
  const startMs = clock.monotonicMs();
  const timeUp = new AbortController();
  const timer = clock.after(timeoutMs, () => timeUp.abort());
  const tookMs = (): number => Math.round(clock.monotonicMs() - startMs);
  return {
    signal: AbortSignal.any([timeUp.signal, gone]),
    leftMs: () => Math.max(1, timeoutMs - tookMs()),
    tookMs,
    endedBecause: (otherwise) =>
      timeUp.signal.aborted ? unavailable("slow", `no answer in ${timeoutMs} ms`) : otherwise,
    end: () => timer.cancel(),
  };
}

export function unavailable(why: Unavailable["why"], detail: string): Unavailable {
  return { kind: "unavailable", why, detail };
}
