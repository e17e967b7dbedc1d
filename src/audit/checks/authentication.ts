/** Protection 5: what the domain says about who may send for it. */
import { parseKeyRecord } from "#evidence/dkim/key-record.ts";
import { parsePolicyRecord } from "#evidence/dmarc/record.ts";
import type { SpfRecordEvidence, SpfTermEvidence } from "#evidence/spf/evidence.ts";
import { renderSpfRecord } from "#verdict/spf-tree.ts";
import type { Asked } from "../facts/asked.ts";
import type { AuditFacts } from "../facts/facts.ts";
import { DKIM_BITS_ADVISED, SPF_LOOKUPS_MAX, SPF_LOOKUPS_WARN } from "../limits.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shown } from "../shown.ts";

const TRY_AGAIN = "Look at the resolver and the domain's name servers, and try again.";

export function checkAuthentication({ domain, zone }: AuditFacts): readonly Finding[] {
  return [
    ...checkSpf(domain, zone.spfRecords, zone.spfTree),
    ...checkDkim(domain, zone.dkimKeys),
    ...checkDmarc(domain, zone),
  ];
}

function checkSpf(domain: string, records: Asked<readonly string[]>, tree: SpfRecordEvidence): readonly Finding[] {
  if (records.kind === "unknown")
    return [notChecked("spf", `The SPF record could not be asked for: ${records.why}`, TRY_AGAIN)];
  const { value } = records;
  if (value.length === 0) {
    return [
      found("fail", "spf", `${domain} has no SPF record: anybody can send in its name`, {
        remedy: `Publish a TXT record at ${domain}: "v=spf1 mx -all", with whoever else sends for you.`,
      }),
    ];
  }
  if (value.length > 1) {
    return [
      found("fail", "spf-several", `${domain} has ${value.length} SPF records: none of them counts`, {
        evidence: value.map(shown),
        remedy: "Put all senders into one record (RFC 7208 §3.2).",
      }),
    ];
  }
  const page = renderSpfRecord(tree, 0);
  const counts = lastCounts(tree.terms);
  if (counts.isUnknown || tree.result === "temperror")
    return [notChecked("spf", "A part of the SPF record could not be asked for", TRY_AGAIN)];
  const findings = [...lookupFinding(counts.lookups, page), ...endFinding(tree, page)];
  if (findings.length > 0) return findings;
  return [passed("spf", `SPF is published with ${counts.lookups} of ${SPF_LOOKUPS_MAX} look-ups`, page)];
}

function lastCounts(terms: readonly SpfTermEvidence[]): { readonly lookups: number; readonly isUnknown: boolean } {
  const isUnknown = terms.some(
    (term) => term.outcome === "temperror" || (term.nested !== undefined && lastCounts(term.nested.terms).isUnknown),
  );
  return { lookups: Math.max(0, ...terms.map(({ lookups }) => lookups)), isUnknown };
}

function lookupFinding(lookups: number, page: readonly string[]): readonly Finding[] {
  const remedy = "Leave out includes that nobody needs, and name networks (ip4, ip6) where they do not change.";
  if (lookups > SPF_LOOKUPS_MAX) {
    return [
      found(
        "fail",
        "spf-lookups",
        `SPF needs ${lookups} look-ups, ${SPF_LOOKUPS_MAX} are allowed: it fails for good (permerror)`,
        {
          evidence: page,
          remedy,
        },
      ),
    ];
  }
  if (lookups < SPF_LOOKUPS_WARN) return [];
  return [
    found("warn", "spf-lookups", `SPF needs ${lookups} of ${SPF_LOOKUPS_MAX} look-ups: one more include breaks it`, {
      evidence: page,
      remedy,
    }),
  ];
}

function endFinding(tree: SpfRecordEvidence, page: readonly string[]): readonly Finding[] {
  const all = tree.terms
    .map(({ term }) => /^([+\-~?]?)all$/i.exec(term)?.[1])
    .find((qualifier) => qualifier !== undefined);
  const hasRedirect = tree.terms.some(({ term }) => /^redirect=/i.test(term));
  if (tree.result === "permerror") {
    return [
      found("fail", "spf-syntax", "The SPF record cannot be read", {
        evidence: page,
        remedy: "Mend the term that is marked.",
      }),
    ];
  }
  if (all === "" || all === "+") {
    return [
      found("fail", "spf-all", "SPF lets everybody send in the domain's name (+all)", {
        evidence: page,
        remedy: "End the record with -all, or ~all while you try.",
      }),
    ];
  }
  if (all === "?" || (all === undefined && !hasRedirect)) {
    return [
      found("warn", "spf-all", "SPF says nothing about those it does not name", {
        evidence: page,
        remedy: "End the record with -all, or ~all while you try.",
      }),
    ];
  }
  return [];
}

function checkDkim(domain: string, keys: ReadonlyMap<string, Asked<readonly string[]>>): readonly Finding[] {
  if (keys.size === 0) {
    return [
      notChecked(
        "dkim",
        `No DKIM key of ${domain} was found under the usual selectors`,
        "Name the selector with --selector: it stands as s= in the DKIM-Signature of mail from there.",
      ),
    ];
  }
  return [...keys].map(([selector, records]) => checkKey(`${selector}._domainkey.${domain}`, records));
}

