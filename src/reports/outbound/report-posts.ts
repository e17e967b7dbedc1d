/**
 * Hands reports in over HTTPS (RFC 8460 §5.4). One that is not taken is tried again for a day, each wait twice as long (§5.5), over
 * restarts too: what waits stands in a file. Before each try it is taken out of it: a report goes in once, or never.
 */
import { Buffer } from "node:buffer";
import type { Clock, Timer } from "#ports/clock.ts";
import type { HttpsPoster } from "#ports/https-client.ts";
import type { Log } from "#ports/log.ts";
import {
  POST_AGAIN_MS,
  POST_ANSWER_OCTETS_MAX,
  POST_FOR_MS,
  POST_MS,
  POSTS_READ_AFTER_MS,
  POSTS_WAITING_MAX,
  POSTS_WAITING_OCTETS_MAX,
} from "../limits.ts";

export interface ReportPost {
  readonly kind: "tls" | "dmarc";
  readonly domain: string;
  readonly url: string;
  readonly packed: Uint8Array;
}

export interface WaitingPost extends Omit<ReportPost, "packed"> {
  /** In base64. */
  readonly packed: string;
  readonly tries: number;
  /** Milliseconds since the epoch: of the next try, and after which there is none. */
  readonly dueMs: number;
  readonly untilMs: number;
}

export interface PostMemory {
  load(): Promise<readonly WaitingPost[]>;
  save(posts: readonly WaitingPost[]): Promise<void>;
}

export interface ReportPostsOptions {
  readonly https: HttpsPoster;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: PostMemory;
}

export class ReportPosts {
  readonly #options: ReportPostsOptions;
  #waiting: readonly WaitingPost[] = [];
  #isRead = false;
  #timer: Timer | undefined;
  #busy: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Reads what waits when the thread of the settings before, which may still try some of it, is gone. */
  constructor(options: ReportPostsOptions) {
    this.#options = options;
    this.#timer = options.clock.after(POSTS_READ_AFTER_MS, () => this.#tryDueInTurn());
  }

  /** Resolves when it was tried once. Never rejects. */
  hand({ packed, ...about }: ReportPost): Promise<void> {
    const nowMs = this.#options.clock.now();
    const text = Buffer.from(packed).toString("base64");
    const post: WaitingPost = { ...about, packed: text, tries: 0, dueMs: nowMs, untilMs: nowMs + POST_FOR_MS };
    return this.#inTurn(() => this.#try(post));
  }

  /** What waits is tried by whoever comes next. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #tryDueInTurn(): void {
    void this.#inTurn(() => this.#tryDue());
  }

  /** One at a time: nobody waits for a report. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const { log } = this.#options;
    this.#busy = this.#busy
      .then(work)
      .catch((error: unknown) => log.warn("reports-not-kept", { cause: String(error) }));
    return this.#busy;
  }

  async #tryDue(): Promise<void> {
    await this.#read();
    for (let due = this.#due(); due !== undefined && !this.#isClosed; due = this.#due()) {
      await this.#keep(this.#waiting.filter((one) => one !== due));
      await this.#try(due);
    }
    this.#wait();
  }

  #due(): WaitingPost | undefined {
    const nowMs = this.#options.clock.now();
    return this.#waiting.find(({ dueMs }) => dueMs <= nowMs);
  }

  async #try(post: WaitingPost): Promise<void> {
    const { https, log, clock } = this.#options;
    const { kind, domain, url } = post;
    const octets = Buffer.from(post.packed, "base64");
    const mediaType = kind === "tls" ? "application/tlsrpt+gzip" : "application/gzip";
    const limits = { timeoutMs: POST_MS, octetsMax: POST_ANSWER_OCTETS_MAX };
    const answer = await https.post({ url, publicOnly: true, mediaType, octets, ...limits });
    const fields = { kind, domain, to: url, octets: octets.length };
    if (answer.ok && answer.value.status >= 200 && answer.value.status < 300) return log.info("report-sent", fields);
    const cause = answer.ok ? `status ${answer.value.status}` : answer.problem.text;
    const dueMs = clock.now() + POST_AGAIN_MS * 2 ** post.tries;
    const again = { ...post, tries: post.tries + 1, dueMs };
    await this.#read();
    const isLast = dueMs > post.untilMs || !this.#hasRoom(again);
    log.warn("report-not-sent", { ...fields, cause, again: !isLast });
    if (isLast) return;
    await this.#keep([...this.#waiting, again]);
    this.#wait();
  }

  #hasRoom({ packed }: WaitingPost): boolean {
    const length = this.#waiting.reduce((sum, post) => sum + post.packed.length, packed.length);
    return this.#waiting.length < POSTS_WAITING_MAX && length <= (POSTS_WAITING_OCTETS_MAX / 3) * 4;
  }

  #wait(): void {
    this.#timer?.cancel();
    if (this.#isClosed || this.#waiting.length === 0) return;
    const nextMs = Math.min(...this.#waiting.map(({ dueMs }) => dueMs));
    const waitMs = Math.max(0, nextMs - this.#options.clock.now());
    this.#timer = this.#options.clock.after(waitMs, () => this.#tryDueInTurn());
  }

  async #read(): Promise<void> {
    if (this.#isRead) return;
    this.#isRead = true;
    const known = await this.#options.memory.load();
    this.#waiting = [...known, ...this.#waiting];
  }

  async #keep(posts: readonly WaitingPost[]): Promise<void> {
    this.#waiting = posts;
    await this.#options.memory.save(posts);
  }
}

/** In a file that may be anybody's work. */
export function postMemory(file: { read(): Promise<unknown>; write(value: unknown): Promise<void> }): PostMemory {
  return {
    async load() {
      const read = await file.read();
      return Array.isArray(read) ? read.filter(isWaiting).slice(0, POSTS_WAITING_MAX) : [];
    },
    save: (posts) => file.write(posts),
  };
}

function isWaiting(value: unknown): value is WaitingPost {
  if (typeof value !== "object" || value === null) return false;
  const { kind, domain, url, packed, tries, dueMs, untilMs } = value as Partial<WaitingPost>;
  if (kind !== "tls" && kind !== "dmarc") return false;
  if (typeof domain !== "string" || typeof packed !== "string") return false;
  if (typeof url !== "string" || !url.startsWith("https://") || !URL.canParse(url)) return false;
  return [tries, dueMs, untilMs].every((number) => Number.isSafeInteger(number));
}
