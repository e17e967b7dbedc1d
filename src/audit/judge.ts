/** From facts to the report: pure, so that a recorded audit can be judged again. */
import { checkAuthentication } from "./checks/authentication.ts";
import { checkLimits, checkOwnBlockList } from "./checks/inside.ts";
import { checkDnsLists, checkUriLists } from "./checks/lists.ts";
import { checkRelay } from "./checks/relay.ts";
import { checkReverse } from "./checks/reverse-dns.ts";
import { checkSmtpAuth } from "./checks/smtp-auth.ts";
import { checkTls } from "./checks/tls.ts";
import { checkTwoMx } from "./checks/two-mx.ts";
import type { AuditFacts } from "./facts/facts.ts";
import { type AuditReport, type Finding, PROTECTION_NAMES, worst } from "./report.ts";

/** In the order of the protections. */
const CHECKS: readonly ((facts: AuditFacts) => readonly Finding[])[] = [
  checkRelay,
  checkDnsLists,
  checkOwnBlockList,
  checkSmtpAuth,
  checkAuthentication,
  checkTls,
  checkUriLists,
  checkLimits,
  checkReverse,
  checkTwoMx,
];

export function judgeAudit(facts: AuditFacts): AuditReport {
  return {
    domain: facts.domain,
    atMs: facts.atMs,
    hosts: facts.hosts.map(({ name, addresses }) => {
      const known = addresses.kind === "known" ? addresses.value.map(({ address }) => address) : [];
      return known.length === 0 ? name : `${name} (${known.join(", ")})`;
    }),
    protections: CHECKS.map((check, index) => {
      const findings = check(facts);
      return { number: index + 1, name: PROTECTION_NAMES[index] ?? "", outcome: worst(findings), findings };
    }),
  };
}
