/** Keeps up the connection to one node that we joined: a round of the exchange every few seconds, and again after a failure. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { PAIR_VERSION } from "#protocol/pair/messages.ts";
import type { Exchange } from "./exchange.ts";
import { AGAIN_FIRST_MS, AGAIN_LONGEST_MS, ANSWER_MS, ROUND_MS } from "./limits.ts";
import { type LinkDependencies, openLink } from "./node-link.ts";
import { LinkError, type PairLink } from "./pair-link.ts";

export interface PairCallerOptions extends LinkDependencies {
  readonly fingerprint: string;
  readonly address: string;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
}

export class PairCaller {
  readonly #options: PairCallerOptions;
  #link: PairLink | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #problem = "";
  #isClosed = false;

  /** Begins at once. */
  constructor(options: PairCallerOptions) {
    this.#options = options;
    void this.#round();
  }

  /** Why the last round failed; empty: it did not. */
  get problem(): string {
    return this.#problem;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#link?.destroy();
  }

  async #round(): Promise<void> {
    const { log, clock, fingerprint, address } = this.#options;
    let waitMs = ROUND_MS;
    try {
      if (await this.#exchanged()) waitMs = 0;
      this.#failures = 0;
      if (this.#problem !== "") log.info("pair-connected", { node: fingerprint, address });
      this.#problem = "";
    } catch (error) {
      this.#link?.destroy();
      this.#link = undefined;
      const cause = error instanceof Error ? error.message : String(error);
      if (this.#problem === "" && !this.#isClosed)
        log.warn("pair-not-connected", { node: fingerprint, address, cause });
      this.#problem = cause;
      waitMs = Math.min(AGAIN_LONGEST_MS, AGAIN_FIRST_MS * 2 ** Math.min(this.#failures, 10));
      this.#failures++;
    }
    if (!this.#isClosed) this.#timer = clock.after(waitMs, () => void this.#round());
  }

  /** Is there more? */
  async #exchanged(): Promise<boolean> {
    const { exchange, fingerprint } = this.#options;
    const link = await this.#connected();
    const ours = await exchange.wants(fingerprint);
    await link.say({ kind: "pull", version: PAIR_VERSION, wants: ours.wants });
    const { bundle, wants } = await link.hear(["news"], ANSWER_MS);
    await exchange.take(link, ours.node, bundle);
    const news = await exchange.news(wants);
    await link.say({ kind: "push", bundle: news.bundle });
    await exchange.sayOctets(link, news.octets);
    await link.hear(["noted"], ANSWER_MS);
    return bundle.isMore || news.bundle.isMore;
  }

  async #connected(): Promise<PairLink> {
    if (this.#link !== undefined && !this.#link.isOver) return this.#link;
    const { address, fingerprint } = this.#options;
    const opened = await openLink(address, fingerprint, this.#options);
    if (!opened.ok) throw new LinkError(opened.problem);
    if (this.#isClosed) {
      opened.value.destroy();
      throw new LinkError("closed");
    }
    this.#link = opened.value;
    return opened.value;
  }
}
