/** Looks at the certificates on our own ports as clients see them, and tells an administrator in time. */
import { expiryThreshold, type ServedCertificate } from "#certificates/expiry.ts";
import { formatEndpoint } from "#config/endpoint.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import { networkSet } from "#platform/net/network-set.ts";
import { servedCertificate } from "#platform/tls/served-certificate.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Alerts } from "./alerts.ts";

/** After a start or a change: threads have it by then. Milliseconds. */
const SOON_MS = 5_000;
/** Between two looks. Milliseconds. */
const LOOK_MS = 6 * 60 * 60 * 1000;

export interface ServedCertificatesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Those in force. */
  readonly settings: () => Settings;
  /** Fingerprints of what should be served. */
  readonly expected: () => readonly string[];
}

const EXPIRES = "certificate-expires";
const NOT_SERVED = "certificate-not-served";

export class ServedCertificates {
  readonly #options: ServedCertificatesOptions;
  /** By listener: the threshold that was told. */
  readonly #told = new Map<string, number>();
  #seen: readonly ServedCertificate[] = [];
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: ServedCertificatesOptions) {
    this.#options = options;
  }

  /** As they were seen last. */
  get seen(): readonly ServedCertificate[] {
    return this.#seen;
  }

  lookSoon(): void {
    this.#lookAfter(SOON_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #lookAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#lookAfter(LOOK_MS);
      this.look().catch((error: unknown) => this.#options.log.error("certificates-not-seen", { cause: String(error) }));
    });
  }

  async look(): Promise<void> {
    const { settings, log } = this.#options;
    const seen: ServedCertificate[] = [];
    // One after the other: they are our own ports, and there are limits.
    for (const listener of settings().listeners) {
      const target = targetOf(listener, settings().hostname);
      if (target === undefined) continue;
      const name = formatEndpoint(listener.endpoint);
      try {
        seen.push({ listener: name, ...(await servedCertificate(target)) });
      } catch (error) {
        log.warn("certificate-not-seen", { listener: name, cause: String(error) });
      }
    }
    if (this.#isClosed) return;
    this.#seen = seen;
    this.#judge();
  }

  #judge(): void {
    const { clock, expected } = this.#options;
    const nowMs = clock.now();
    for (const served of this.#seen) this.#judgeExpiry(served, expiryThreshold(served, nowMs));
    const wanted = expected();
    const others = this.#seen.filter(({ fingerprint }) => !wanted.includes(fingerprint));
    if (others.length === 0) this.#options.alerts.settle(NOT_SERVED, "tls");
    else
      this.#raise(
        NOT_SERVED,
        "tls",
        notServed(others),
        "Does another program answer on these ports? Restart Postern otherwise.",
      );
  }

  #judgeExpiry(served: ServedCertificate, threshold: number | undefined): void {
    const { listener } = served;
    if (threshold === undefined) {
      this.#told.delete(listener);
      return this.#options.alerts.settle(EXPIRES, listener);
    }
    if ((this.#told.get(listener) ?? Number.POSITIVE_INFINITY) <= threshold) return;
    this.#told.set(listener, threshold);
    this.#raise(EXPIRES, listener, expiryText(served, threshold), this.#renewing());
  }

  #raise(name: string, subject: string, text: string, remedy: string): void {
    this.#options.alerts.raise({ name, subject, text, remedy, evidence: [] });
  }

  #renewing(): string {
    switch (this.#options.settings().tls.source) {
      case "acme":
        return "The alert about the order says why it was not renewed.";
      case "files":
        return "Renew it, and put the new files in the place of the old ones: they are read within a minute.";
      case "self-signed":
        return "It is made anew by itself; look at the log why it was not.";
    }
  }
}

function expiryText({ listener, names, validToMs }: ServedCertificate, threshold: number): string {
  const day = new Date(validToMs).toISOString().slice(0, 10);
  const which = `The certificate for ${names.slice(0, 3).join(", ")} that ${listener} serves`;
  return threshold === 0
    ? `${which} has ended on ${day}.`
    : `${which} ends on ${day}, ${threshold === 1 ? "within a day" : `within ${threshold} days`}.`;
}

function notServed(others: readonly ServedCertificate[]): string {
  const listeners = others.map(({ listener }) => listener).join(", ");
  return `Another certificate than the one in force is served on ${listeners}.`;
}

function targetOf({ endpoint, tls, protocol, proxyFrom }: ListenerSettings, serverName: string) {
  if (endpoint.kind === "unix" || tls === "none") return undefined;
  const host = endpoint.host === "0.0.0.0" ? "127.0.0.1" : endpoint.host === "::" ? "::1" : endpoint.host;
  // The address we come from is the one we go to.
  const wantsProxyHeader = proxyFrom.length > 0 && networkSet(proxyFrom)(host);
  return { host, port: endpoint.port, tls, protocol, serverName, wantsProxyHeader } as const;
}
