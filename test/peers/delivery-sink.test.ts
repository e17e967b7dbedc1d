/** Postfix's `smtp-sink` as the next hop: what it was given, and what we make of what it says. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { createRemoteDelivery } from "#delivery/remote/remote-delivery.ts";
import type { RouteSettings } from "#delivery/routing/settings.ts";
import { TlsResults } from "#delivery/tls-policy/tls-results.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock as clock } from "#platform/system-clock.ts";
import { systemRandom as random } from "#platform/system-random.ts";
import type { DeliveryJob } from "#queue/attempt.ts";
import { FakeLog } from "../fakes/log.ts";
import { jobTo, ROUTE, recipient } from "../fakes/remote-world.ts";
import { FakeResolver } from "../fakes/resolver.ts";
import { freePorts } from "./ports.ts";
import { hold, stop, waitForPort } from "./process.ts";

interface Course {
  readonly job?: Partial<DeliveryJob>;
  readonly route?: Partial<RouteSettings>;
  readonly times?: number;
}

/** Starts the sink with these options, sends, and gives what it wrote down. */
async function check(options: readonly string[], expected: string, course: Course = {}): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "postern-sink-"));
  // Root is not what it runs as.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  chmodSync(folder, 0o777);
  const [port = 0] = await freePorts(1);
  const sink = hold(
    spawn("smtp-sink", [...user, ...options, "-d", `${folder}/%M.`, `127.0.0.1:${port}`, "10"], {
      stdio: "ignore",
      cwd: folder,
    }),
  );
  await waitForPort(port, sink);
  const remote = createRemoteDelivery({
    settings: {
      hostname: "mx.own.test",
      fallback: { ...ROUTE, host: "127.0.0.1", port, tls: "none", ...course.route },
      routes: new Map(),
      addressFamily: "both",
      chunking: true,
    },
    resolver: new FakeResolver(),
    dialer: systemDialer,
    clock,
    random,
    log: new FakeLog(),
    mtaSts: { find: async () => ({ policy: undefined, problem: undefined }) },
    tlsResults: new TlsResults(),
    nextHops: { loginRefused: () => undefined, loginWorks: () => undefined },
    isOwnAddress: () => false,
  });
  try {
    for (let i = 0; i < (course.times ?? 1); i++) {
      const report = await remote.attempt(jobTo(course.job ?? {}), new AbortController().signal);
      const words = report.results.map(
        ({ outcome, reply }) => `${outcome} ${reply.code ?? reply.enhanced} ${reply.stage}`,
      );
      assert.equal(words.join(", "), expected, report.trace.join("\n"));
    }
  } finally {
    remote.close();
    await stop(sink);
  }
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
  rmSync(folder, { recursive: true });
  return files;
}

const TAKEN = "delivered 250 final-dot";
const two = { recipients: [recipient(1, "bob@peer.test"), recipient(2, "carol@peer.test")] };

suite("smtp-sink", () => {
  test("takes a message as it was, dots and all", async () => {
    const [message = ""] = await check([], TAKEN);
    assert.match(message, /Subject: Hi\n\n\.Hello\n/);
  });

  test("one command at a time, without ESMTP, and over LMTP", async () => {
    await check(["-p"], TAKEN);
    await check(["-e"], TAKEN);
    await check(["-L"], `${TAKEN}, ${TAKEN}`, { job: two, route: { protocol: "lmtp" } });
  });

  test("many messages over one connection", async () => {
    const messages = await check([], TAKEN, { job: { moreWaits: true }, times: 20 });
    assert.equal(messages.length, 20);
  });

  test("refuses at every stage, and each time we say where", async () => {
    for (const [command, stage] of [
      ["connect", "greeting"],
      ["helo,ehlo", "ehlo"],
      ["mail", "mail"],
      ["rcpt", "rcpt"],
      ["data", "data"],
      [".", "final-dot"],
    ] as const) {
      const early = stage === "greeting" || stage === "ehlo";
      const isLate = stage === "final-dot";
      await check(["-q", command], `${isLate ? "outcome-unknown" : "deferred"} 4.4.2 ${stage}`);
      await check(["-Q", command], `deferred 421 ${stage}`);
      await check(["-r", command], `deferred 450 ${stage}`);
      await check(["-f", command], `${early ? "deferred" : "failed"} 500 ${stage}`);
    }
  });
});
