/**
 * How fast a destination is written to. It learns from what it says: what takes mail gets more attempts at once, what asks
 * for less gets half and a pause between attempts, what cannot be reached is left alone for a while. Pure but for memory.
 */
import type { AttemptReport, RecipientResult } from "./attempt.ts";
import { DESTINATIONS_REMEMBERED_MAX } from "./limits.ts";

/** A destination that nobody has tried yet. */
const WINDOW_FIRST = 5;
/** Milliseconds. */
const UNREACHED_FIRST_MS = 30_000;
const UNREACHED_LONGEST_MS = 15 * 60_000;
/** Between two attempts at a destination that asked for less. Milliseconds. */
const GAP_FIRST_MS = 1000;
const GAP_LONGEST_MS = 60_000;
/** Part of a gap that is left after an attempt that went well. */
const GAP_SHRINKS = 0.7;

/** Where two attempts begin within so long, a third may: as long as a connection is kept for it. Milliseconds. */
const BUSY_MS = 5000;

/** What servers say that have had enough of us for now; a greylist's words are not among them. */
const ASKS_FOR_LESS = /too (?:many|fast|much)|throttl|rate.?limit|connection (?:limit|rate)|limit exceeded|slow down/i;

interface Pace {
  /** Attempts at once; grows by parts of one. */
  window: number;
  underWay: number;
  begunAtMs: number;
  gapMs: number;
  unreached: number;
  /** Not before. Milliseconds of the clock. */
  untilMs: number;
}

export interface Room {
  readonly domain: string;
  readonly room: number;
}

export interface Parked {
  readonly domain: string;
  readonly untilMs: number;
}

export class DestinationPaces {
  readonly #windowMax: number;
  /** The one not met for longest is first. */
  readonly #paces = new Map<string, Pace>();

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
  }

  get roomDefault(): number {
    return Math.min(WINDOW_FIRST, this.#windowMax);
  }

  /** Of destinations that something is under way to. */
  rooms(): readonly Room[] {
    const rooms: Room[] = [];
    for (const [domain, { window, underWay }] of this.#paces) {
      const atOnce = Math.floor(window);
      if (underWay > 0 || atOnce !== this.roomDefault) rooms.push({ domain, room: Math.max(0, atOnce - underWay) });
    }
    return rooms;
  }

  /** Destinations that are left alone for a while. */
  parked(nowMs: number): readonly Parked[] {
    const parked: Parked[] = [];
    for (const [domain, { untilMs }] of this.#paces) if (untilMs > nowMs) parked.push({ domain, untilMs });
    return parked;
  }

  /** Has another attempt there begun a moment ago? Then more is to be expected. */
  begin(domain: string, nowMs: number): boolean {
    const pace = this.#of(domain);
    const isBusy = Math.abs(nowMs - pace.begunAtMs) < BUSY_MS;
    pace.begunAtMs = nowMs;
    pace.underWay++;
    if (pace.gapMs > 0) pace.untilMs = Math.max(pace.untilMs, nowMs + pace.gapMs);
    return isBusy;
  }

  /** @param report undefined: nothing was tried. */
  end(domain: string, report: AttemptReport | undefined, nowMs: number): void {
    const pace = this.#of(domain);
    pace.underWay = Math.max(0, pace.underWay - 1);
    if (report === undefined) return;
    switch (impressionOf(report)) {
      case "good":
        pace.unreached = 0;
        pace.window = Math.min(this.#windowMax, pace.window + 1 / pace.window);
        pace.gapMs = pace.gapMs * GAP_SHRINKS < GAP_FIRST_MS ? 0 : pace.gapMs * GAP_SHRINKS;
        return;
      case "asks-for-less":
        pace.unreached = 0;
        pace.window = Math.max(1, pace.window / 2);
        pace.gapMs = Math.min(GAP_LONGEST_MS, Math.max(GAP_FIRST_MS, pace.gapMs * 2));
        pace.untilMs = Math.max(pace.untilMs, nowMs + pace.gapMs);
        return;
      case "unreached":
        pace.window = 1;
        pace.untilMs = Math.max(
          pace.untilMs,
          nowMs + Math.min(UNREACHED_LONGEST_MS, UNREACHED_FIRST_MS * 2 ** Math.min(pace.unreached, 20)),
        );
        pace.unreached++;
        return;
      case "none":
    }
  }

  #of(domain: string): Pace {
    const known = this.#paces.get(domain);
    const pace = known ?? {
      window: this.roomDefault,
      underWay: 0,
      begunAtMs: Number.NEGATIVE_INFINITY,
      gapMs: 0,
      unreached: 0,
      untilMs: 0,
    };
    this.#paces.delete(domain);
    this.#paces.set(domain, pace);
    if (known === undefined && this.#paces.size > DESTINATIONS_REMEMBERED_MAX) this.#forgetOne();
    return pace;
  }

  #forgetOne(): void {
    for (const [domain, { underWay }] of this.#paces) {
      if (underWay > 0) continue;
      this.#paces.delete(domain);
      return;
    }
  }
}

type Impression = "good" | "asks-for-less" | "unreached" | "none";

function impressionOf({ results }: AttemptReport): Impression {
  if (results.some(asksForLess)) return "asks-for-less";
  if (results.some(({ outcome, reply: { stage } }) => outcome === "delivered" || isConversation(stage))) return "good";
  const isUnreached = results.every(({ outcome, reply: { stage } }) => outcome === "deferred" && stage !== "local");
  return isUnreached ? "unreached" : "none";
}

function asksForLess({ outcome, reply: { code, text, stage } }: RecipientResult): boolean {
  if (outcome !== "deferred" || code === null) return false;
  return code === 421 || ((stage === "greeting" || code < 500) && ASKS_FOR_LESS.test(text));
}

/** The server talks about this message or recipient: it takes mail. */
function isConversation(stage: RecipientResult["reply"]["stage"]): boolean {
  return stage === "mail" || stage === "rcpt" || stage === "data" || stage === "final-dot";
}
