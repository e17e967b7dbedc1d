import { formatEndpoint } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { probePort } from "#platform/net/probe-port.ts";
import { systemClock } from "#platform/system-clock.ts";
import { runRelaySelfTest } from "#reception/relay-self-test.ts";
import type { Store } from "#store/store.ts";
import { policyFileProblem } from "./policy-file.ts";
import { directorySettings, relaySelfTestSettings } from "./slices.ts";

/** What keeps a server from starting, or from taking new settings: one line, and what to do about it. */
export interface StartProblem {
  readonly message: string;
  readonly remedy: string;
}

/**
 * With SO_REUSEPORT a second server of the same user could bind the same port and take half of the connections: so it is
 * looked first whether the port is free. `own` endpoints are bound by this server already.
 */
export async function portInUse({ listeners }: Settings, own: readonly string[]): Promise<StartProblem | undefined> {
  for (const { endpoint, ipv6Only } of listeners) {
    if (endpoint.kind === "unix" || own.includes(formatEndpoint(endpoint))) continue;
    const code = await probePort({ ...endpoint, ipv6Only });
    if (code !== undefined) return bindProblem(formatEndpoint(endpoint), code);
  }
  return undefined;
}

export function bindProblem(endpoint: string, code: string): StartProblem {
  const message = `cannot listen on ${endpoint}`;
  switch (code) {
    case "EADDRINUSE":
      return {
        message: `${message}: the port is in use by another program`,
        remedy: "stop that program, or give this [[listener]] another bind",
      };
    case "EACCES":
      return {
        message: `${message}: ports below 1024 need a privilege`,
        remedy: "run with CAP_NET_BIND_SERVICE, or bind to a port from 1024 on",
      };
    case "EADDRNOTAVAIL":
      return {
        message: `${message}: this machine does not have that address`,
        remedy: "bind to one of its own addresses, or to 0.0.0.0 or [::]",
      };
    default:
      return { message: `${message} (${code})`, remedy: "look at the bind of this [[listener]]" };
  }
}

/** Runs the relay vectors against these settings: one wrong answer, and they are not served. */
export async function relayProblem(settings: Settings, store: Store): Promise<StartProblem | undefined> {
  const directory = await createDirectory({ store, clock: systemClock, settings: directorySettings(settings) });
  try {
    const results = await runRelaySelfTest({ directory, settings: relaySelfTestSettings(settings) });
    const wrong = results.filter(({ passed }) => !passed);
    const [first] = wrong;
    if (first === undefined) return undefined;
    return {
      message: `this server could relay: ${wrong.length} of ${results.length} relay tests fail (first: ${first.id} on ${first.listener}, expected ${first.expected}, got ${first.got})`,
      remedy: "run `postern selftest` for all of them, and look at [relay] and at your aliases",
    };
  } finally {
    directory.close();
  }
}

/** Loads the policy file once: one that cannot be loaded is not served with (reload: the old one stays). */
export async function policyProblem({ policyFile }: Settings): Promise<StartProblem | undefined> {
  const problem = policyFile === undefined ? undefined : await policyFileProblem(policyFile, systemClock);
  if (policyFile === undefined || problem === undefined) return undefined;
  const place = problem.line === 0 ? policyFile.file : `${policyFile.file}:${problem.line}`;
  return { message: `${place}: the policy file cannot be used: ${problem.message}`, remedy: problem.remedy };
}
