import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { scanMessage } from "../mime/scanner.ts";
import { findReportPart } from "./report-part.ts";

function formOf(message: string, mailFrom = "a@receiver.test"): string | undefined {
  return findReportPart(scanMessage(Buffer.from(message.replaceAll("\n", "\r\n"))), mailFrom)?.form;
}

function withPart(type: string, name = ""): string {
  const disposition = name === "" ? "" : `\nContent-Disposition: attachment; filename="${name}"`;
  return `From: <r@receiver.test>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n--x\nContent-Type: ${type}${disposition}\n\nbody\n--x--\n`;
}

const NAME = "receiver.test!example.test!1893456000!1893542399";

suite("which part of a message is a report", () => {
  test("by the types of the standards", () => {
    assert.equal(formOf(withPart("message/delivery-status")), "delivery-status");
    assert.equal(formOf(withPart("message/feedback-report")), "feedback");
    assert.equal(formOf(withPart("application/tlsrpt+gzip")), "tls");
    assert.equal(formOf(withPart("application/tlsrpt+json")), "tls");
  });

  test("packed ones by their file name, whatever type they claim", () => {
    for (const type of ["application/gzip", "application/zip", "application/x-gzip", "application/octet-stream"]) {
      assert.equal(formOf(withPart(type, `${NAME}.xml.gz`)), "dmarc", type);
    }
    assert.equal(formOf(withPart("application/zip", `${NAME}.zip`)), "dmarc");
    assert.equal(formOf(withPart("text/xml", `${NAME}!id.xml`)), "dmarc");
    assert.equal(formOf(withPart("application/gzip", `${NAME}.json.gz`)), "tls");
    assert.equal(formOf(`From: <r@a.test>\nContent-Type: application/zip; name="${NAME}.zip"\n\nx`), "dmarc");
  });

  test("other files are none", () => {
    assert.equal(formOf(withPart("application/zip", "holiday.zip")), undefined);
    assert.equal(formOf(withPart("image/png", `${NAME}.xml.gz`)), undefined);
    assert.equal(formOf(withPart("application/zip", `a!b!c!d.zip`)), undefined);
  });

  test("a report inside of a message that somebody passes on is none about us", () => {
    const inner = `From: <r@a.test>\nContent-Type: application/tlsrpt+json\n\n{}`;
    assert.equal(formOf(`From: <r@a.test>\nContent-Type: message/rfc822\n\n${inner}`), undefined);
  });

  test("a bounce without the standard has text from <>", () => {
    const bounce = "From: <MAILER-DAEMON@a.test>\nSubject: failure notice\n\n<b@c.test>: 550 no";
    assert.equal(formOf(bounce, ""), "bounce-text");
    assert.equal(formOf(bounce), undefined);
  });
});
