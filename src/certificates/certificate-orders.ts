/**
 * Orders certificates when they are due: none there yet, a name missing, or life running out. One at a time; what fails is tried
 * again later and later, and an administrator is told. Whoever really orders is given: this is the calendar.
 */
import { failed, type Result } from "#mail/result.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { DUE_LOOK_MS, FIRST_LOOK_MS, LOOK_AGAIN_MS, NAMES_MAX, ORDER_AGAIN_MS, RENEWAL_INFO_MS } from "./limits.ts";
import { renewalTime, retryDelayMs, type Span } from "./renewal-time.ts";

export type KeyType = "ecdsa" | "rsa";

export interface HeldCertificate {
  readonly names: readonly string[];
  readonly validity: Span;
  /** RFC 9773 §4.1; undefined where the certificate has none. */
  readonly renewalId: string | undefined;
}

export interface CertificateOrder {
  readonly keyType: KeyType;
  readonly names: readonly string[];
  /** What it takes the place of. */
  readonly replaces: string | undefined;
}

/** What is remembered over a restart, so that a server that starts again and again does not order each time. */
export interface OrderMemory {
  readonly failures: number;
  /** Not before. Milliseconds since the epoch. */
  readonly nextMs: number;
}

export interface CertificateOrdersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keyTypes: readonly KeyType[];
  /** The first is the host name. Rejects when that cannot be found out. */
  readonly wantedNames: () => Promise<readonly string[]>;
  readonly held: (keyType: KeyType) => Promise<HeldCertificate | undefined>;
  /** Resolves when the new certificate is served. The problem: the authority's words. */
  readonly obtain: (order: CertificateOrder) => Promise<Result<void, string>>;
  /** The authority's wish, where it has one (RFC 9773). */
  readonly suggestedRenewal: (renewalId: string) => Promise<Span | undefined>;
  readonly memory: {
    readonly load: () => Promise<OrderMemory | undefined>;
    readonly save: (memory: OrderMemory) => Promise<void>;
  };
  readonly obtained: (keyType: KeyType) => void;
  /** @param nextMs when it is tried again. */
  readonly notObtained: (keyType: KeyType, problem: string, nextMs: number) => void;
}

const NONE: OrderMemory = { failures: 0, nextMs: 0 };

export class CertificateOrders {
  readonly #options: CertificateOrdersOptions;
  /** By renewal id: the moment chosen, and when the authority was asked. A few a year. */
  readonly #chosen = new Map<string, { readonly atMs: number; readonly askedMs: number; readonly part: number }>();
  readonly #lastOrders = new Map<KeyType, { readonly names: readonly string[]; readonly atMs: number }>();
  #memory: OrderMemory | undefined;
  #timer: Timer;
  #isClosed = false;

  constructor(options: CertificateOrdersOptions) {
    this.#options = options;
    this.#timer = options.clock.after(FIRST_LOOK_MS, () => this.#look());
  }

  /** Nothing is ordered any more; an order that is under way goes on. */
  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  #look(): void {
    const { clock, log } = this.#options;
    this.#orderWhatIsDue()
      .catch((error: unknown) => log.error("certificates-not-looked-at", { cause: String(error) }))
      .finally(() => {
        if (this.#isClosed) return;
        this.#timer = clock.after(this.#untilNextLookMs(), () => this.#look());
      });
  }

  /** Certificates that live for hours do not wait for the hour. */
  #untilNextLookMs(): number {
    const nowMs = this.#options.clock.now();
    const renewals = [...this.#chosen.values()].map(({ atMs }) => atMs);
    const wanted = [this.#memory?.nextMs ?? 0, ...renewals].filter((atMs) => atMs > nowMs);
    return Math.min(DUE_LOOK_MS, ...wanted.map((atMs) => Math.max(atMs - nowMs, LOOK_AGAIN_MS)));
  }

  async #orderWhatIsDue(): Promise<void> {
    const { clock, keyTypes, wantedNames, memory } = this.#options;
    this.#memory ??= (await memory.load()) ?? NONE;
    if (clock.now() < this.#memory.nextMs) return;
    const names = (await wantedNames()).slice(0, NAMES_MAX);
    for (const keyType of keyTypes) {
      const held = await this.#options.held(keyType);
      if (this.#isClosed || !(await this.#isDue(keyType, held, names))) continue;
      // The other key type would fail for the same reason, and count.
      if (!(await this.#order({ keyType, names, replaces: held?.renewalId }))) return;
      const obtained = await this.#options.held(keyType);
      if (obtained !== undefined) await this.#renewalTime(obtained);
    }
  }

  async #isDue(keyType: KeyType, held: HeldCertificate | undefined, names: readonly string[]): Promise<boolean> {
    if (held === undefined) return true;
    const last = this.#lastOrders.get(keyType);
    const againMs = Math.min(ORDER_AGAIN_MS, (held.validity.endMs - held.validity.startMs) / 2);
    const isRecent = last !== undefined && this.#options.clock.now() - last.atMs < againMs;
    const missing = names.filter((name) => !held.names.includes(name));
    const renewalMs = await this.#renewalTime(held);
    if (isRecent) return missing.some((name) => !last.names.includes(name));
    return missing.length > 0 || this.#options.clock.now() >= renewalMs;
  }

  /** Chosen once, so that looking often does not choose early. */
  async #renewalTime({ renewalId, validity }: HeldCertificate): Promise<number> {
    const { clock, suggestedRenewal } = this.#options;
    const key = renewalId ?? String(validity.endMs);
    const known = this.#chosen.get(key);
    const nowMs = clock.now();
    if (known !== undefined && nowMs - known.askedMs < RENEWAL_INFO_MS) return known.atMs;
    const suggested = renewalId === undefined ? undefined : await suggestedRenewal(renewalId);
    const part = known?.part ?? this.#part();
    const atMs = renewalTime(validity, suggested, part);
    this.#chosen.set(key, { atMs, askedMs: nowMs, part });
    return atMs;
  }

  async #order(order: CertificateOrder): Promise<boolean> {
    const { clock, log, memory, obtain, obtained, notObtained } = this.#options;
    const { keyType, names } = order;
    log.info("certificate-ordered", { keyType, names });
    this.#lastOrders.set(keyType, { names, atMs: clock.now() });
    const outcome = await obtain(order).catch((error: unknown) => failed(String(error)));
    const failures = outcome.ok ? 0 : (this.#memory?.failures ?? 0) + 1;
    const nextMs = outcome.ok ? 0 : clock.now() + retryDelayMs(failures, this.#part());
    this.#memory = { failures, nextMs };
    await memory.save(this.#memory);
    if (outcome.ok) {
      log.info("certificate-obtained", { keyType, names });
      obtained(keyType);
    } else {
      log.warn("certificate-not-obtained", { keyType, names, cause: outcome.problem, nextMs });
      notObtained(keyType, outcome.problem, nextMs);
    }
    return outcome.ok;
  }

  /** At random, 0 to 1. */
  #part(): number {
    const [high = 0, low = 0] = this.#options.random.bytes(2);
    return (high * 256 + low) / 65_535;
  }
}
