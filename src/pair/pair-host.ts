/** The listening side of a connection between nodes: who it is, and what it may ask. A stranger may show a code, and nothing else. */
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { PairMessageOf } from "#protocol/pair/messages.ts";
import type { Store } from "#store/store.ts";
import type { Exchange } from "./exchange.ts";
import type { HandOverDesk } from "./hand-over-desk.ts";
import { ANSWER_MS, FIRST_WORD_MS, IDLE_MS, LINKS_MAX, NODES_MAX } from "./limits.ts";
import type { OpenCode } from "./open-code.ts";
import { LinkError, type PairLink } from "./pair-link.ts";
import { pairingProof } from "./pairing-proof.ts";

export interface PairHostOptions {
  readonly store: Pick<Store, "listPairNodes" | "putPairNode">;
  /** Our host name, and the fingerprint of our key. */
  readonly name: string;
  readonly fingerprint: string;
  readonly code: OpenCode;
  readonly exchange: Exchange;
  readonly desk: Pick<HandOverDesk, "take">;
  readonly clock: Clock;
  readonly log: Log;
}

/** One answer for whatever was wrong with a code: nobody learns whether there is one. */
const NO_CODE = "the code is wrong, was used, or is over; make a new one with `postern pair`";

export class PairHost {
  readonly #options: PairHostOptions;
  readonly #links = new Set<PairLink>();

  constructor(options: PairHostOptions) {
    this.#options = options;
  }

  /** @param fingerprint of the key that the other side proved to have; undefined: it showed none. */
  arrived(link: PairLink, fingerprint: string | undefined): void {
    if (fingerprint === undefined || this.#links.size >= LINKS_MAX) return link.destroy();
    this.#links.add(link);
    const { log } = this.#options;
    this.#serve(link, fingerprint)
      .catch((error: unknown) => {
        if (error instanceof LinkError) log.debug("pair-link-ended", { node: fingerprint, cause: error.message });
        else log.error("pair-link-broken", { node: fingerprint, cause: String((error as Error).stack ?? error) });
      })
      .finally(() => {
        this.#links.delete(link);
        link.end();
      });
  }

  close(): void {
    for (const link of this.#links) link.destroy();
  }

  async #serve(link: PairLink, fingerprint: string): Promise<void> {
    if (await this.#isKnown(fingerprint)) return this.#serveNode(link, fingerprint);
    // Who has no code to show hears nothing at all.
    if (!this.#options.code.isOpen) return;
    await this.#join(link, fingerprint, await link.hear(["join"], FIRST_WORD_MS));
  }

  async #serveNode(link: PairLink, fingerprint: string): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const message = await link.hear(["pull", "hand-over", "join"], isFirst ? FIRST_WORD_MS : IDLE_MS);
      // It may have been removed since.
      if (message.kind !== "join" && !(await this.#isKnown(fingerprint))) return;
      switch (message.kind) {
        case "join":
          return this.#join(link, fingerprint, message);
        case "pull":
          await this.#pulled(link, fingerprint, message);
          break;
        case "hand-over":
          await this.#options.desk.take(link, fingerprint, message);
          break;
      }
    }
  }

  async #pulled(link: PairLink, fingerprint: string, { wants }: PairMessageOf<"pull">): Promise<void> {
    const { exchange } = this.#options;
    const ours = await exchange.wants(fingerprint);
    const { bundle, octets } = await exchange.news(wants);
    await link.say({ kind: "news", bundle, wants: ours.wants });
    await exchange.sayOctets(link, octets);
    const push = await link.hear(["push"], ANSWER_MS);
    await exchange.take(link, ours.node, push.bundle);
    await link.say({ kind: "noted" });
  }

  async #join(link: PairLink, fingerprint: string, { proof, name, address }: PairMessageOf<"join">): Promise<void> {
    const { code, store, log, clock } = this.#options;
    const fingerprints = { joining: fingerprint, inviting: this.#options.fingerprint };
    const others = (await store.listPairNodes()).filter((node) => node.fingerprint !== fingerprint);
    const secret = others.length >= NODES_MAX ? undefined : code.use(proof, fingerprints);
    if (secret === undefined) {
      log.warn("pairing-refused", { name, node: fingerprint });
      return link.say({ kind: "refused", why: NO_CODE });
    }
    await store.putPairNode(newNode({ fingerprint, name, address, dials: false, nowMs: clock.now() }));
    log.info("paired", { node: fingerprint, name });
    await link.say({
      kind: "joined",
      name: this.#options.name,
      proof: pairingProof("inviting", { secret, ...fingerprints }),
    });
  }

  async #isKnown(fingerprint: string): Promise<boolean> {
    return (await this.#options.store.listPairNodes()).some((node) => node.fingerprint === fingerprint);
  }
}

/** Nothing of it is here yet. */
export function newNode(node: {
  readonly fingerprint: string;
  readonly name: string;
  readonly address: string;
  readonly dials: boolean;
  readonly nowMs: number;
}): Parameters<Store["putPairNode"]>[0] {
  const { nowMs, ...who } = node;
  return { ...who, joinedMs: nowMs, blockListCursor: 0, sendersCursorMs: 0, lastSyncMs: 0, samePolicy: true };
}
