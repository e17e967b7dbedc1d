import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeScanner } from "../../test/fakes/scanner.ts";
import type { Settings } from "../config/settings.ts";
import { testVirusScanner } from "./scanner-self-test.ts";

async function check(
  said: string,
  expected: Awaited<ReturnType<typeof testVirusScanner>>,
  mode: Settings["rules"]["antivirus"] = "enforce",
): Promise<void> {
  const settings = {
    antivirus: { clamd: "/clamd", timeoutMs: 1000, maxOctets: 1_000_000, whenUnavailable: "defer" },
    rules: { antivirus: mode } as unknown as Settings["rules"],
  } as const;
  const dialer = new FakeScanner((peer) => {
    const isWhole = peer.heard.subarray(-4).equals(Buffer.alloc(4));
    if (said === "") peer.hangUp();
    else if (isWhole && peer.heard.includes("EICAR-STANDARD")) peer.say(said);
  });
  assert.deepEqual(await testVirusScanner(settings, { dialer, clock: new FakeClock() }), expected);
}

test("a virus scanner passes when it finds the test file, and not when it only answers", async () => {
  await check("stream: Eicar FOUND\0", { passed: true, detail: "/clamd finds the test file (Eicar)" });
  await check("stream: OK\0", {
    passed: false,
    detail: "/clamd does not find the test file: has freshclam fetched signatures?",
  });
  await check("", {
    passed: false,
    detail: "/clamd does not answer (crashed: the connection ended without an answer)",
  });
  await check("stream: OK\0", undefined, "off");
});
