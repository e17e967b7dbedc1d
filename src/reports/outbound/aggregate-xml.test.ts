import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { SignatureEvidence } from "#evidence/dkim/evidence.ts";
import { readAggregateReport } from "#mail/reports/aggregate-report.ts";
import { childAt, readChildren, type XmlElement } from "#mail/reports/xml-elements.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { dmarc, evidence, spf } from "../../../test/fakes/evidence.ts";
import { decided, PUBLISHED } from "../../../test/fakes/report-world.ts";
import { AggregateCollector } from "./aggregate-collector.ts";
import { reportableDecision } from "./aggregate-facts.ts";
import { aggregateXml } from "./aggregate-xml.ts";

const REPORTER = {
  organization: "Local <&> Sons",
  email: "p@local.test",
  reportId: "id@local.test",
  begin: 1_893_456_000,
  end: 1_893_542_399,
};

function xmlOf(...records: readonly DecisionRecord[]): string {
  const collector = new AggregateCollector();
  for (const record of records) {
    const decision = reportableDecision(record, (address) => address === "postmaster@local.test");
    if (decision !== undefined) collector.add(decision);
  }
  const [report] = collector.reports();
  return report === undefined ? "" : aggregateXml(report, REPORTER);
}

function finished<Value>(steps: Generator<void, Value>): Value {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

function childrenOf(xml: string): readonly XmlElement[] {
  const children: XmlElement[] = [];
  const read = finished(readChildren(xml, "feedback", (child) => children.push(child)));
  assert.ok(read.ok);
  return children;
}

/** RFC 9990 §3.1: what each element holds, in this order; `?` may be left out, `*` any number, `+` at least one. */
const SCHEMA: Readonly<Record<string, readonly string[]>> = {
  feedback: ["version?", "report_metadata", "policy_published", "record+"],
  report_metadata: ["org_name", "email", "extra_contact_info?", "report_id", "date_range", "error*", "generator?"],
  date_range: ["begin", "end"],
  policy_published: ["domain", "discovery_method?", "p", "sp?", "np?", "fo?", "adkim?", "aspf?", "testing?"],
  record: ["row", "identifiers", "auth_results"],
  row: ["source_ip", "count", "policy_evaluated"],
  policy_evaluated: ["disposition", "dkim", "spf", "reason*"],
  reason: ["type", "comment?"],
  identifiers: ["header_from", "envelope_from?", "envelope_to?"],
  auth_results: ["dkim*", "spf?"],
  "auth_results/dkim": ["domain", "selector", "result", "human_result?"],
  "auth_results/spf": ["domain", "scope?", "result", "human_result?"],
};
const VALUES: Readonly<Record<string, RegExp>> = {
  version: /^1\.0$/,
  begin: /^\d+$/,
  end: /^\d+$/,
  discovery_method: /^(?:psl|treewalk)$/,
  p: /^(?:none|quarantine|reject)$/,
  sp: /^(?:none|quarantine|reject)$/,
  fo: /^[01ds](?::[01ds])*$/,
  adkim: /^[rs]$/,
  aspf: /^[rs]$/,
  testing: /^[ny]$/,
  source_ip: /^[0-9a-f.:]+$/,
  count: /^\d+$/,
  disposition: /^(?:none|pass|quarantine|reject)$/,
  type: /^(?:local_policy|mailing_list|other|policy_test_mode|trusted_forwarder)$/,
  scope: /^mfrom$/,
};

function checkElement(parent: string, { name, text, children }: XmlElement): void {
  const wanted = SCHEMA[`${parent}/${name}`] ?? SCHEMA[name];
  if (children.length === 0 && wanted?.some((one) => !/[?*]$/.test(one)) !== true) {
    assert.match(text, VALUES[name] ?? /./s, name);
    return;
  }
  const pattern = (wanted ?? []).map((one) => one.replace(/^(\w+)([?*+]?)$/, "(?:$1 )$2")).join("");
  assert.match(children.map((child) => `${child.name} `).join(""), new RegExp(`^${pattern}$`), name);
  for (const child of children) checkElement(name === "auth_results" ? name : "", child);
}

function check(xml: string): void {
  const children = childrenOf(xml);
  assert.match(
    children.map(({ name }) => `${name} `).join(""),
    /^(?:version )?report_metadata policy_published (?:record )+$/,
  );
  for (const child of children) checkElement("", child);
}

const SIGNATURE: SignatureEvidence = {
  result: "pass",
  problem: undefined,
  domain: "list.example",
  selector: "s1",
  algorithm: "rsa-sha256",
  identity: "@list.example",
  signatureStart: "abc",
  canonicalization: "relaxed/relaxed",
  signedAtSeconds: undefined,
  expiresAtSeconds: undefined,
  bodyOctets: 1,
  unsignedBodyOctets: 0,
  key: undefined,
};

function signed(...signatures: readonly SignatureEvidence[]): DecisionRecord {
  const states = signatures.map(
    ({ domain }) => ({ domain, state: domain === "sender.example" ? "aligned" : "not-aligned" }) as const,
  );
  const isPass = states.some(({ state }) => state === "aligned");
  return decided({
    disposition: isPass ? "accept" : "reject",
    evidence: evidence({
      spf: spf("none", { identity: "helo", domain: "mail.sender.example" }),
      dkim: { signatures, signaturesLeftOut: 0, headerTooLarge: false },
      dmarc: dmarc(isPass ? "pass" : "fail", "reject", { record: PUBLISHED, dkim: states }),
    }),
  });
}

function to(...addresses: readonly string[]): Partial<DecisionRecord> {
  const recipients = addresses.map((address) => ({ address, accepted: true, reason: null, reply: null }));
  return { recipients: recipients as never, disposition: "accept" };
}

function evaluated(record: DecisionRecord): string {
  const found = childrenOf(xmlOf(record)).find(({ name }) => name === "record");
  const policy = childAt(found, "row", "policy_evaluated");
  const reason = childAt(policy, "reason");
  const why = reason === undefined ? "" : ` ${reason.children.map(({ text }) => text).join(" ")}`;
  return `${childAt(policy, "disposition")?.text}${why}`;
}

suite("aggregate reports of ours", () => {
  test("have the structure of the schema, and our own reader reads the same back", () => {
    const xml = xmlOf(decided(), decided({ id: "2" }), signed(SIGNATURE, { ...SIGNATURE, domain: "sender.example" }));
    check(xml);
    const read = finished(readAggregateReport(xml));
    assert.ok(read.ok);
    const { rows, ...head } = read.value;
    assert.deepEqual(head, {
      kind: "dmarc",
      reporter: "Local <&> Sons",
      email: "p@local.test",
      reportId: "id@local.test",
      begin: 1_893_456_000,
      end: 1_893_542_399,
      domain: "sender.example",
      policy: "reject",
      messages: 3,
      failed: 2,
      rowsLeftOut: 0,
    });
    assert.deepEqual(
      rows.map(({ count, disposition, dkim, spf: isSpf, dkimResults, spfResult, envelopeFrom }) => [
        [count, disposition, dkim, isSpf],
        [dkimResults, spfResult, envelopeFrom],
      ]),
      [
        [
          [2, "reject", false, false],
          [[], "bounce.example=pass", "bounce.example"],
        ],
        // Aligned signatures come first (RFC 9990 §3.1.4); only the reverse-path counts for SPF.
        [
          [1, "pass", true, false],
          [["sender.example=pass", "list.example=pass"], "", ""],
        ],
      ],
    );
  });

  test("what was published is told as it was", () => {
    const published = childrenOf(xmlOf(decided())).find(({ name }) => name === "policy_published");
    assert.deepEqual(
      published?.children.map(({ name, text }) => `${name}=${text}`),
      [
        "domain=sender.example",
        "discovery_method=treewalk",
        "p=reject",
        "sp=quarantine",
        "fo=1:d",
        "adkim=s",
        "aspf=r",
        "testing=n",
      ],
    );
  });

  test("who is not treated as the policy asks has a reason (RFC 9990 §3.1.6)", () => {
    const accepted = { disposition: "accept" } as const;
    const forwarded = { rule: "dmarc", mode: "enforce", weight: 0, findings: [{ reason: "dmarc-forwarded" }] };
    const verdict = { disposition: "accept", sum: 0, reasons: [], rules: [forwarded] } as never;
    assert.equal(evaluated(decided()), "reject");
    assert.equal(evaluated(decided({ disposition: "junk" })), "quarantine local_policy");
    assert.equal(evaluated(decided(accepted)), "none local_policy");
    assert.equal(evaluated(decided({ ...accepted, verdict })), "none trusted_forwarder");
    const sealers = ["lists.example"];
    assert.equal(
      evaluated(decided(accepted, { arc: { kind: "vouched", sealers } })),
      "none local_policy arc=pass as[1].d=lists.example",
    );
    const testing = { policy: "quarantine", record: { ...PUBLISHED, isTesting: true } } as const;
    assert.equal(evaluated(decided({ disposition: "junk" }, testing)), "quarantine policy_test_mode");
  });

  test("what was refused for something else is not the policy's doing", () => {
    assert.equal(evaluated(decided({}, { policy: "none", record: { ...PUBLISHED, p: "none" } })), "none");
    assert.equal(
      evaluated(decided({}, { policy: "quarantine", record: { ...PUBLISHED, p: "quarantine" } })),
      "quarantine",
    );
    assert.equal(evaluated(decided({ disposition: "junk" }, { result: "pass" })), "pass");
  });

  test("mail of users, mail that comes again, and mail without a policy are not reported", () => {
    const others = [
      decided({ listener: "submission" }),
      decided({ judged: "authenticated" }),
      decided({ disposition: "defer" }),
      decided({ stage: "rcpt" }),
      decided({ clientAddress: "unix:/run/x" }),
      decided({}, { record: undefined }),
      decided({}, { result: "temperror" }),
      decided({}, { author: { kind: "several-addresses" } }),
      decided({ evidence: evidence({}) }),
    ];
    for (const record of others) assert.equal(xmlOf(record), "", JSON.stringify(record).slice(0, 200));
  });

  test("reports about reports would never end; what only claims to be one is told of", () => {
    const passed = { result: "pass" } as const;
    assert.equal(xmlOf(decided(to("postmaster@local.test"), passed)), "");
    assert.notEqual(xmlOf(decided(to("postmaster@local.test"))), "", "forged");
    assert.notEqual(xmlOf(decided(to("postmaster@local.test", "bob@local.test"), passed)), "", "to a person, too");
  });

  test("what strangers wrote cannot break the report", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (domain, selector) => {
        const xml = xmlOf(signed({ ...SIGNATURE, domain: `${domain}.`, selector: `${selector}.` }));
        check(xml);
        const read = finished(readAggregateReport(xml));
        assert.ok(read.ok && read.value.rows.length === 1 && read.value.messages === 1);
      }),
    );
  });
});
