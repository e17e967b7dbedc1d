import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parseMailbox } from "./address.ts";
import { type ReceivedFacts, receivedField, returnPathField, type Transmission, transmissionType } from "./trace.ts";

const FACTS: ReceivedFacts = {
  clientName: "mail.example.org",
  clientAddress: "192.0.2.1",
  hostname: "mx.example.com",
  transmission: "ESMTPS",
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
  id: "01abc",
  recipient: undefined,
  atMs: Date.UTC(2026, 6, 1, 10, 2, 3),
};

suite("trace fields", () => {
  test("Received as RFC 5321 §4.4 wants it", () =>
    check({}, [
      "Received: from mail.example.org ([192.0.2.1])",
      "\tby mx.example.com with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)",
      "\tid 01abc;",
      "\tWed, 01 Jul 2026 10:02:03 +0000",
    ]));
  test("an IPv6 client, a literal as name, one recipient", () => {
    const recipient = parseMailbox('"a b"@example.com', { utf8: false });
    assert.ok(recipient.ok);
    const facts = { clientName: "[IPv6:2001:db8::1]", clientAddress: "2001:db8::1", tls: undefined };
    check({ ...facts, recipient: recipient.value }, [
      "Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])",
      "\tby mx.example.com with ESMTPS",
      "\tid 01abc",
      '\tfor <"a b"@example.com>;',
      "\tWed, 01 Jul 2026 10:02:03 +0000",
    ]);
  });
  test("a local socket", () =>
    assert.match(
      receivedField({ ...FACTS, clientAddress: "unix:/run/x" }),
      /^Received: from \S+ \(local socket\)\r\n/,
    ));

  test("no client-chosen word makes a line, a field or a comment of its own", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (clientName, cipher) => {
        const field = receivedField({ ...FACTS, clientName, tls: { version: "TLSv1.3", cipher } });
        const lines = field.split("\n");
        assert.equal(lines.length, 5);
        assert.ok(lines.slice(0, 4).every((line) => line.endsWith("\r") && !line.slice(0, -1).includes("\r")));
        assert.equal(field.replace(/[^()]/g, ""), "()()");
      }),
    );
  });

  test("Return-Path, also of a notification", () => {
    assert.equal(returnPathField(null), "Return-Path: <>\r\n");
  });

  for (const [facts, word] of [
    [{ extended: false }, "SMTP"],
    [{}, "ESMTP"],
    [{ tls: true }, "ESMTPS"],
    [{ authenticated: true }, "ESMTPA"],
    [{ tls: true, authenticated: true }, "ESMTPSA"],
    [{ utf8: true, tls: true }, "UTF8SMTPS"],
    [{ protocol: "lmtp" }, "LMTP"],
    [{ protocol: "lmtp", utf8: true, tls: true, authenticated: true }, "UTF8LMTPSA"],
  ] as const satisfies readonly (readonly [Partial<Transmission>, string])[]) {
    test(`${word} (RFC 3848, RFC 6531 §4.3)`, () => {
      const plain = { protocol: "smtp", extended: true, tls: false, authenticated: false, utf8: false } as const;
      assert.equal(transmissionType({ ...plain, ...facts }), word);
    });
  }
});

function check(facts: Partial<ReceivedFacts>, lines: readonly string[]): void {
  assert.deepEqual(receivedField({ ...FACTS, ...facts }), `${lines.join("\r\n")}\r\n`);
}
