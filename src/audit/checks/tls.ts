/** Protection 6: passwords and mail cross no wire in clear, and the certificates are good. */
import type { CertificateFacts } from "#ports/dialer.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { ServiceFacts } from "../facts/services.ts";
import { CERTIFICATE_DUE_MS } from "../limits.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shown } from "../shown.ts";
import { nameOf } from "./service-name.ts";
import { checkTlsPolicies } from "./tls-policies.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export function checkTls(facts: AuditFacts): readonly Finding[] {
  const open = facts.services.filter(({ state }) => state === "open");
  const findings = open.flatMap((service) => [
    ...mailboxInClear(service),
    ...offers(service),
    ...versions(service),
    ...injection(service),
    ...certificate(service, facts.atMs),
  ]);
  if (open.length === 0) {
    findings.push(
      notChecked("tls", "No mail port could be talked to", "Run the audit from where these ports are open."),
    );
  }
  for (const { service, state } of facts.services) {
    if (state === "open" || state === "closed") continue;
    findings.push(
      notChecked("tls", `${nameOf(service)} could not be talked to: ${state}`, "Try again, or from another place."),
    );
  }
  return [...findings, ...checkTlsPolicies(facts)];
}

function mailboxInClear({ service, inClear, clearLogin, greeting }: ServiceFacts): readonly Finding[] {
  if (service.protocol === "smtp" || inClear === undefined) return [];
  const where = nameOf(service);
  if (/^\* PREAUTH/i.test(greeting)) {
    return [
      found("fail", "preauth", `${where} lets everybody in (PREAUTH)`, {
        evidence: [shown(greeting)],
        remedy: "Take it off the network.",
      }),
    ];
  }
  if (inClear.kind === "unknown")
    return [
      notChecked(
        "clear-login",
        `${where} could not be asked: ${inClear.why}`,
        "Try again later, or from another place.",
      ),
    ];
  const isAnnounced =
    service.protocol === "imap" ? !inClear.value.includes("LOGINDISABLED") : inClear.value.includes("USER");
  const isBegun = clearLogin?.kind === "known" && /^(?:\+|\+OK)(?: |$)/i.test(clearLogin.value);
  // It may take what it does not announce.
  if (!isAnnounced && clearLogin?.kind === "unknown") {
    const why = `${where} did not say whether it takes a password before TLS: ${clearLogin.why}`;
    return [notChecked("clear-login", why, "Try again later, or from another place.")];
  }
  if (!isAnnounced && !isBegun) return [passed("clear-login", `${where} takes no password before TLS`)];
  return [
    found(
      isBegun ? "fail" : "warn",
      "clear-login",
      `${where} ${isBegun ? "takes" : "offers to take"} passwords without TLS`,
      {
        evidence: [shown(inClear.value.join(" ")), ...(clearLogin?.kind === "known" ? [shown(clearLogin.value)] : [])],
        remedy: "Close the port, or allow log-in only after STARTTLS (Dovecot: disable_plaintext_auth = yes).",
      },
    ),
  ];
}

function offers({ service, transport, inClear }: ServiceFacts): readonly Finding[] {
  if (transport !== undefined || inClear === undefined) return [];
  if (inClear.kind === "unknown") {
    const why = `${nameOf(service)} could not be asked for TLS: ${inClear.why}`;
    return [notChecked("no-tls", why, "Try again later, or from another place.")];
  }
  return [
    found("fail", "no-tls", `${nameOf(service)} offers no TLS`, {
      evidence: [shown(inClear.value.join(" "))],
      remedy: "Set up a certificate and switch STARTTLS on.",
    }),
  ];
}

function versions({ service, transport }: ServiceFacts): readonly Finding[] {
  if (transport === undefined) return [];
  const where = nameOf(service);
  const taken = Object.entries(transport.versions).filter(([, asked]) => asked.kind === "known" && asked.value);
  const old = taken.map(([version]) => version).filter((version) => version === "TLSv1" || version === "TLSv1.1");
  const isModern = taken.some(([version]) => version === "TLSv1.2" || version === "TLSv1.3");
  if (old.length > 0) {
    // On port 25 the alternative is often no TLS at all.
    const outcome = service.role === "mx" ? "warn" : "fail";
    return [
      found(outcome, "tls-old", `${where} takes ${old.map(said).join(" and ")}`, {
        remedy:
          "Take TLS 1.2 and newer only (Postfix: smtpd_tls_protocols = >=TLSv1.2; Dovecot: ssl_min_protocol = TLSv1.2; Exim: tls_require_ciphers).",
      }),
    ];
  }
  if (!isModern) {
    return [
      notChecked("tls-versions", `${where} began no TLS of version 1.2 or 1.3`, "Look at its certificate and log."),
    ];
  }
  const passes = (only: string): Finding => {
    return passed("tls-versions", `${where} takes ${taken.map(([version]) => said(version)).join(" and ")}${only}`);
  };
  const { TLSv1, "TLSv1.1": second } = transport.versions;
  const unseen = [TLSv1, second].find((asked) => asked.kind === "unknown");
  if (unseen?.kind !== "unknown") return [passes(" only")];
  const why = `${where} could not be asked for TLS 1.0 and 1.1: ${unseen.why}`;
  return [passes(""), notChecked("tls-old", why, "Run the audit again, or from another place.")];
}

