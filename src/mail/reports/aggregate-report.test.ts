import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { Result } from "../result.ts";
import { type AggregateProblem, readAggregateReport } from "./aggregate-report.ts";
import { AGGREGATE_ROWS_MAX, REPORT_COUNT_MAX, XML_ASIDE_LENGTH_MAX, XML_ROOT_CHILDREN_MAX } from "./limits.ts";
import type { AggregateReport } from "./report.ts";

function read(xml: string): Result<AggregateReport, AggregateProblem> {
  const reading = readAggregateReport(xml);
  for (let step = reading.next(); ; step = reading.next()) if (step.done === true) return step.value;
}

/** @param xml behind the root's tag. */
function steps(xml: string): number {
  const reading = readAggregateReport(`<feedback>${xml}`);
  let count = 0;
  while (reading.next().done !== true) count++;
  return count;
}

function reportOf(xml: string): AggregateReport {
  const report = read(xml);
  assert.ok(report.ok, report.ok ? "" : report.problem);
  return report.value;
}

const HEAD = `<report_metadata><org_name>Receiver &amp; Sons</org_name><email>dmarc@receiver.test</email>
  <report_id>id-1</report_id><date_range><begin>1893456000</begin><end>1893542399</end></date_range></report_metadata>
  <policy_published><domain>Example.TEST</domain><adkim>r</adkim><aspf>r</aspf><p>reject</p><pct>100</pct></policy_published>`;

function record(
  ip: string,
  count: number | string,
  results: { dkim?: string; spf?: string; more?: string } = {},
): string {
  const { dkim = "fail", spf = "fail", more = "" } = results;
  return `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated>
    <disposition>reject</disposition><dkim>${dkim}</dkim><spf>${spf}</spf>
    <reason><type>local_policy</type><comment>arc=pass</comment></reason></policy_evaluated></row>
    <identifiers><header_from>example.test</header_from><envelope_from>bounce.test</envelope_from></identifiers>
    <auth_results>${more}<dkim><domain>other.test</domain><selector>s</selector><result>pass</result></dkim>
    <spf><domain>bounce.test</domain><result>pass</result></spf></auth_results></record>`;
}

