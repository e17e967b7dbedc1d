/** Does the virus scanner find what every virus scanner finds? That it answers is not enough: its signatures may be missing. */
import { Buffer } from "node:buffer";
import type { Settings } from "#config/settings.ts";
import { octetsInMemory } from "#evidence/content/message-octets.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import { clamdOf } from "./scanners.ts";

/** The test file that all scanners know and that does nothing (eicar.org); in two halves, so that this file is not taken for it. */
const TEST_FILE = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("");

export interface ScannerSelfTest {
  readonly passed: boolean;
  /** What was seen, and what to do where that is not good. */
  readonly detail: string;
}

/** Undefined where no scanner is set up. Never rejects. */
export async function testVirusScanner(
  settings: Pick<Settings, "antivirus" | "rules">,
  around: { readonly dialer: Dialer; readonly clock: Clock },
): Promise<ScannerSelfTest | undefined> {
  if (settings.rules.antivirus === "off") return undefined;
  const octets = Buffer.from(TEST_FILE);
  const { result } = await clamdOf(settings, around).scan(
    octetsInMemory(octets),
    octets.length,
    new AbortController().signal,
  );
  const scanner = settings.antivirus.clamd;
  switch (result.kind) {
    case "found":
      return { passed: true, detail: `${scanner} finds the test file (${result.name})` };
    case "clean":
      return { passed: false, detail: `${scanner} does not find the test file: has freshclam fetched signatures?` };
    case "unavailable":
      return { passed: false, detail: `${scanner} does not answer (${result.why}: ${result.detail})` };
  }
}
