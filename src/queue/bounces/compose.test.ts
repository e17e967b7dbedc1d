import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { QueuedMessage, QueuedRecipientRow } from "#store/queue-rows.ts";
import type { RemoteReply } from "../attempt.ts";
import { composeReport } from "./compose.ts";
import type { Report, ReportKind } from "./report.ts";

const AT_MS = Date.UTC(2026, 10, 25, 12);
const SURROUNDINGS = {
  hostname: "mx1.example.test",
  id: "01ABC",
  original: { octets: Buffer.from("Subject: hello\r\n\r\n"), isWhole: false, messageId: "<1@example.test>" },
};

function report(
  kind: ReportKind,
  reply: Partial<RemoteReply> = {},
  recipient: Partial<QueuedRecipientRow> = {},
  message: Partial<QueuedMessage> = {},
  isExpired = false,
): Report {
  return {
    kind,
    message: {
      id: 1,
      blobId: 1,
      mailFrom: "alice@example.test",
      origin: "own",
      account: "alice@example.test",
      sizeOctets: 100,
      queuedAtMs: AT_MS - 3_600_000,
      priority: 1,
      body: "7BIT",
      utf8: false,
      requireTls: false,
      returnContent: undefined,
      envelopeId: undefined,
      delivered: 0,
      failed: 0,
      ...message,
    },
    recipients: [
      {
        recipient: {
          id: 7,
          address: "bob@example.org",
          domain: "example.org",
          notify: undefined,
          originalRecipient: undefined,
          state: "in-flight",
          dueMs: 0,
          attempts: 0,
          isDoubtful: false,
          isWarned: false,
          heldFor: null,
          lastReply: null,
          ...recipient,
        },
        reply: {
          code: 550,
          enhanced: "5.1.1",
          text: "No such user here",
          byHost: "mx.example.org",
          stage: "rcpt",
          ...reply,
        },
        isExpired,
      },
    ],
    host: undefined,
    atMs: AT_MS,
    untilMs: AT_MS + 3_600_000,
  };
}

function check(about: Report, expected: readonly string[]): void {
  const text = Buffer.from(composeReport(about, SURROUNDINGS)).toString("utf8");
  // Sentences are wrapped; fields are not.
  const sentences = text.replace(/\s+/g, " ");
  for (const part of expected) assert.ok(text.includes(part) || sentences.includes(part), `${part} is not in\n${text}`);
}

suite("a report to the sender (RFC 3464)", () => {
  test("has the remote's own words, in the text and for programs (R71)", () => {
    check(report("failed"), [
      "To: <alice@example.test>\r\n",
      "In-Reply-To: <1@example.test>\r\n",
      "Auto-Submitted: auto-replied\r\n",
      "This address does not exist there.",
      "mx.example.org said: 550 5.1.1 No such user here",
      "Final-Recipient: rfc822; bob@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n",
      "Remote-MTA: dns; mx.example.org\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user here\r\n",
    ]);
  });

  test("has three parts, whose structure our own scanner reads", () => {
    const { root } = scanMessage(composeReport(report("failed"), SURROUNDINGS));
    const types = root.parts?.map(({ type, subtype }) => `${type}/${subtype}`.toLowerCase());
    assert.deepEqual(types, ["text/plain", "message/delivery-status", "text/rfc822-headers"]);
  });

  test("gives ENVID and ORCPT back as they were meant", () => {
    const recipient = { originalRecipient: "rfc822;b+2Bx@example.net" };
    check(report("failed", {}, recipient, { envelopeId: "Q+2D1" }), [
      "Original-Envelope-Id: Q-1\r\n",
      "Original-Recipient: rfc822; b+x@example.net\r\n",
    ]);
  });

  test("of delay says until when it is tried, and of expiry what was said last", () => {
    const later = { code: 450, enhanced: "4.2.0", text: "Come again" } as const;
    check(report("delayed", later), [
      "Action: delayed\r\nStatus: 4.2.0\r\n",
      "Will-Retry-Until: Wed, 25 Nov 2026 13:00:00 +0000\r\n",
      "you need not send it again",
    ]);
    check(report("failed", later, {}, {}, true), [
      "Action: failed\r\nStatus: 5.4.7\r\n",
      "Diagnostic-Code: smtp; 450 4.2.0 Come again\r\n",
    ]);
  });

  test("says that it may have arrived where an earlier outcome is unknown", () => {
    check(report("failed", {}, { isDoubtful: true }), ["the message may have arrived all the same"]);
  });

  test("of addresses beyond ASCII takes the forms of RFC 6533", () => {
    check(report("failed", {}, { address: "bücher@example.org" }, { utf8: true }), [
      "report-type=global-delivery-status;",
      "message/global-delivery-status",
      "Final-Recipient: utf-8; bücher@example.org\r\n",
      "message/global-headers",
    ]);
  });

  test("holds no field, line or part that the other side made up", () => {
    const hostile = fc.stringMatching(/^[ -~\r\n\0é]{0,1200}$/);
    fc.assert(
      fc.property(hostile, (text) => {
        const octets = composeReport(report("failed", { text }), SURROUNDINGS);
        const lines = Buffer.from(octets).toString("latin1").split("\r\n");
        assert.ok(lines.every((line) => line.length <= 998 && !/[\r\n\0]/.test(line)));
        const fields = lines.filter((line) => line.startsWith("Action:"));
        assert.deepEqual(fields, ["Action: failed"]);
        assert.equal(lines.filter((line) => line === "--=_01ABC").length, 3);
      }),
      { numRuns: 100 },
    );
  });
});
