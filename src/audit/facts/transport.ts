/** What one port of a host does about TLS: versions, certificate, octets slipped in behind the word that starts it. */
import type { CertificateFacts, Dialer, TlsVersion } from "#ports/dialer.ts";
import { INJECTION_WAIT_MS } from "../limits.ts";
import { LineProbe } from "../line-probe.ts";
import { anyCertificate } from "../smtp-probe.ts";
import { type Asked, known, unknown } from "./asked.ts";
import type { Talk } from "./talk.ts";

export interface TransportFacts {
  /** Does it take this version? */
  readonly versions: Readonly<Record<TlsVersion, Asked<boolean>>>;
  readonly certificate: Asked<CertificateFacts>;
  /**
   * - `dropped`: a command behind STARTTLS in the same packet was not obeyed.
   * - `obeyed`: it was answered after the handshake, as if it had been protected.
   */
  readonly injection: Asked<"dropped" | "obeyed"> | undefined;
}

const VERSIONS: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const NEW_VERSIONS: readonly TlsVersion[] = ["TLSv1.2", "TLSv1.3"];

/** @param talk how TLS begins there. */
export async function gatherTransport(
  dialer: Dialer,
  talk: Talk,
  { isQuiet }: { readonly isQuiet: boolean },
): Promise<TransportFacts> {
  const versions: Partial<Record<TlsVersion, Asked<boolean>>> = {};
  for (const version of VERSIONS) {
    const isTried = !isQuiet || NEW_VERSIONS.includes(version);
    versions[version] = isTried ? await takes(dialer, talk, version) : unknown("not tried");
  }
  return {
    versions: versions as TransportFacts["versions"],
    certificate: await certificateOf(dialer, talk),
    injection: talk.begin === undefined || isQuiet ? undefined : await injected(dialer, talk),
  };
}

async function takes(dialer: Dialer, talk: Talk, version: TlsVersion): Promise<Asked<boolean>> {
  const probe = await upToTls(dialer, talk);
  if (typeof probe === "string") return unknown(probe);
  const secured = await probe.startTls(anyCertificate(talk.serverName, { versions: { min: version, max: version } }));
  probe.close();
  if (secured.ok) return known(true);
  return secured.problem.code === "TIMEOUT" ? unknown("timed-out") : known(false);
}

async function certificateOf(dialer: Dialer, talk: Talk): Promise<Asked<CertificateFacts>> {
  const probe = await upToTls(dialer, talk);
  if (typeof probe === "string") return unknown(probe);
  const secured = await probe.startTls(anyCertificate(talk.serverName, { describes: true }));
  probe.close();
  if (!secured.ok) return unknown(secured.problem.code);
  const { certificate } = secured.value;
  return certificate === undefined ? unknown("no certificate") : known(certificate);
}

/** Says the word that starts TLS and, in the same packet, a harmless command: is it answered inside? */
async function injected(dialer: Dialer, talk: Talk): Promise<Asked<"dropped" | "obeyed">> {
  const opened = await LineProbe.open(dialer, talk);
  if (!opened.ok) return unknown(opened.problem);
  const probe = opened.value;
  probe.start();
  try {
    const hello = await talk.hello(probe);
    if (hello !== undefined) return unknown(hello);
    probe.say(`${talk.begin ?? ""}\r\n${talk.harmless}`);
    const begun = await probe.answer(talk.isLast);
    if (!begun.ok) return begun.problem === "closed" ? known("dropped") : unknown(begun.problem);
    if (!talk.mayBegin(begun.value)) return unknown("TLS was refused");
    const secured = await probe.startTls(anyCertificate(talk.serverName));
    // Whoever ends the connection here has seen what stood behind the word.
    if (!secured.ok) return known("dropped");
    const answer = await probe.answer(talk.isLast, INJECTION_WAIT_MS);
    return known(answer.ok ? "obeyed" : "dropped");
  } finally {
    probe.close();
  }
}

/** A connection whose next octet is TLS; or why there is none. */
async function upToTls(dialer: Dialer, talk: Talk): Promise<LineProbe | string> {
  const opened = await LineProbe.open(dialer, talk);
  if (!opened.ok) return opened.problem;
  const probe = opened.value;
  if (talk.begin === undefined) return probe;
  probe.start();
  const problem = (await talk.hello(probe)) ?? (await begin(probe, talk));
  if (problem === undefined) return probe;
  probe.close();
  return problem;
}

async function begin(probe: LineProbe, talk: Talk): Promise<string | undefined> {
  const answer = await probe.ask(talk.begin ?? "", talk.isLast);
  if (!answer.ok) return answer.problem;
  return talk.mayBegin(answer.value) ? undefined : "TLS was refused";
}
