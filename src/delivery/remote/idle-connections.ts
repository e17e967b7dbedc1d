/** Connections that wait a few seconds for the next message to the same hosts. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { RemoteHost } from "#queue/attempt.ts";
import type { Conversation } from "./conversation.ts";
import { IDLE_CONNECTIONS_MAX, IDLE_MS, MESSAGES_PER_CONNECTION_MAX } from "./limits.ts";

export interface KeptConversation {
  readonly conversation: Conversation;
  readonly host: RemoteHost;
  /** Messages that went over it. */
  readonly messages: number;
}

export class IdleConnections {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly kept: KeptConversation; readonly timer: Timer }[]>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param key names all on which it depends whom one speaks to and how. */
  take(key: string): KeptConversation | undefined {
    const waiting = this.#kept.get(key) ?? [];
    const [last] = waiting.splice(-1);
    if (last === undefined) return undefined;
    if (waiting.length === 0) this.#kept.delete(key);
    this.#count--;
    last.timer.cancel();
    last.kept.conversation.onOver = undefined;
    return last.kept;
  }

  /** Ends it where there is no place, or where it has done enough. */
  put(key: string, kept: KeptConversation): void {
    const { conversation, messages } = kept;
    if (conversation.isOver) return;
    if (this.#count >= IDLE_CONNECTIONS_MAX || messages >= MESSAGES_PER_CONNECTION_MAX) return conversation.quit();
    const timer = this.#clock.after(IDLE_MS, () => {
      this.#forget(key, conversation);
      conversation.quit();
    });
    conversation.onOver = () => this.#forget(key, conversation);
    this.#kept.set(key, [...(this.#kept.get(key) ?? []), { kept, timer }]);
    this.#count++;
  }

  close(): void {
    for (const waiting of this.#kept.values()) {
      for (const { kept, timer } of waiting) {
        timer.cancel();
        kept.conversation.onOver = undefined;
        kept.conversation.quit();
      }
    }
    this.#kept.clear();
    this.#count = 0;
  }

  #forget(key: string, conversation: Conversation): void {
    const waiting = this.#kept.get(key) ?? [];
    const left = waiting.filter(({ kept }) => kept.conversation !== conversation);
    this.#count -= waiting.length - left.length;
    for (const { kept, timer } of waiting) if (kept.conversation === conversation) timer.cancel();
    if (left.length === 0) this.#kept.delete(key);
    else this.#kept.set(key, left);
  }
}
