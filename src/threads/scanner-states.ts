/** Whether each scanner of the settings answers at this moment: for `postern status`, which asks them itself. */
import type { Settings } from "#config/settings.ts";
import type { Unavailable } from "#evidence/scanners/evidence.ts";
import type { Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import { clamdOf, milterOf } from "./scanners.ts";

export interface ScannerState {
  readonly kind: "clamd" | "milter";
  /** Its address. */
  readonly scanner: string;
  readonly answers: boolean;
  /** Its version, or why it does not answer. */
  readonly detail: string;
  readonly mode: "shadow" | "enforce";
  readonly whenUnavailable: "defer" | "accept";
}

/** Never rejects. In the order of the settings. */
export function scannerStates(
  settings: Pick<Settings, "antivirus" | "milters" | "rules" | "hostname">,
  around: { readonly dialer: Dialer; readonly clock: Clock },
): Promise<readonly ScannerState[]> {
  const { antivirus, milters, rules } = settings;
  const asked: Promise<ScannerState>[] = [];
  if (rules.antivirus !== "off") {
    const about = { kind: "clamd", scanner: antivirus.clamd, mode: rules.antivirus } as const;
    asked.push(stateOf({ ...about, ...antivirus }, clamdOf(settings, around).version()));
  }
  for (const milter of milters) {
    if (rules.milter === "off") break;
    const about = { kind: "milter", scanner: milter.at, mode: rules.milter } as const;
    asked.push(stateOf({ ...about, ...milter }, milterOf(milter, settings, around).version()));
  }
  return Promise.all(asked);
}

async function stateOf(
  { kind, scanner, mode, whenUnavailable }: Omit<ScannerState, "answers" | "detail">,
  asked: Promise<Result<string, Unavailable>>,
): Promise<ScannerState> {
  const version = await asked;
  const detail = version.ok ? version.value : `${version.problem.why}: ${version.problem.detail}`;
  return { kind, scanner, mode, whenUnavailable, answers: version.ok, detail };
}
