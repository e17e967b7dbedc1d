/** The policy file of one thread that talks to clients: asked in a thread of its own, and its failures told to the administrator. */
import type { PolicyFileSettings } from "#config/policy-file.ts";
import type { PolicyFailure, PolicyStage } from "#evidence/policy/evidence.ts";
import { startBoundedThread } from "#platform/threads/bounded-thread.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { FrontGate } from "./front-gate.ts";
import { PolicyHost, type PolicyWatch } from "./policy-host.ts";
import type { PolicyFileProblem } from "./policy-messages.ts";
import { threadFile } from "./thread-file.ts";

const FAILING = "policy-failing";
/** Answers in a row after which it works again. */
const GOOD_MIN = 20;
/** A failure is told so often at most. Milliseconds. */
const TOLD_EVERY_MS = 10_000;

export function openPolicyHost(
  { file, source, timeoutMs, memoryMebibytes }: PolicyFileSettings,
  { clock, watch }: { readonly clock: Clock; readonly watch: PolicyWatch },
): PolicyHost {
  return new PolicyHost({
    file,
    source,
    timeoutMs,
    clock,
    watch,
    start: (how) => startBoundedThread({ ...how, file: threadFile("policy-worker"), name: "policy", memoryMebibytes }),
  });
}

/** Is there something in the file that keeps it from being loaded? Runs it once, in a thread that ends. */
export async function policyFileProblem(
  settings: PolicyFileSettings,
  clock: Clock,
): Promise<PolicyFileProblem | undefined> {
  const host = openPolicyHost(settings, { clock, watch: NOBODY });
  const problem = await host.loaded;
  host.close();
  return problem;
}

const NOBODY: PolicyWatch = { failed: () => undefined, answered: () => undefined, printed: () => undefined };

export interface WatchOptions {
  readonly file: string;
  readonly whenItFails: "defer" | "accept";
  readonly gate: Pick<FrontGate, "alert" | "settled">;
  readonly clock: Clock;
  readonly log: Log;
}

export class PolicyFileWatch implements PolicyWatch {
  readonly #options: WatchOptions;
  #isFailing = false;
  #goodInARow = 0;
  #failures = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  failed(stage: PolicyStage | "start", why: PolicyFailure, detail: string): void {
    const { file, whenItFails, gate, clock, log } = this.#options;
    this.#isFailing = true;
    this.#goodInARow = 0;
    this.#failures++;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#toldMs < TOLD_EVERY_MS) return;
    this.#toldMs = nowMs;
    log.error("policy-failed", { file, stage, why, detail, failures: this.#failures });
    const fate = whenItFails === "defer" ? "is deferred" : "is left to the other rules";
    gate.alert({
      name: FAILING,
      subject: file,
      text: `The policy file fails (${stage}: ${why}). Mail that it cannot be asked about ${fate}.`,
      remedy: "Correct it, see that `postern check-config` finds nothing, and reload (SIGHUP).",
      evidence: detail === "" ? [] : [detail],
    });
  }

  answered(): void {
    if (!this.#isFailing || ++this.#goodInARow < GOOD_MIN) return;
    this.#isFailing = false;
    this.#failures = 0;
    this.#toldMs = Number.NEGATIVE_INFINITY;
    this.#options.gate.settled(FAILING, this.#options.file);
  }

  /** It may print of a message what no log is to hold: `postern policy test` shows it. */
  printed(): void {}
}
