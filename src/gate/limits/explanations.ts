/** Refusals that are explained, and not only carried out: words cost a connection that lingers, inside TLS a handshake as well. */

/** Points a second, and what is saved up of them. */
const POINTS_PER_SECOND = 100;
const TLS_POINTS = 5;

export class Explanations {
  #points = POINTS_PER_SECOND;
  #atMs = 0;

  /** May this refusal be explained? Under a flood of them the connection is just closed, and the client tries again later, too. */
  mayExplain({ insideTls }: { readonly insideTls: boolean }, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#points = Math.min(POINTS_PER_SECOND, this.#points + (passedMs * POINTS_PER_SECOND) / 1000);
    this.#atMs = nowMs;
    const points = insideTls ? TLS_POINTS : 1;
    if (this.#points < points) return false;
    this.#points -= points;
    return true;
  }
}
