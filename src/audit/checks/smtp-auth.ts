/** Protection 4: passwords are taken inside TLS only, and not on port 25. */
import type { AuditFacts } from "../facts/facts.ts";
import type { ServiceFacts } from "../facts/services.ts";
import { type CheckId, type Finding, found, notChecked, passed } from "../report.ts";
import { shown } from "../shown.ts";
import { nameOf } from "./service-name.ts";

export function checkSmtpAuth({ services }: AuditFacts): readonly Finding[] {
  const smtp = services.filter(({ service, state }) => service.protocol === "smtp" && state === "open");
  if (smtp.length === 0) {
    return [
      notChecked("smtp-auth", "No SMTP port could be talked to", "Run the audit from where these ports are open."),
    ];
  }
  const findings = smtp.flatMap((facts) => [...inClear(facts), ...onPort25(facts), ...mechanisms(facts)]);
  if (!smtp.some(({ service }) => service.role === "submission")) {
    findings.push(
      notChecked(
        "submission",
        "No submission port (587, 465) was found on the mail hosts",
        "Where users log in at another host, name it with --host.",
      ),
    );
  }
  return findings;
}

function inClear({ service, inClear: capabilities, clearLogin }: ServiceFacts): readonly Finding[] {
  const where = nameOf(service);
  if (capabilities === undefined) return [];
  if (capabilities.kind === "unknown") return [notAsked("auth-in-clear", where, capabilities.why)];
  const offered = capabilities.value.find((line) => /^AUTH[ =]/.test(line));
  const begun = clearLogin?.kind === "known" && clearLogin.value.startsWith("334");
  if (offered !== undefined || begun) {
    return [
      found("fail", "auth-in-clear", `${where} takes passwords without TLS`, {
        evidence: [offered ?? `AUTH LOGIN: ${clearLogin?.kind === "known" ? shown(clearLogin.value) : ""}`],
        remedy: "Announce and take AUTH only after STARTTLS (Postfix: smtpd_tls_auth_only = yes).",
      }),
    ];
  }
  // It may take what it does not announce.
  if (clearLogin?.kind === "unknown") return [notAsked("auth-in-clear", where, clearLogin.why)];
  return [passed("auth-in-clear", `${where} takes no password before TLS`)];
}

function onPort25({ service, insideTls, transport, inClear: capabilities }: ServiceFacts): readonly Finding[] {
  if (service.role !== "mx") return [];
  // Where there is no TLS, what is said in clear is all there is.
  const said = transport === undefined && capabilities !== undefined ? capabilities : insideTls;
  if (said.kind === "unknown") return [notAsked("auth-on-mx", nameOf(service), said.why)];
  const offered = said.value.find((line) => /^AUTH[ =]/.test(line));
  if (offered === undefined)
    return [passed("auth-on-mx", `${nameOf(service)} takes no passwords where mail of others arrives`)];
  return [
    found("warn", "auth-on-mx", `${nameOf(service)} takes passwords on the port for other servers`, {
      evidence: [offered],
      remedy: "Let users log in on 465 and 587 alone; port 25 is where passwords are guessed.",
    }),
  ];
}

function notAsked(check: CheckId, where: string, why: string): Finding {
  return notChecked(check, `${where} could not be asked how users log in: ${why}`, "Try again, or from another place.");
}

function mechanisms({ service, insideTls }: ServiceFacts): readonly Finding[] {
  if (service.role !== "submission") return [];
  const where = nameOf(service);
  if (insideTls.kind === "unknown") {
    return [
      notChecked(
        "submission-auth",
        `${where} could not be asked inside TLS: ${insideTls.why}`,
        "See what it says about TLS.",
      ),
    ];
  }
  const offered = insideTls.value.find((line) => /^AUTH[ =]/.test(line));
  if (offered !== undefined)
    return [passed("submission-auth", `${where} offers ${offered.replace(/^AUTH[ =]/, "")} inside TLS`)];
  return [
    found("warn", "submission-auth", `${where} offers no way to log in`, {
      remedy: "Mail programs find nothing to log in with: look at the SASL settings of the server.",
    }),
  ];
}
