/** `postern selftest`: is what is promised true here and now? Relay vectors, list canaries, certificates, ports, and the ten protections. */
import { formatEndpoint } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { probePort } from "#platform/net/probe-port.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { testLists } from "#threads/list-self-test.ts";
import { testVirusScanner } from "#threads/scanner-self-test.ts";
import { scannerStates } from "#threads/scanner-states.ts";
import { askWhereItBelongs } from "./administer.ts";
import type { Command, ExitCode } from "./command.ts";
import { explained } from "./output.ts";
import { proofLines } from "./proof-lines.ts";
import { readSettings } from "./settings-file.ts";
import { silentLog } from "./silent-log.ts";
import type { ServerStatus } from "./status-report.ts";
import { protectionLine, tenProtections } from "./ten-protections.ts";
import { day } from "./wording.ts";

interface Check {
  readonly name: string;
  readonly state: "passed" | "failed" | "unknown";
  /** What was seen; what to do where that is not good. */
  readonly detail: string;
}

/** A certificate that ends sooner is a failure: mail programs refuse it afterwards. */
const CERTIFICATE_DAYS_MIN = 21;
const DAY_MS = 24 * 60 * 60 * 1000;

export const selftest: Command = {
  name: "selftest",
  operands: [],
  summary: "relay vectors, list canaries, certificates, ports; the ten protections with proof",
  async run(invocation) {
    const { out, json } = invocation;
    const settings = await readSettings(invocation);
    if (settings === undefined) return 1;
    const relay = await relayChecks(settings);
    const running = await runningNow(settings);
    const checks = [
      ...relay.checks,
      ...(await certificateChecks(settings)),
      ...(await portChecks(settings, running)),
      ...(await listChecks(settings)),
      ...(await scannerChecks(settings)),
    ];
    const protections = tenProtections(settings, relay.facts);
    const proofs = running?.proofs ?? [];
    if (json) out.json({ ok: true, value: { checks, protections, proofs } });
    else {
      for (const line of explained(checks.map(({ name, state, detail }) => [`${state.padEnd(7)}  ${name}`, detail])))
        out.line(line);
      out.line("");
      for (const protection of protections) out.line(protectionLine(protection));
      for (const line of proofLines(proofs, systemClock.now())) out.line(line);
    }
    return exitCode(checks);
  },
};

/** The canaries of each DNS list, asked as the server asks. */
async function listChecks(settings: Settings): Promise<readonly Check[]> {
  const around = { clock: systemClock, random: systemRandom };
  const resolver = createDnsClient({ ...settings.dns, ...around, log: silentLog });
  const lists = await testLists(settings, { ...around, resolver });
  return lists.map(({ title, state, detail }) => ({ name: `list ${title}`, state, detail }));
}

async function scannerChecks(settings: Settings): Promise<readonly Check[]> {
  const around = { dialer: systemDialer, clock: systemClock };
  const virus = await testVirusScanner(settings, around);
  const milters = (await scannerStates(settings, around)).filter(({ kind }) => kind === "milter");
  return [
    ...(virus === undefined ? [] : [checkOf("virus scanner", virus.passed, virus.detail)]),
    ...milters.map(({ scanner, answers, detail }) => checkOf("milter", answers, `${scanner}: ${detail}`)),
  ];
}

function checkOf(name: string, passed: boolean, detail: string): Check {
  return { name, state: passed ? "passed" : "failed", detail };
}

function exitCode(checks: readonly Check[]): ExitCode {
  if (checks.some(({ state }) => state === "failed")) return 1;
  return checks.some(({ state }) => state === "unknown") ? 3 : 0;
}

async function relayChecks(
  settings: Settings,
): Promise<{ readonly checks: readonly Check[]; readonly facts: Parameters<typeof tenProtections>[1] }> {
  const name = "relay vectors";
  const asked = await askWhereItBelongs(settings, "relay-self-test", {});
  if (asked.kind === "unanswered") return { checks: [{ name, state: "unknown", detail: asked.message }], facts: {} };
  if (!asked.outcome.ok) return { checks: [{ name, state: "unknown", detail: asked.outcome.problem }], facts: {} };
  const { total, wrong } = asked.outcome.value;
  if (wrong.length === 0) {
    const detail = `${total} answered rightly over the real policy and addresses`;
    return { checks: [{ name, state: "passed", detail }], facts: { relaySelfTest: "passed" } };
  }
  const checks = wrong.map(({ id, listener, expected, got }): Check => {
    return {
      name: id,
      state: "failed",
      detail: `${listener}: expected ${expected}, got ${got}; look at [relay] and aliases`,
    };
  });
  return { checks, facts: { relaySelfTest: wrong.length } };
}

async function certificateChecks(settings: Settings): Promise<readonly Check[]> {
  const { keyPairsOf } = await import("#threads/key-pairs.ts");
  const nowMs = systemClock.now();
  const pairs = await keyPairsOf(settings, nowMs);
  if (!pairs.ok) {
    const detail = `${pairs.problem.message}; ${pairs.problem.remedy}`;
    return [{ name: "certificate", state: "failed", detail }];
  }
  return pairs.value.map(({ certificatePath, validToMs }): Check => {
    const days = Math.floor((validToMs - nowMs) / DAY_MS);
    const until = `${certificatePath}, valid until ${day(validToMs)}`;
    if (days >= CERTIFICATE_DAYS_MIN) return { name: "certificate", state: "passed", detail: until };
    return { name: "certificate", state: "failed", detail: `${until}: renew it` };
  });
}

async function runningNow(settings: Settings): Promise<ServerStatus | null> {
  const status = await askWhereItBelongs(settings, "status", {});
  return status.kind === "answered" && status.outcome.ok ? status.outcome.value.running : null;
}

async function portChecks(settings: Settings, running: ServerStatus | null): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const { endpoint, ipv6Only } of settings.listeners) {
    if (endpoint.kind === "unix") continue;
    const name = `port ${formatEndpoint(endpoint)}`;
    const code = await probePort({ host: endpoint.host, port: endpoint.port, ipv6Only });
    const isOurs = running?.listeners.some((listener) => listener.endpoint === formatEndpoint(endpoint)) === true;
    checks.push({ name, ...portState(code, isOurs) });
  }
  return checks;
}

function portState(code: string | undefined, isOurs: boolean): Omit<Check, "name"> {
  if (isOurs) {
    return code === "EADDRINUSE"
      ? { state: "passed", detail: "Postern listens" }
      : { state: "failed", detail: "Postern says that it listens, and does not: restart it" };
  }
  if (code === undefined) return { state: "passed", detail: "free: Postern is not running" };
  if (code === "EADDRINUSE") return { state: "failed", detail: "another program has it: stop that, or change bind" };
  if (code === "EACCES") return { state: "failed", detail: "this user may not bind it: give CAP_NET_BIND_SERVICE" };
  return { state: "failed", detail: `cannot be bound (${code}): change bind` };
}
