/** What a domain asks of those who send to it: MTA-STS, DANE, reports; and who may issue its certificates. */
import type { AuditFacts } from "../facts/facts.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shown } from "../shown.ts";

const TRY_AGAIN = "Look at the resolver and the domain's name servers, and try again.";

export function checkTlsPolicies(facts: AuditFacts): readonly Finding[] {
  // Mail that nobody takes needs no TLS.
  if (takesNoMail(facts)) return checkCaa(facts);
  const [sts, dane] = [checkMtaSts(facts), checkDane(facts)];
  return [...protection(sts, dane), ...sts.findings, ...dane.findings, ...checkReports(facts), ...checkCaa(facts)];
}

/** RFC 7505. */
function takesNoMail({ exchanges }: AuditFacts): boolean {
  return exchanges.kind === "known" && exchanges.value.length === 1 && exchanges.value[0]?.exchange === "";
}

interface Policy {
  readonly findings: readonly Finding[];
  /** Is delivery in clear ruled out by it? */
  readonly state: "enforced" | "not" | "unknown";
}

/** One of them is enough. */
function protection(sts: Policy, dane: Policy): readonly Finding[] {
  if (sts.state === "enforced" || dane.state === "enforced") return [];
  if (sts.state === "unknown" || dane.state === "unknown") return [];
  return [
    found("warn", "tls-policy", "Nothing makes other servers use TLS: whoever sits between can read the mail", {
      remedy:
        "Publish an MTA-STS policy in mode enforce, or sign the zone and publish TLSA records (`postern dns DOMAIN`).",
    }),
  ];
}

function checkMtaSts({ domain, zone, mtaStsPolicy, hosts }: AuditFacts): Policy {
  const { mtaStsRecords: records } = zone;
  if (records.kind === "unknown") {
    return {
      findings: [notChecked("mta-sts", `_mta-sts.${domain} could not be asked for: ${records.why}`, TRY_AGAIN)],
      state: "unknown",
    };
  }
  if (records.value.length === 0) return { findings: [], state: "not" };
  const evidence = records.value.map(shown);
  const wrong = (says: string, remedy: string): Policy => ({
    findings: [found("fail", "mta-sts", says, { evidence, remedy })],
    state: "not",
  });
  if (records.value.length > 1)
    return wrong("There are several MTA-STS records: none of them counts", "Leave one of them.");
  if (mtaStsPolicy === undefined || mtaStsPolicy.kind === "unknown") {
    const why = mtaStsPolicy?.why ?? "it was not asked for";
    return {
      findings: [notChecked("mta-sts", `The MTA-STS policy could not be fetched: ${why}`, TRY_AGAIN)],
      state: "unknown",
    };
  }
  if (mtaStsPolicy.kind === "broken") {
    return wrong(
      `The MTA-STS record promises a policy that cannot be fetched: ${shown(mtaStsPolicy.why)}`,
      `Serve https://mta-sts.${domain}/.well-known/mta-sts.txt with a certificate for that name.`,
    );
  }
  return policyFindings(
    mtaStsPolicy.text,
    hosts.map(({ name }) => name),
    evidence,
  );
}

function policyFindings(text: string, hosts: readonly string[], evidence: readonly string[]): Policy {
  const lines = text.split(/\r?\n/).map((line) => /^([a-z_]+)\s*:\s*(.*?)\s*$/.exec(line));
  const valuesOf = (key: string): readonly string[] =>
    lines.flatMap((line) => (line?.[1] === key ? [line[2] ?? ""] : []));
  const [mode = ""] = valuesOf("mode");
  const names = valuesOf("mx");
  const all = [
    ...evidence,
    ...text
      .split(/\r?\n/)
      .filter((line) => line !== "")
      .slice(0, 20)
      .map(shown),
  ];
  const missing = hosts.filter(
    (host) => !names.some((name) => name === host || (name.startsWith("*.") && host.endsWith(name.slice(1)))),
  );
  if (valuesOf("version")[0] !== "STSv1" || !["enforce", "testing", "none"].includes(mode)) {
    return {
      findings: [
        found("fail", "mta-sts", "The MTA-STS policy cannot be read", { evidence: all, remedy: "See RFC 8461 §3.2." }),
      ],
      state: "not",
    };
  }
  if (missing.length > 0 && mode !== "none") {
    return {
      findings: [
        found("fail", "mta-sts", `The MTA-STS policy does not name ${missing.join(", ")}: mail for it is held back`, {
          evidence: all,
          remedy: "Name every host of the MX records in the policy, then change the id of the record.",
        }),
      ],
      state: "not",
    };
  }
  if (mode !== "enforce") {
    return {
      findings: [
        found("warn", "mta-sts", `The MTA-STS policy is in mode ${mode}`, {
          evidence: all,
          remedy: "Change it to enforce when the reports are clean.",
        }),
      ],
      state: "not",
    };
  }
  return { findings: [passed("mta-sts", "MTA-STS is enforced", all)], state: "enforced" };
}

