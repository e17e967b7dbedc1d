/** Finds, remembers and renews the MTA-STS policies of domains (RFC 8461 §3.3, §5.1). */
import type { Clock } from "#ports/clock.ts";
import type { HttpsClient } from "#ports/https-client.ts";
import type { Log } from "#ports/log.ts";
import type { Resolver } from "#ports/resolver.ts";
import {
  FETCH_AGAIN_MS,
  POLICIES_MAX,
  POLICY_FETCH_MS,
  POLICY_OCTETS_MAX,
  POLICY_PATIENCE_MS,
  REFRESH_AFTER_MS,
} from "./limits.ts";
import { readStsPolicy, readStsRecord, type StsPolicy } from "./mta-sts-policy.ts";

/** A policy as it is remembered, here and on disk. */
export interface RememberedPolicy {
  readonly domain: string;
  readonly id: string;
  readonly policy: StsPolicy;
  /** Milliseconds since the epoch. */
  readonly fetchedAtMs: number;
}

/** What outlives a restart: who forgets a policy can be talked out of TLS once. */
export interface PolicyMemory {
  /** Rejects when the disk fails: then nothing is remembered. */
  load(): Promise<readonly RememberedPolicy[]>;
  save(policies: readonly RememberedPolicy[]): Promise<void>;
}

export interface StsFinding {
  /** Undefined: the domain has none that we know of. */
  readonly policy: StsPolicy | undefined;
  /** For the TLS report: why there is none though the domain has a record (RFC 8460 §4.3.2.2). */
  readonly problem:
    | { readonly kind: "sts-policy-fetch-error" | "sts-policy-invalid"; readonly text: string }
    | undefined;
}

export interface MtaStsOptions {
  readonly resolver: Resolver;
  readonly https: HttpsClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: PolicyMemory;
}

const NOTHING: StsFinding = { policy: undefined, problem: undefined };

export class MtaSts {
  readonly #options: MtaStsOptions;
  /** In the order of use. */
  readonly #known = new Map<string, RememberedPolicy>();
  readonly #failed = new Map<string, { readonly atMs: number; readonly id: string; readonly finding: StsFinding }>();
  readonly #underWay = new Map<string, Promise<StsFinding>>();
  #loaded: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: MtaStsOptions) {
    this.#options = options;
  }

  /** Never rejects. @param deadlineMs monotonic clock. */
  async find(domain: string, deadlineMs: number): Promise<StsFinding> {
    await (this.#loaded ??= this.#load());
    const answer = await this.#options.resolver.txt(`_mta-sts.${domain}`, { deadlineMs });
    const id = answer.kind === "records" ? readStsRecord(answer.records) : undefined;
    const known = this.#valid(domain);
    // RFC 8461 §3.1, §5.1: without a record, what is remembered still binds; without either the domain has no policy.
    if (id === undefined) return known === undefined ? NOTHING : { policy: known.policy, problem: undefined };
    if (known?.id === id) {
      if (this.#ageMs(known) > REFRESH_AFTER_MS) void this.#fetchOnce(domain, id);
      return { policy: known.policy, problem: undefined };
    }
    const fetched = await this.#within(POLICY_PATIENCE_MS, this.#fetchOnce(domain, id));
    if (fetched.policy !== undefined || known === undefined) return fetched;
    return { policy: known.policy, problem: fetched.problem };
  }

  /** A policy that is being fetched when the server ends is lost; one that was kept is not. */
  async settled(): Promise<void> {
    await this.#saving;
  }

  #valid(domain: string): RememberedPolicy | undefined {
    const known = this.#known.get(domain);
    if (known === undefined) return undefined;
    this.#known.delete(domain);
    const ageMs = this.#ageMs(known);
    if (ageMs < 0 || ageMs >= known.policy.maxAgeSeconds * 1000) return undefined;
    this.#known.set(domain, known);
    return known;
  }

  #ageMs({ fetchedAtMs }: RememberedPolicy): number {
    return this.#options.clock.now() - fetchedAtMs;
  }

  #fetchOnce(domain: string, id: string): Promise<StsFinding> {
    const { clock } = this.#options;
    const failure = this.#failed.get(domain);
    if (failure?.id === id && clock.monotonicMs() - failure.atMs < FETCH_AGAIN_MS) {
      return Promise.resolve(failure.finding);
    }
    const underWay = this.#underWay.get(domain);
    if (underWay !== undefined) return underWay;
    const fetching = this.#fetch(domain, id).finally(() => this.#underWay.delete(domain));
    this.#underWay.set(domain, fetching);
    return fetching;
  }

  async #fetch(domain: string, id: string): Promise<StsFinding> {
    const { https, clock, log } = this.#options;
    const page = await https.get({
      url: `https://mta-sts.${domain}/.well-known/mta-sts.txt`,
      timeoutMs: POLICY_FETCH_MS,
      octetsMax: POLICY_OCTETS_MAX,
      // Whoever we are made to write to says where its policy is.
      publicOnly: true,
    });
    if (!page.ok) return this.#failedBecause(domain, id, "sts-policy-fetch-error", page.problem.text);
    const { status, mediaType, text } = page.value;
    // RFC 8461 §3.3: a redirection is not followed, and is no policy.
    if (status !== 200) return this.#failedBecause(domain, id, "sts-policy-fetch-error", `status ${status}`);
    // A page that users of the domain write must not become its policy.
    if (mediaType !== "text/plain") {
      return this.#failedBecause(domain, id, "sts-policy-fetch-error", `not text/plain but ${mediaType}`);
    }
    const policy = readStsPolicy(text);
    if (!policy.ok) return this.#failedBecause(domain, id, "sts-policy-invalid", policy.problem);
    log.debug("mta-sts-policy", { domain, mode: policy.value.mode });
    this.#failed.delete(domain);
    this.#remember({ domain, id, policy: policy.value, fetchedAtMs: clock.now() });
    return { policy: policy.value, problem: undefined };
  }

  #failedBecause(
    domain: string,
    id: string,
    kind: "sts-policy-fetch-error" | "sts-policy-invalid",
    text: string,
  ): StsFinding {
    const finding: StsFinding = { policy: undefined, problem: { kind, text } };
    this.#options.log.info("mta-sts-policy-missing", { domain, kind, cause: text });
    if (this.#failed.size >= POLICIES_MAX) this.#failed.clear();
    this.#failed.set(domain, { atMs: this.#options.clock.monotonicMs(), id, finding });
    return finding;
  }

  #remember(policy: RememberedPolicy): void {
    const { memory, log } = this.#options;
    this.#known.delete(policy.domain);
    this.#known.set(policy.domain, policy);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= POLICIES_MAX) break;
      this.#known.delete(oldest);
    }
    this.#saving = this.#saving
      .then(() => memory.save([...this.#known.values()]))
      .catch((error: unknown) => log.warn("mta-sts-not-kept", { cause: String(error) }));
  }

  async #load(): Promise<void> {
    try {
      for (const policy of await this.#options.memory.load()) this.#known.set(policy.domain, policy);
    } catch (error) {
      this.#options.log.warn("mta-sts-not-read", { cause: String(error) });
    }
  }

  async #within(ms: number, finding: Promise<StsFinding>): Promise<StsFinding> {
    const { promise: tooLate, resolve } = Promise.withResolvers<StsFinding>();
    const timer = this.#options.clock.after(ms, () => {
      resolve({ policy: undefined, problem: { kind: "sts-policy-fetch-error", text: "not there in time" } });
    });
    const found = await Promise.race([finding, tooLate]);
    timer.cancel();
    return found;
  }
}
