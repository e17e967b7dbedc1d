/** What the records of a domain of ours depend on, from the settings and the keys. */
import { createHash } from "node:crypto";
import { mtaStsPolicy } from "#admin/mta-sts.ts";
import { tlsaValues } from "#audit/tlsa-values.ts";
import type { DomainMail } from "#audit/wanted-records.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import type { DkimRecord } from "#delivery/signing/key-set.ts";
import { systemClock } from "#platform/system-clock.ts";

/** RFC 8461 §3.1 allows 32 letters and digits. */
const MTA_STS_ID_LENGTH = 20;

export async function domainMail(
  settings: Settings,
  {
    domain,
    dkim,
    addresses,
    secondMx,
    withoutTlsa = false,
  }: {
    readonly domain: string;
    readonly dkim: readonly DkimRecord[];
    readonly addresses: readonly string[];
    readonly secondMx?: string | undefined;
    /** Does not read certificates, nor make one where there is none. */
    readonly withoutTlsa?: boolean;
  },
): Promise<DomainMail> {
  return {
    domain,
    exchanges: [settings.hostname, ...(secondMx === undefined ? [] : [secondMx])],
    host: settings.hostname,
    addresses,
    dkim: dkim.filter(({ state }) => state !== "retired"),
    reportAddress: `postmaster@${domain}`,
    mtaStsId: mtaStsId(settings, domain),
    tlsa: withoutTlsa ? [] : await tlsaRecords(settings),
    ports: userPorts(settings.listeners),
  };
}

/** It changes when the policy does (RFC 8461 §3.1). */
function mtaStsId({ domains, listeners }: Settings, domain: string): string | undefined {
  const policy = domains.find(({ name }) => name === domain)?.mtaSts;
  const isServed = listeners.some(({ protocol, tls }) => protocol === "http" && tls === "implicit");
  if (policy === undefined || policy.mode === "none" || !isServed) return undefined;
  return createHash("sha256").update(mtaStsPolicy(policy)).digest("hex").slice(0, MTA_STS_ID_LENGTH);
}

async function tlsaRecords(settings: Settings): Promise<readonly string[]> {
  const { keyPairsOf } = await import("./key-pairs.ts");
  const pairs = await keyPairsOf(settings, systemClock.now());
  if (!pairs.ok) return [];
  return tlsaValues(
    settings.tls.source,
    pairs.value.map(({ certificatePem }) => certificatePem),
  );
}

function userPorts(listeners: readonly ListenerSettings[]): DomainMail["ports"] {
  const ports: Record<string, number> = {};
  for (const { protocol, tls, endpoint } of listeners) {
    if (endpoint.kind !== "tcp") continue;
    const service = SERVICES[`${protocol} ${tls}`];
    if (service !== undefined) ports[service] ??= endpoint.port;
  }
  return ports;
}

const SERVICES: Readonly<Record<string, keyof DomainMail["ports"]>> = {
  "submission implicit": "submissions",
  "submission starttls": "submission",
  "imap implicit": "imaps",
  "pop3 implicit": "pop3s",
};