function checkDane({ tlsa, zone, exchanges }: AuditFacts): Policy {
  if (exchanges.kind === "unknown") {
    const why = `Whether the mail hosts have TLSA records is not known: their names could not be asked for`;
    return { findings: [notChecked("dane", why, TRY_AGAIN)], state: "unknown" };
  }
  const asked = [...tlsa];
  if (asked.length === 0) return { findings: [], state: "not" };
  const failed = asked.find(([, answer]) => answer.kind === "unknown");
  if (failed !== undefined) {
    return {
      findings: [notChecked("dane", `The TLSA records of ${failed[0]} could not be asked for`, TRY_AGAIN)],
      state: "unknown",
    };
  }
  const withRecords = asked.filter(([, answer]) => answer.kind === "known" && answer.value.count > 0);
  if (withRecords.length === 0) return { findings: [], state: "not" };
  const unsigned = withRecords.filter(([, answer]) => answer.kind === "known" && !answer.value.isValidated);
  if (unsigned.length > 0) {
    const names = unsigned.map(([host]) => host).join(", ");
    if (zone.isSigned.kind === "known" && zone.isSigned.value) {
      return {
        findings: [
          found("warn", "dane", `The TLSA records of ${names} are not signed: nobody believes them`, {
            remedy: "Sign the zone of the mail hosts.",
          }),
        ],
        state: "not",
      };
    }
    return {
      findings: [
        notChecked(
          "dane",
          `There are TLSA records for ${names}, but this resolver validates nothing`,
          "Use a resolver that validates (unbound), with --dns.",
        ),
      ],
      state: "unknown",
    };
  }
  if (withRecords.length < asked.length) {
    return {
      findings: [
        found("warn", "dane", "Only some of the mail hosts have TLSA records", {
          remedy: "Publish them for every host.",
        }),
      ],
      state: "not",
    };
  }
  return { findings: [passed("dane", "All mail hosts have signed TLSA records")], state: "enforced" };
}

function checkReports({ domain, zone }: AuditFacts): readonly Finding[] {
  const { tlsReportRecords: records } = zone;
  if (records.kind === "unknown")
    return [notChecked("tls-reports", `_smtp._tls.${domain} could not be asked for: ${records.why}`, TRY_AGAIN)];
  const [text] = records.value;
  if (text !== undefined) return [passed("tls-reports", "Reports about TLS are asked for", [shown(text)])];
  return [
    found("warn", "tls-reports", "Nobody tells the domain when TLS to it fails", {
      remedy: `Publish a TXT record at _smtp._tls.${domain}: "v=TLSRPTv1; rua=mailto:postmaster@${domain}".`,
    }),
  ];
}

/** https://www.iana.org/assignments/pkix-parameters (CAA properties). */
const CAA_TAGS: readonly string[] = [
  "issue",
  "issuewild",
  "iodef",
  "contactemail",
  "contactphone",
  "issuemail",
  "issuevmc",
];

function checkCaa({ domain, zone: { caa } }: AuditFacts): readonly Finding[] {
  if (caa.kind === "unknown") return [notChecked("caa", `CAA records could not be asked for: ${caa.why}`, TRY_AGAIN)];
  const unread = caa.value.filter(({ isCritical, tag }) => isCritical && !CAA_TAGS.includes(tag));
  if (unread.length > 0) {
    return [
      found("fail", "caa", "CAA has a critical property that authorities do not know: none may issue a certificate", {
        evidence: unread.map(({ tag, value }) => shown(`${tag} ${value}`)),
        remedy: "Correct the tag, or take its critical flag away (RFC 8659 §4.1).",
      }),
    ];
  }
  const issue = caa.value.filter(({ tag }) => tag === "issue" || tag === "issuewild");
  if (issue.length > 0)
    return [
      passed(
        "caa",
        "CAA says who may issue certificates",
        issue.map(({ tag, value }) => shown(`${tag} ${value}`)),
      ),
    ];
  return [passed("caa", `${domain} has no CAA records: any authority may issue certificates for it`)];
}
