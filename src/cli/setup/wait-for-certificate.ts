/** Until the authority's certificates are served; the server itself orders them. */
import type { Settings } from "#config/settings.ts";
import { sleep } from "#platform/sleep.ts";
import { systemClock } from "#platform/system-clock.ts";
import type { ServerStatus } from "../status-report.ts";
import { CERTIFICATE_MS, LOOK_AGAIN_MS } from "./limits.ts";
import type { Step } from "./report.ts";
import { runningServer } from "./service.ts";

/** Where the server keeps what an authority gave it. */
const OBTAINED = "/tls/acme/";
const NOT_OBTAINED = "certificate-not-obtained";

export async function waitForCertificate(settings: Settings): Promise<Step> {
  const name = "certificate";
  const untilMs = systemClock.monotonicMs() + CERTIFICATE_MS;
  for (;;) {
    const running = await runningServer(settings);
    const obtained = (running?.tls.certificates ?? []).filter(({ file }) => file.includes(OBTAINED));
    if (obtained.length >= settings.acme.keyTypes.length) {
      const names = [...new Set(obtained.flatMap((one) => one.names))].join(", ");
      return { kind: "pass", name, says: `A certificate for ${names} is served` };
    }
    const refusal = refusalOf(running);
    if (refusal !== undefined) return { kind: "warn", name, ...refusal };
    if (systemClock.monotonicMs() >= untilMs) break;
    await sleep(LOOK_AGAIN_MS);
  }
  const remedy = "The server goes on trying; `postern status` says how it stands.";
  return { kind: "warn", name, says: "The authority has not given a certificate yet", remedy };
}

function refusalOf(running: ServerStatus | undefined): { readonly says: string; readonly remedy: string } | undefined {
  const alert = running?.alerts.find((one) => one.name === NOT_OBTAINED);
  return alert === undefined ? undefined : { says: alert.text, remedy: alert.remedy };
}
