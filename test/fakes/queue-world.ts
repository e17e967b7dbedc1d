/** A queue on the real store, a clock that is moved by hand, and other servers that answer as a test says. */
import assert from "node:assert/strict";
import { scanMessage } from "#mail/mime/scanner.ts";
import { failed } from "#mail/result.ts";
import type { Attempt, AttemptReport, DeliveryJob, RecipientResult, RemoteReply } from "#queue/attempt.ts";
import { BounceDesk, type SenderPlace } from "#queue/bounces/bounce-desk.ts";
import { Dispatcher } from "#queue/dispatcher.ts";
import type { QueueSettings } from "#queue/settings.ts";
import { type NewQueuedRecipient, PLAIN_SENDING, type QueueSettlement, type Sending } from "#store/queue-rows.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "./clock.ts";
import { FakeLog } from "./log.ts";
import { FakeRandom } from "./random.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export const QUEUE_SETTINGS: QueueSettings = {
  hostname: "mx1.example.test",
  schedule: { firstMs: 5 * MINUTE_MS, longestMs: 4 * HOUR_MS, expiresMs: 120 * HOUR_MS, warnsMs: 4 * HOUR_MS },
  attemptsMax: 20,
  attemptsPerDestinationMax: 5,
  oneNextHop: false,
};

export type Answer =
  | RecipientResult["outcome"]
  | { readonly outcome: RecipientResult["outcome"]; readonly reply: Partial<RemoteReply> };

export interface QueueWorldOptions {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly answer: (recipient: string, job: DeliveryJob) => Answer | Promise<Answer>;
  readonly settings?: Partial<QueueSettings>;
  readonly places?: Readonly<Record<string, SenderPlace>>;
  readonly dsn?: boolean;
}

export class QueueWorld {
  readonly clock: FakeClock;
  readonly store: Store;
  /** What was told for the figures. */
  readonly outcomes: string[] = [];
  readonly jobs: DeliveryJob[] = [];
  readonly log = new FakeLog();
  readonly random = new FakeRandom();
  /** Queue IDs of what was attempted, in order. */
  readonly attempted: number[] = [];
  /** Messages that the disk lost, as they were told. */
  readonly lost: string[] = [];
  /** Settlements for which the disk has no room. */
  refuse: (settlement: QueueSettlement) => boolean = () => false;
  /** To be awaited before a settlement reaches the store. */
  settling: () => Promise<void> = () => Promise.resolve();
  /** Calls of the store that have not been answered. */
  #open = 0;
  readonly #options: QueueWorldOptions;
  #dispatcher: Dispatcher | undefined;

  constructor(options: QueueWorldOptions) {
    this.clock = options.clock;
    this.#options = options;
    this.store = this.#counting(options.store);
  }

  /** Begins to send, as after a start of the process. */
  async start(): Promise<void> {
    const { store, clock } = this;
    const { settings = {}, places = {} } = this.#options;
    await store.recoverQueue(clock.now());
    const { log, random } = this;
    const { hostname } = QUEUE_SETTINGS;
    const findSender = (address: string): Promise<SenderPlace> =>
      Promise.resolve(places[address] ?? { kind: "elsewhere" });
    this.#dispatcher = new Dispatcher({
      store,
      attempt: this.#attempt,
      bounces: new BounceDesk({ store, hostname, random, log, findSender }),
      settings: { ...QUEUE_SETTINGS, ...settings },
      hearOutcome: (outcome) => void this.outcomes.push(outcome),
      clock,
      random,
      log,
      attempted: (queueId) => void this.attempted.push(queueId),
      messageLost: (queueId, what) => void this.lost.push(`${queueId}: ${what}`),
    });
    await this.quiet();
  }

  close(): Promise<void> {
    return this.#dispatcher?.close() ?? Promise.resolve();
  }

  async send(
    recipients: readonly (string | NewQueuedRecipient)[],
    options: { readonly mailFrom?: string; readonly text?: string; readonly sending?: Partial<Sending> } = {},
  ): Promise<void> {
    const {
      mailFrom = "alice@example.test",
      text = "Subject: hello\r\nMessage-ID: <1@example.test>\r\n\r\nHello.\r\n",
    } = options;
    const octets = Buffer.from(text);
    const stored = await this.store.deliver({
      content: { kind: "octets", octets },
      prefix: new Uint8Array(0),
      index: scanMessage(octets),
      receivedAtMs: this.clock.now(),
      targets: [],
      queued: recipients.map((one) => (typeof one === "string" ? { address: one } : one)),
      sending: { ...PLAIN_SENDING, account: mailFrom, ...options.sending },
      mailFrom,
    });
    assert.ok(stored.ok);
    await this.quiet();
  }

  /** Lets time pass in steps, and everything happen that falls due. */
  async pass(ms: number, stepMs = MINUTE_MS): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.quiet();
    }
  }

  /** Until nobody works any more; what waits for an answer of another server stays. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < 4; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#open > 0) turns = 0;
    }
  }

  /** Some, however much is open. */
  async turns(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  readonly #attempt: Attempt = async (job) => {
    this.jobs.push(job);
    const startedAtMs = this.clock.now();
    const answers = await Promise.all(
      job.recipients.map(async ({ id, address }) => [id, await this.#options.answer(address, job)] as const),
    );
    const results = answers.map(([recipientId, answer]): RecipientResult => {
      const { outcome, reply = {} } = typeof answer === "string" ? { outcome: answer } : answer;
      return { recipientId, outcome, reply: { ...replyOf(outcome), ...reply } };
    });
    const done = results.filter(({ outcome }) => outcome === "delivered").map(({ recipientId }) => recipientId);
    if (done.length > 0) assert.equal(await job.beforeFinalDot(done), true);
    const host = { name: "mx.far.example", address: "192.0.2.9", tls: undefined, dsn: this.#options.dsn ?? false };
    return { results, host, startedAtMs, endedAtMs: this.clock.now(), trace: ["tried"] } satisfies AttemptReport;
  };

  #counting(store: Store): Store {
    return new Proxy(store, {
      get: (target, name: keyof Store) => {
        const method = target[name];
        if (name === "onEvent" || name === "close") return (method as () => unknown).bind(target);
        return async (...args: unknown[]) => {
          if (name === "settleQueued" && this.refuse(args[0] as QueueSettlement)) return failed("no-space");
          this.#open++;
          try {
            if (name === "settleQueued") await this.settling();
            return await (method as (...args: unknown[]) => Promise<unknown>).apply(target, args);
          } finally {
            this.#open--;
          }
        };
      },
    });
  }
}

export function replyOf(outcome: RecipientResult["outcome"]): RemoteReply {
  const byHost = "mx.far.example";
  switch (outcome) {
    case "delivered":
      return { code: 250, enhanced: "2.0.0", text: "Taken", byHost, stage: "final-dot" };
    case "failed":
      return { code: 550, enhanced: "5.1.1", text: "No such user here", byHost, stage: "rcpt" };
    case "deferred":
      return { code: 450, enhanced: "4.2.0", text: "Greylisted, come again", byHost, stage: "rcpt" };
    case "outcome-unknown":
      return { code: null, enhanced: "4.4.2", text: "Connection lost after the final dot", byHost, stage: "final-dot" };
  }
}
