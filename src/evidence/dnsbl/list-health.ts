/**
 * The health of one list as a value: what is known about it, and what each event makes of that. A list that is not proven
 * to work counts for nothing, so that none can turn on the mail of its user.
 */
import type { DnsFailure } from "#ports/resolver.ts";
import { type ListAlert, type ListAlertKind, listAlert } from "./alerts.ts";
import type { CanaryResult } from "./canaries.ts";
import type { DnsList } from "./dns-list.ts";
import type { ListOutcome, SkipReason } from "./evidence.ts";
import {
  ERRORS_MAX,
  GOOD_SENDERS_LISTED_SHARE_MAX,
  GOOD_SENDERS_MAX,
  GOOD_SENDERS_MIN,
  LEFT_ALONE_MS,
  SUSPENDED_MS,
  TIMEOUTS_MAX,
} from "./limits.ts";

export type ListState = "unproven" | "healthy" | "dead" | "lists-the-world" | "refuses-us" | "suspended";

export interface ListHealth {
  readonly state: ListState;
  /** Its IPv6 addresses may be asked for. */
  readonly ipv6: boolean;
  readonly timeoutsInARow: number;
  /** Errors of those who should answer for it, with no answer between them. */
  readonly errorsInARow: number;
  /** Not asked before that, by monotonic clock. */
  readonly leftAloneUntilMs: number;
  /** Not healthy before that, whatever the canaries say. */
  readonly suspendedUntilMs: number;
  /** The latest good senders and whether the list named them; first who was met, or changed, longest ago. */
  readonly goodSenders: ReadonlyMap<string, boolean>;
  /** Said once that we asked it nonsense. */
  readonly isMisuseKnown: boolean;
}

export const NEW_LIST: ListHealth = {
  state: "unproven",
  ipv6: false,
  timeoutsInARow: 0,
  errorsInARow: 0,
  leftAloneUntilMs: Number.NEGATIVE_INFINITY,
  suspendedUntilMs: Number.NEGATIVE_INFINITY,
  goodSenders: new Map(),
  isMisuseKnown: false,
};

export interface HealthChange {
  readonly health: ListHealth;
  /** What the admin should know; none when nothing is new. */
  readonly alert: ListAlert | undefined;
}

export interface HealthSurroundings {
  readonly list: DnsList;
  /** Whom we ask, for alerts: `192.0.2.53`. */
  readonly resolverName: string;
  /** Monotonic clock. */
  readonly nowMs: number;
}

/** Undefined: it may be asked, and what it says counts. */
export function skipReason(
  health: ListHealth,
  { ipv6, nowMs }: { ipv6: boolean; nowMs: number },
): SkipReason | undefined {
  if (health.state !== "healthy") return health.state;
  if (nowMs < health.leftAloneUntilMs) return "timing-out";
  return ipv6 && !health.ipv6 ? "no-ipv6" : undefined;
}

export function afterCanaries(health: ListHealth, result: CanaryResult, around: HealthSurroundings): HealthChange {
  switch (result.kind) {
    case "could-not-check":
      return unchanged(health);
    case "healthy":
      if (around.nowMs < health.suspendedUntilMs) return unchanged(health);
      return become({ ...health, ipv6: result.ipv6 }, "healthy", around);
    case "dead":
    case "lists-the-world":
      return become(health, result.kind, around);
    case "refuses-us":
      return become(health, "refuses-us", around, `${result.answers.join(", ")}: ${result.refusal}`);
  }
}

/** What a list said about somebody. Only an answer ends a row of failures; that we ask too much is not its fault. */
export function afterOutcome(health: ListHealth, outcome: ListOutcome, around: HealthSurroundings): HealthChange {
  switch (outcome.kind) {
    case "not-checked":
      return afterFailure(health, outcome.why, around);
    case "refused-to-serve": {
      const detail = `${outcome.answers.join(", ")}: ${outcome.refusal}`;
      // A question that makes no sense is our mistake: the list is well.
      if (outcome.refusal === "misuse") {
        const alert = health.isMisuseKnown ? undefined : listAlert("misuse", around, detail);
        return { health: { ...answered(health), isMisuseKnown: true }, alert };
      }
      return become(answered(health), "refuses-us", around, detail);
    }
    case "skipped":
      return unchanged(health);
    case "listed":
    case "clean":
    case "unknown-answer":
      return afterAnswer(health, around);
  }
}