suite("aggregate reports", () => {
  test("what all records claim together is still a number that the store hands back", () => {
    // Beside the two at the head.
    const rows = `<record><row><count>${REPORT_COUNT_MAX}</count></row></record>`.repeat(XML_ROOT_CHILDREN_MAX - 2);
    const { messages, failed } = reportOf(`<feedback>${HEAD}${rows}</feedback>`);
    assert.ok(messages > 0 && Number.isSafeInteger(messages), String(messages));
    assert.ok(Number.isSafeInteger(failed), String(failed));
  });

  for (const [name, root] of [
    ["of RFC 7489, without a namespace", ["<feedback>", "</feedback>"]],
    ["of RFC 9990", ['<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">', "</feedback>"]],
    ["with a prefix", ['<d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0">', "</d:feedback>"]],
  ] as const) {
    test(`${name} are read`, () => {
      const xml = `<?xml version="1.0"?><!-- a > b -->\n${root[0]}<version>1.0</version>${HEAD}${record("192.0.2.1", 3)}${root[1]}`;
      assert.deepEqual(reportOf(xml), {
        kind: "dmarc",
        reporter: "Receiver & Sons",
        email: "dmarc@receiver.test",
        reportId: "id-1",
        begin: 1_893_456_000,
        end: 1_893_542_399,
        domain: "example.test",
        policy: "reject",
        messages: 3,
        failed: 3,
        rows: [
          {
            sourceIp: "192.0.2.1",
            count: 3,
            disposition: "reject",
            dkim: false,
            spf: false,
            headerFrom: "example.test",
            envelopeFrom: "bounce.test",
            reasons: ["local_policy: arc=pass"],
            dkimResults: ["other.test=pass"],
            spfResult: "bounce.test=pass",
          },
        ],
        rowsLeftOut: 0,
      });
    });
  }

  test("one aligned pass is a pass, whatever a second signature is worth (Ed25519 that a receiver cannot read; R36)", () => {
    const more = "<dkim><domain>example.test</domain><selector>ed</selector><result>neutral</result></dkim>";
    const { failed, rows } = reportOf(`<feedback>${HEAD}${record("192.0.2.1", 3, { dkim: "pass", more })}</feedback>`);
    assert.equal(failed, 0);
    assert.deepEqual(rows[0]?.dkimResults, ["example.test=neutral", "other.test=pass"]);
  });

  test("rows that fail are kept before those that pass, and all are counted", () => {
    const passing = Array.from({ length: 3000 }, (_, i) => record("192.0.2.1", 1000 + i, { spf: "pass" }));
    const report = reportOf(`<feedback>${HEAD}${passing.join("")}${record("192.0.2.9", 1)}</feedback>`);
    assert.equal(report.rows.length, AGGREGATE_ROWS_MAX);
    assert.equal(report.rowsLeftOut, 3001 - AGGREGATE_ROWS_MAX);
    assert.equal(report.rows[0]?.sourceIp, "192.0.2.9");
    assert.equal(report.failed, 1);
    assert.equal(report.messages, 3000 * 1000 + (2999 * 3000) / 2 + 1);
  });

  test("nothing can be defined, expanded or fetched: a document type is refused", () => {
    const bomb = '<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>';
    assert.deepEqual(read(`${bomb}<feedback>${HEAD}</feedback>`), { ok: false, problem: "document-type" });
    const file = '<!DOCTYPE f SYSTEM "file:///etc/passwd"><feedback/>';
    assert.deepEqual(read(file), { ok: false, problem: "document-type" });
    assert.equal(reportOf(`<feedback>${HEAD.replace("&amp;", "&b;")}</feedback>`).reporter, "Receiver &b; Sons");
  });

  test("what is no report says why", () => {
    const wrong: readonly (readonly [string, AggregateProblem])[] = [
      ["", "not-xml"],
      ["hello", "not-xml"],
      ["<feedback>", "unclosed"],
      ["<html></html>", "wrong-root"],
      ["<feedback></feedback>", "no-domain"],
      ["<feedback/>", "no-domain"],
      ["<feedback><a></b></feedback>", "not-xml"],
      ["<feedback><!-- never ends", "unclosed"],
      [`<feedback>${"<a>".repeat(1000)}`, "too-deep"],
      [`<feedback><record>${"<a/>".repeat(2001)}`, "too-many-elements"],
      [`<feedback>${"<record>".repeat(5)}${"<a/></record><record>".repeat(2001)}`, "too-many-elements"],
      [`<feedback><a ${"b".repeat(5000)}>`, "tag-too-long"],
      [`<feedback>${HEAD.replace("1893456000", "yesterday")}</feedback>`, "no-period"],
    ];
    for (const [xml, problem] of wrong) assert.deepEqual(read(xml), { ok: false, problem }, xml.slice(0, 40));
  });

  test("counts that are none count nothing", () => {
    for (const count of ["-1", "1e9", "NaN", "", "99999999999999999999"]) {
      assert.equal(reportOf(`<feedback>${HEAD}${record("192.0.2.1", count)}</feedback>`).messages, 0, count);
    }
  });

  test("text is cut, and cannot move a terminal's cursor", () => {
    const name = `a\u001b[2J${"x".repeat(100_000)}`;
    const { reporter } = reportOf(`<feedback>${HEAD.replace("Receiver &amp; Sons", name)}</feedback>`);
    assert.match(reporter, /^a \[2Jx+$/);
    assert.ok(reporter.length <= 256);
  });

  test("a large report is read in steps", () => {
    assert.ok(steps(`${HEAD}${record("192.0.2.1", 1).repeat(500)}</feedback>`) > 5);
  });

  test("records count as work, however short their tags are, and so does their text (a rest at least every 25)", () => {
    assert.ok(steps("<record/>".repeat(10_000)) >= 400);
    assert.ok(steps(`<record>${"<a/>".repeat(100)}</record>`.repeat(1000)) >= 500);
    assert.ok(steps(`<record><a>${"&#1234567;".repeat(100)}</a></record>`.repeat(1000)) >= 125);
  });

  test("a comment, an instruction or a CDATA section has its end near", () => {
    for (const [begin, end] of [
      ["<!--", "-->"],
      ["<?", "?>"],
      ["<![CDATA[", "]]>"],
    ] as const) {
      const xml = (length: number): string => `<feedback>${begin}${"x".repeat(length)}${end}${HEAD}</feedback>`;
      assert.equal(read(xml(1000)).ok, true, begin);
      assert.deepEqual(read(xml(XML_ASIDE_LENGTH_MAX)), { ok: false, problem: "unclosed" }, begin);
    }
  });

  test("no input throws", () => {
    const pieces = [
      "<feedback>",
      "</feedback>",
      "<record>",
      "</record>",
      HEAD,
      record("::1", 1),
      "<",
      ">",
      "<![CDATA[",
      "]]>",
    ];
    const more = [
      "<!--",
      "-->",
      "<?",
      "?>",
      "&#0;",
      "&#x10ffff;",
      "&#xffffff;",
      "/>",
      '"',
      "<a/>",
      "</",
      "<x:y z='>'>",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces, ...more), fc.string())),
        (parts) => void read(parts.join("")),
      ),
      { numRuns: 300 },
    );
  });
});