function checkKey(name: string, records: Asked<readonly string[]>): Finding {
  if (records.kind === "unknown")
    return notChecked("dkim-key", `${name} could not be asked for: ${records.why}`, TRY_AGAIN);
  const [text, ...others] = records.value;
  if (text === undefined) {
    return found("fail", "dkim-key", `There is no key at ${name}: its signatures verify nowhere`, {
      remedy: "Publish the record that the signing server names (`postern dkim show DOMAIN`).",
    });
  }
  const evidence = records.value.map(shown);
  if (others.length > 0) {
    return found(
      "fail",
      "dkim-key",
      `There are ${records.value.length} records at ${name}: which one counts is up to the reader`,
      {
        evidence,
        remedy: "Leave one of them.",
      },
    );
  }
  const key = parseKeyRecord(text);
  if (!key.ok) {
    if (key.problem.kind === "key-revoked") return passed("dkim-key", `The key at ${name} is revoked`, evidence);
    return found("fail", "dkim-key", `The key at ${name} cannot be used: ${key.problem.kind}`, {
      evidence,
      remedy: "Publish the whole record as the signing server names it; RSA keys have 1024 to 4096 bits.",
    });
  }
  const { type, bits, isTesting } = key.value;
  if (type === "rsa" && bits < DKIM_BITS_ADVISED) {
    return found("warn", "dkim-key", `The key at ${name} has ${bits} bits`, {
      evidence,
      remedy: "Make a new one of 2048 bits (RFC 8301).",
    });
  }
  if (isTesting) {
    return found("warn", "dkim-key", `The key at ${name} says it is only tried out (t=y)`, {
      evidence,
      remedy: "Take t=y out.",
    });
  }
  return passed("dkim-key", `There is a key at ${name}: ${type} of ${bits} bits`, evidence);
}

function checkDmarc(
  domain: string,
  { dmarcRecords: records, dmarcAbove: above }: AuditFacts["zone"],
): readonly Finding[] {
  const name = `_dmarc.${domain}`;
  if (records.kind === "unknown")
    return [notChecked("dmarc", `${name} could not be asked for: ${records.why}`, TRY_AGAIN)];
  const [text, ...others] = records.value;
  const evidence = records.value.map(shown);
  if (text === undefined) {
    if (above.kind === "unknown")
      return [notChecked("dmarc", `The DMARC records above ${domain} could not be asked for: ${above.why}`, TRY_AGAIN)];
    if (above.value !== undefined) return policyAbove(domain, above.value);
    return [
      found("fail", "dmarc", `${domain} has no DMARC record: nobody is told to refuse mail that is not from it`, {
        remedy: `Publish a TXT record at ${name}: "v=DMARC1; p=quarantine; rua=mailto:postmaster@${domain}".`,
      }),
    ];
  }
  if (others.length > 0) {
    return [
      found("fail", "dmarc-several", `${domain} has ${records.value.length} DMARC records: none of them counts`, {
        evidence,
        remedy: "Leave one of them.",
      }),
    ];
  }
  return policyFindings(text, evidence, (record) => record.p);
}

/** RFC 9989 §4.7: names below the one with the record follow `sp`, where it is there. */
function policyAbove(
  domain: string,
  { domain: owner, text }: { readonly domain: string; readonly text: string },
): readonly Finding[] {
  const evidence = [`${domain} has none of its own`, `_dmarc.${owner}: ${shown(text)}`];
  return policyFindings(text, evidence, (record) => record.sp ?? record.p);
}

type PolicyTags = NonNullable<NonNullable<ReturnType<typeof parsePolicyRecord>>["evidence"]>;

function policyFindings(
  text: string,
  evidence: readonly string[],
  policyOf: (record: PolicyTags) => PolicyTags["p"],
): readonly Finding[] {
  const record = parsePolicyRecord(text)?.evidence;
  if (record === undefined) {
    return [
      found("fail", "dmarc", "The DMARC record cannot be read", {
        evidence,
        remedy: "It needs p=none, quarantine or reject, and no tag twice.",
      }),
    ];
  }
  const findings: Finding[] = [];
  const policy = policyOf(record);
  if (policy === "none" || record.isTesting) {
    findings.push(
      found(
        "warn",
        "dmarc-policy",
        `DMARC asks for nothing (${record.isTesting ? "t=y" : "none"}): forged mail is let in`,
        {
          evidence,
          remedy: "When the reports show that all of your own mail passes, ask for quarantine, then reject.",
        },
      ),
    );
  }
  if (record.differsForOldReaders) {
    findings.push(
      found("warn", "dmarc-old-readers", "Readers of RFC 7489 and of RFC 9989 read the DMARC record differently", {
        evidence,
        remedy: "Write p= and leave pct= out.",
      }),
    );
  }
  if (findings.length > 0) return findings;
  return [passed("dmarc", `DMARC asks for ${policy}`, evidence)];
}