export interface JudgedSender {
  /** Who is counted once: an address or a domain. */
  readonly sender: string;
  readonly isListed: boolean;
  /** Nothing else speaks against it, and something for it. */
  readonly isOtherwiseGood: boolean;
}

/** The circuit breaker: a list that begins to name good senders is wrong about the bad ones too. */
export function afterJudgement(health: ListHealth, judged: JudgedSender, around: HealthSurroundings): HealthChange {
  if (!judged.isOtherwiseGood || around.list.isAllowList) return unchanged(health);
  // Most senders come again, and are still not listed: nothing new, and no copy of all of them for that.
  if (!judged.isListed && health.goodSenders.get(judged.sender) === false) return unchanged(health);
  const goodSenders = new Map(health.goodSenders);
  // Deleted first: a sender seen again moves to the end.
  goodSenders.delete(judged.sender);
  goodSenders.set(judged.sender, judged.isListed);
  for (const [oldest] of goodSenders) {
    if (goodSenders.size <= GOOD_SENDERS_MAX) break;
    goodSenders.delete(oldest);
  }
  const next = { ...health, goodSenders };
  const listed = [...goodSenders.values()].filter(Boolean).length;
  const isTooMany = goodSenders.size >= GOOD_SENDERS_MIN && listed / goodSenders.size > GOOD_SENDERS_LISTED_SHARE_MAX;
  if (health.state !== "healthy" || !isTooMany) return unchanged(next);
  const suspended = { ...next, goodSenders: new Map<string, boolean>(), suspendedUntilMs: around.nowMs + SUSPENDED_MS };
  return become(suspended, "suspended", around, `${listed} of the last ${goodSenders.size} good senders`);
}

function afterFailure(health: ListHealth, why: DnsFailure, around: HealthSurroundings): HealthChange {
  switch (why) {
    case "timed-out":
      return afterTimeout(health, around);
    case "server-failure":
    case "refused":
    case "malformed":
    case "too-many-aliases":
      return afterError(health, why, around);
    case "overloaded":
      return unchanged(health);
  }
}

/** An error is there at once and costs nothing: such a list is asked all the same. */
function afterError(health: ListHealth, why: DnsFailure, around: HealthSurroundings): HealthChange {
  const errorsInARow = health.errorsInARow + 1;
  // Said once, until it has answered.
  const alert = errorsInARow === ERRORS_MAX ? listAlert("failing", around, why) : undefined;
  return { health: { ...health, errorsInARow }, alert };
}

function afterAnswer(health: ListHealth, around: HealthSurroundings): HealthChange {
  const wasTold = health.timeoutsInARow >= TIMEOUTS_MAX || health.errorsInARow >= ERRORS_MAX;
  return { health: answered(health), alert: wasTold ? listAlert("healthy-again", around) : undefined };
}

function afterTimeout(health: ListHealth, around: HealthSurroundings): HealthChange {
  const timeoutsInARow = health.timeoutsInARow + 1;
  const next = { ...health, timeoutsInARow };
  // Questions that were under way when the list was left alone change nothing.
  if (timeoutsInARow < TIMEOUTS_MAX || around.nowMs < health.leftAloneUntilMs) return unchanged(next);
  const leftAlone = { ...next, leftAloneUntilMs: around.nowMs + LEFT_ALONE_MS };
  // Still silent after the pause: known.
  const alert = health.timeoutsInARow < TIMEOUTS_MAX ? listAlert("timing-out", around) : undefined;
  return { health: leftAlone, alert };
}

function answered(health: ListHealth): ListHealth {
  const isQuiet = health.timeoutsInARow === 0 && health.errorsInARow === 0;
  return isQuiet ? health : { ...health, timeoutsInARow: 0, errorsInARow: 0 };
}

function become(health: ListHealth, state: ListState, around: HealthSurroundings, detail = ""): HealthChange {
  if (health.state === state) return unchanged(health);
  const next = { ...health, state };
  const kind = alertKind(health.state, state);
  return { health: next, alert: kind === undefined ? undefined : listAlert(kind, around, detail) };
}

/** That a list works at the first look is no news. */
function alertKind(before: ListState, after: ListState): ListAlertKind | undefined {
  if (after === "unproven") return undefined;
  if (after !== "healthy") return after;
  return before === "unproven" ? undefined : "healthy-again";
}

function unchanged(health: ListHealth): HealthChange {
  return { health, alert: undefined };
}
