import { JITTER, RENEW_AT_LIFE_LEFT, RENEW_SPREAD, RETRY_FIRST_MS, RETRY_LAST_MS } from "./limits.ts";

/** From the first millisecond to the last. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * When a certificate is to be renewed.
 * @param suggested the authority's own wish (RFC 9773 §4.2): a moment of it, chosen at random.
 * @param part of the choice, 0 to 1.
 */
export function renewalTime(validity: Span, suggested: Span | undefined, part: number): number {
  if (suggested !== undefined && suggested.endMs > suggested.startMs) {
    return suggested.startMs + part * (suggested.endMs - suggested.startMs);
  }
  const lifeMs = validity.endMs - validity.startMs;
  return validity.endMs - lifeMs * (RENEW_AT_LIFE_LEFT + part * RENEW_SPREAD);
}

/**
 * How long to wait after so many failures in a row.
 * @param part of the choice, 0 to 1.
 */
export function retryDelayMs(failures: number, part: number): number {
  const wantedMs = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
  return wantedMs * (1 - JITTER + 2 * JITTER * part);
}
