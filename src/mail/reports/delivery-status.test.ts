import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { looksLikeBounce, readBounceText, readDeliveryStatus } from "./delivery-status.ts";
import { readFeedbackReport } from "./feedback-report.ts";
import { BOUNCED_RECIPIENTS_MAX, REPORT_TEXT_MAX } from "./limits.ts";

const STATUS = [
  "Reporting-MTA: dns; mx.receiver.test",
  "Arrival-Date: Tue, 01 Jan 2030 00:00:00 +0000",
  "",
  "Original-Recipient: rfc822;Bob@receiver.test",
  "Final-Recipient: rfc822; bob@inner.receiver.test",
  "Action: Failed (no such user)",
  "Status: 5.1.1 (unknown)",
  "Diagnostic-Code: smtp; 550 5.1.1",
  "  Nobody of that name",
  "",
  "Final-Recipient: rfc822; carol@receiver.test",
  "Action: delayed",
  "Status: 4.4.1",
  "",
];

function octets(lines: readonly string[], end = "\r\n"): Uint8Array {
  return Buffer.from(lines.join(end), "latin1");
}

suite("delivery reports", () => {
  for (const [name, end] of [
    ["CRLF", "\r\n"],
    ["bare LF", "\n"],
  ] as const) {
    test(`say for each recipient what happened (RFC 3464 §2.3), lines ended by ${name}`, () => {
      assert.deepEqual(readDeliveryStatus(octets(STATUS, end)), {
        kind: "bounce",
        isStandard: true,
        reportingMta: "mx.receiver.test",
        recipients: [
          {
            address: "Bob@receiver.test",
            action: "failed",
            status: "5.1.1",
            diagnostic: "550 5.1.1 Nobody of that name",
          },
          { address: "carol@receiver.test", action: "delayed", status: "4.4.1", diagnostic: "" },
        ],
        recipientsLeftOut: 0,
      });
    });
  }

  test("without a recipient say nothing", () => {
    assert.equal(readDeliveryStatus(octets(STATUS.slice(0, 3))), undefined);
    assert.equal(readDeliveryStatus(new Uint8Array(0)), undefined);
  });

  test("are bounded: recipients, and the length of what is said of them", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ["", `Final-Recipient: rfc822; ${i}@a.test`]).flat();
    assert.equal(readDeliveryStatus(octets(many))?.recipients.length, BOUNCED_RECIPIENTS_MAX);
    const long = readDeliveryStatus(octets([`Final-Recipient: rfc822; ${"x".repeat(1000)}@a.test`]));
    assert.ok((long?.recipients[0]?.address.length ?? 999) <= REPORT_TEXT_MAX);
  });

  test("cannot move a terminal's cursor", () => {
    const [recipient] =
      readDeliveryStatus(octets(["Final-Recipient: rfc822; a@b.test", "Diagnostic-Code: smtp; 5\u001b[2J5"]))
        ?.recipients ?? [];
    assert.equal(recipient?.diagnostic, "5 [2J5");
  });
});

suite("bounces of those who do not know the standard", () => {
  const top = { mailFrom: "", authorLocalPart: "MAILER-DAEMON", subject: "failure notice" };

  test("come from <>, from a mailer, and say so in the subject", () => {
    assert.equal(looksLikeBounce(top), true);
    assert.equal(looksLikeBounce({ ...top, mailFrom: "alice@a.test" }), false);
    assert.equal(looksLikeBounce({ ...top, authorLocalPart: "alice" }), false);
    assert.equal(looksLikeBounce({ ...top, subject: "Hello" }), false);
  });

  test("name the recipient and what was said of it (qmail)", () => {
    const text = [
      "Hi. This is the qmail-send program at mx.receiver.test.",
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "",
      "<bob@receiver.test>:",
      "192.0.2.1 does not like recipient.",
      "Remote host said: 550 5.1.1 No such user",
      "--- Below this line is a copy of the message.",
      "<carol@other.test>: 550 5.7.1 not this one",
    ].join("\r\n");
    assert.deepEqual(readBounceText(text)?.recipients, [
      {
        address: "bob@receiver.test",
        action: "failed",
        status: "5.1.1",
        diagnostic: "Remote host said: 550 5.1.1 No such user",
      },
    ]);
    assert.equal(readBounceText(text)?.isStandard, false);
  });

  test("without a recipient say nothing", () => {
    assert.equal(readBounceText("I could not deliver it, sorry. 550"), undefined);
  });
});

suite("complaints (RFC 5965)", () => {
  const fields = [
    "Feedback-Type: Abuse",
    "User-Agent: SomeGenerator/1.0",
    "Version: 1",
    "Original-Mail-From: <news@example.test>",
    "Original-Rcpt-To: <user@receiver.test>",
    "Original-Rcpt-To: <other@receiver.test>",
    "Source-IP: 192.0.2.1",
    "Incidents: 3",
  ];

  test("say who complained about what", () => {
    assert.deepEqual(readFeedbackReport(octets(fields)), {
      kind: "arf",
      feedbackType: "abuse",
      reporter: "SomeGenerator/1.0",
      domain: "example.test",
      sourceIp: "192.0.2.1",
      originalMailFrom: "news@example.test",
      originalRecipients: ["user@receiver.test", "other@receiver.test"],
      incidents: 3,
    });
  });

  test("stand for one message where they do not say more", () => {
    for (const incidents of ["", "Incidents: x", "Incidents: -5", "Incidents: 99999999999999999999"]) {
      assert.equal(readFeedbackReport(octets(["Feedback-Type: fraud", incidents]))?.incidents, 1, incidents);
    }
  });

  test("without their type are none", () => {
    assert.equal(readFeedbackReport(octets(fields.slice(1))), undefined);
  });
});

test("no input throws", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATUS, "\u0000", ":", "Feedback-Type: x", "\r\n", "<a@b>")), (lines) => {
      readDeliveryStatus(octets(lines));
      readFeedbackReport(octets(lines));
      readBounceText(lines.join("\n"));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
      readDeliveryStatus(input);
      readFeedbackReport(input);
      readBounceText(Buffer.from(input).toString("latin1"));
    }),
  );
});