function said(version: string): string {
  return version === "TLSv1" ? "TLS 1.0" : version.replace("TLSv", "TLS ");
}

function injection({ service, transport }: ServiceFacts): readonly Finding[] {
  const result = transport?.injection;
  if (result === undefined) return [];
  const where = nameOf(service);
  if (result.kind === "unknown") {
    return [
      notChecked(
        "starttls-injection",
        `${where} could not be tried for commands slipped in: ${result.why}`,
        "Try again later, or from another place.",
      ),
    ];
  }
  if (result.value === "dropped")
    return [passed("starttls-injection", `${where} obeys nothing that was slipped in before TLS`)];
  return [
    found("fail", "starttls-injection", `${where} obeys commands that were slipped in before TLS began`, {
      remedy:
        "Update the server: what stands in clear behind STARTTLS must be thrown away (CVE-2011-0411 and its kin).",
    }),
  ];
}

function certificate({ service, transport }: ServiceFacts, nowMs: number): readonly Finding[] {
  if (transport === undefined) return [];
  const where = nameOf(service);
  if (transport.certificate.kind === "unknown") {
    return [
      notChecked(
        "certificate",
        `${where} showed no certificate: ${transport.certificate.why}`,
        "Try again later, or from another place.",
      ),
    ];
  }
  const facts = transport.certificate.value;
  const evidence = [
    `names: ${facts.names.length === 0 ? "none" : shown(facts.names.join(", "))}`,
    `issuer: ${shown(facts.issuer)}`,
    `valid to ${new Date(facts.validToMs).toISOString().slice(0, 10)}, key ${facts.key}`,
  ];
  const problem = certificateProblem(facts, service.serverName, nowMs);
  if (problem === undefined)
    return [passed("certificate", `${where} shows a good certificate for ${service.serverName}`, evidence)];
  // Other servers take any certificate on port 25, unless DANE or MTA-STS tell them not to; mail programs do not.
  const outcome = problem.isDue || service.role === "mx" ? "warn" : "fail";
  return [found(outcome, "certificate", `${where}: ${problem.text}`, { evidence, remedy: problem.remedy })];
}

interface CertificateProblem {
  readonly text: string;
  readonly remedy: string;
  readonly isDue: boolean;
}

function certificateProblem(
  { names, validFromMs, validToMs, chainProblem }: CertificateFacts,
  host: string,
  nowMs: number,
): CertificateProblem | undefined {
  const renew = "Renew it, and see why it was not renewed by itself.";
  if (validToMs <= nowMs) return { text: "the certificate has expired", remedy: renew, isDue: false };
  if (validFromMs > nowMs)
    return { text: "the certificate is not valid yet", remedy: "Look at the clocks.", isDue: false };
  if (!names.some((name) => covers(name, host))) {
    return { text: `the certificate is not for ${host}`, remedy: `Get one that names ${host}.`, isDue: false };
  }
  if (chainProblem !== undefined) {
    return {
      text: `no known authority vouches for the certificate (${chainProblem})`,
      remedy: "Get one from an authority (ACME), and serve the whole chain.",
      isDue: false,
    };
  }
  const leftMs = validToMs - nowMs;
  if (leftMs >= CERTIFICATE_DUE_MS) return undefined;
  return { text: `the certificate ends in ${Math.floor(leftMs / DAY_MS)} days`, remedy: renew, isDue: true };
}

/** RFC 9525 §6.3: a wildcard is the whole of the first label. */
function covers(name: string, host: string): boolean {
  if (!name.startsWith("*.")) return name === host;
  return host.slice(host.indexOf(".") + 1) === name.slice(2) && host.includes(".");
}
