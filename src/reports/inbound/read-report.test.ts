import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ReportPart } from "#mail/reports/report-part.ts";
import { hostileReports } from "../../../test/peers/hostile-reports.ts";
import { DECODED_PER_STEP_OCTETS } from "../limits.ts";
import { readReport } from "./read-report.ts";

const XML = `<feedback><report_metadata><org_name>Empf\u00e4nger</org_name><report_id>1</report_id>
  <date_range><begin>1893456000</begin><end>1893542399</end></date_range></report_metadata>
  <policy_published><domain>local.test</domain><p>none</p></policy_published></feedback>`;

interface Read {
  readonly outcome: string;
  readonly pauses: number;
}

async function read(form: ReportPart["form"], octets: Uint8Array, encoding = "base64"): Promise<Read> {
  let pauses = 0;
  const part = { encoding } as ReportPart["part"];
  const report = await readReport({ form, part }, octets, async () => void pauses++);
  const outcome = report.ok ? ("reporter" in report.value ? report.value.reporter : report.value.kind) : report.problem;
  return { outcome, pauses };
}

suite("a report is read", () => {
  test("whether its text is UTF-8 or was written before there was any", async () => {
    for (const charset of ["utf8", "latin1"] as const) {
      const packed = gzipSync(Buffer.from(XML, charset)).toString("base64");
      assert.equal((await read("dmarc", Buffer.from(packed))).outcome, "Empf\u00e4nger", charset);
    }
  });

  test("in steps, the undoing of its encoding too", async () => {
    const zeros = Buffer.alloc(10 * DECODED_PER_STEP_OCTETS, "A");
    for (const encoding of ["base64", "quoted-printable"]) {
      assert.ok((await read("dmarc", zeros, encoding)).pauses >= 9, encoding);
    }
  });
});

suite("a report that is made to be slow", () => {
  for (const { name, form, octets, encoding } of hostileReports) {
    test(`is refused: ${name}`, async () => {
      assert.match(
        (await read(form, octets(), encoding)).outcome,
        /^(?:says-nothing|too-many-elements|unclosed|not-xml)$/,
      );
    });
  }
});
