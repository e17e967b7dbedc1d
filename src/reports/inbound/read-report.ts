/** From the octets of a part to what the report says. */
import { Buffer, isUtf8 } from "node:buffer";
import { asBuffer } from "#mail/header/fields.ts";
import { readAggregateReport } from "#mail/reports/aggregate-report.ts";
import { readBounceText, readDeliveryStatus } from "#mail/reports/delivery-status.ts";
import { readFeedbackReport } from "#mail/reports/feedback-report.ts";
import type { Report } from "#mail/reports/report.ts";
import type { ReportPart } from "#mail/reports/report-part.ts";
import { readTlsReport } from "#mail/reports/tls-report.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { decoderFor } from "#mail/text/transfer-pieces.ts";
import { DECODED_PER_STEP_OCTETS, UNPACKED_JSON_OCTETS_MAX, UNPACKED_OCTETS_MAX } from "../limits.ts";
import { unpack } from "./unpack.ts";

/** Never rejects. @param octets of the part's body as it came. @param pause between steps of a large report. */
export async function readReport(
  { form, part }: ReportPart,
  octets: Uint8Array,
  pause: () => Promise<void>,
): Promise<Result<Report, string>> {
  const decoded = await decodedInSteps(octets, part.encoding, pause);
  switch (form) {
    case "delivery-status":
      return orNothing(readDeliveryStatus(decoded));
    case "feedback":
      return orNothing(readFeedbackReport(decoded));
    case "bounce-text":
      return orNothing(readBounceText(textOf(decoded)));
    case "tls": {
      const json = await unpack(decoded, UNPACKED_JSON_OCTETS_MAX);
      return json.ok ? orNothing(readTlsReport(textOf(json.value))) : json;
    }
    case "dmarc": {
      const xml = await unpack(decoded, UNPACKED_OCTETS_MAX);
      if (!xml.ok) return xml;
      const reading = readAggregateReport(textOf(xml.value));
      for (let step = reading.next(); ; step = reading.next()) {
        if (step.done === true) return step.value;
        await pause();
      }
    }
  }
}

function orNothing(report: Report | undefined): Result<Report, string> {
  return report === undefined ? failed("says-nothing") : ok(report);
}

async function decodedInSteps(octets: Uint8Array, encoding: string, pause: () => Promise<void>): Promise<Uint8Array> {
  const decoder = decoderFor(encoding) ?? "identity";
  if (decoder === "identity") return octets;
  const decode = decoder();
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += DECODED_PER_STEP_OCTETS) {
    if (at > 0) await pause();
    pieces.push(decode.push(octets.subarray(at, at + DECODED_PER_STEP_OCTETS)));
  }
  return Buffer.concat([...pieces, decode.end()]);
}

function textOf(octets: Uint8Array): string {
  // What is no UTF-8 is read octet by octet: to mend it would take ten times as long.
  const text = asBuffer(octets).toString(isUtf8(octets) ? "utf8" : "latin1");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
