import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import { authenticate, MESSAGE, SIGNED_ZONE, signed } from "../../../test/fakes/signed-mail.ts";
import { checkSpf } from "../spf/check-spf.ts";
import type { SpfEvidence } from "../spf/evidence.ts";
import type { MessageAuthentication } from "./evidence.ts";
import { parseClaims } from "./parse-claims.ts";
import { receivedSpfField } from "./received-spf.ts";
import { authenticationResultsField } from "./render.ts";

const HOST = "mx.receiver.example";
const ZONE = {
  ...SIGNED_ZONE,
  "example.com": { TXT: ["v=spf1 ip4:192.0.2.0/24 -all"] },
  "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] },
};

async function spfOf(mailFrom: string, client = "192.0.2.5", helo = "mail.example.com"): Promise<SpfEvidence> {
  const resolver = new FakeResolver(ZONE);
  return await checkSpf({ client, helo, mailFrom, receiver: HOST, nowSeconds: 1, resolver, deadlineMs: 1 });
}

/** The field without its folds. */
function unfolded(field: string): string {
  assert.ok(field.endsWith("\r\n"));
  const lines = field.slice(0, -2).split("\r\n");
  assert.ok(
    lines.slice(1).every((line) => /^\t[^\s]/.test(line)),
    field,
  );
  assert.ok(
    lines.every((line) => /^[\t\x20-\x7e]*$/.test(line) && line.length <= 998),
    field,
  );
  return lines.join("").replaceAll("\t", " ");
}

test("Authentication-Results of a message that passes everything", async () => {
  const message = await signed(MESSAGE);
  const found = await authenticate(message, { names: ZONE, spf: await spfOf("alice@example.com") });
  const start = found.dkim.signatures[0]?.signatureStart ?? "";
  // The first eight characters of a signature are Base64 and need quotes where they hold a slash.
  const b = /[/=]/.test(start) ? `"${start}"` : start;
  assert.equal(
    unfolded(authenticationResultsField(HOST, found)),
    `Authentication-Results: ${HOST}; spf=pass smtp.mailfrom=example.com;` +
      ` dkim=pass header.d=example.com header.i=@example.com header.s=s1 header.a=rsa-sha256 header.b=${b};` +
      " dmarc=pass (p=reject) header.from=example.com policy.dmarc=reject",
  );
});

test("Authentication-Results of a message that has nothing", async () => {
  const found = await authenticate("Subject: x\r\n\r\n");
  assert.equal(
    authenticationResultsField(HOST, found),
    `Authentication-Results: ${HOST};\r\n\tdkim=none;\r\n\tdmarc=permerror (no author)\r\n`,
  );
});

test("what failed is told with its reason", async () => {
  const broken = (await signed(MESSAGE)).replace("hungry", "angry");
  const found = await authenticate(broken, { names: ZONE, spf: await spfOf("", "203.0.113.9", "[203.0.113.9]") });
  const text = unfolded(authenticationResultsField(HOST, found));
  assert.match(text, /; spf=none \(there is no domain to ask\) smtp\.helo="\[203\.0\.113\.9\]";/);
  assert.match(text, /; dkim=fail \(the body was changed\) header\.d=example\.com/);
  assert.match(text, /; dmarc=fail \(p=reject\) header\.from=example\.com policy\.dmarc=reject$/);
});

test("Received-SPF (RFC 7208 §9.1)", async () => {
  assert.equal(
    unfolded(receivedSpfField(HOST, await spfOf("alice@example.com"))),
    "Received-SPF: pass (example.com designates 192.0.2.5 as permitted sender)" +
      ` receiver=${HOST}; client-ip=192.0.2.5; envelope-from="alice@example.com";` +
      ' helo=mail.example.com; identity=mailfrom; mechanism="ip4:192.0.2.0/24";',
  );
  assert.equal(
    unfolded(receivedSpfField(HOST, await spfOf("", "2001:db8::1", "gone.example"))),
    "Received-SPF: none (gone.example does not designate permitted sender hosts)" +
      ` receiver=${HOST}; client-ip="2001:db8::1"; helo=gone.example; identity=helo;`,
  );
});

test("foreign values end no line, no comment and no statement", async () => {
  const base = await authenticate(await signed(MESSAGE), { names: ZONE, spf: await spfOf("alice@example.com") });
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "; dkim=pass",
      ") dmarc=pass (",
      '"; spf=pass',
      "a\r\nX: y",
      "\\",
      '\\"',
      "x".repeat(2000),
      "(",
      "é@é.example",
    ),
  );
  fc.assert(
    fc.property(nasty, nasty, (one, two) => {
      const found = withForeign(base, one, two);
      const field = authenticationResultsField(HOST, found);
      const claims = parseClaims(unfolded(field).slice("Authentication-Results:".length));
      assert.equal(claims.authservId, HOST);
      assert.deepEqual(
        claims.results.map(({ method, result }) => `${method}=${result}`),
        ["spf=permerror", "dkim=neutral", "dmarc=pass"],
      );
      if (found.spf !== null) unfolded(receivedSpfField(HOST, found.spf));
    }),
    { numRuns: 300 },
  );
});

/** The same evidence with somebody else's words wherever there may be any. */
function withForeign(base: MessageAuthentication, one: string, two: string): MessageAuthentication {
  const [signature] = base.dkim.signatures;
  assert.ok(signature !== undefined && base.spf !== null);
  const problem = { kind: "syntax", text: two, failure: undefined } as const;
  const spf = {
    ...base.spf,
    result: "permerror",
    problem,
    domain: one,
    sender: two,
    helo: one,
    usesLocalPart: true,
  } as const;
  const foreign = {
    ...signature,
    result: "neutral",
    problem: { kind: "signature-syntax", tag: one },
    domain: one,
    identity: two,
    selector: one,
    algorithm: two,
    signatureStart: one,
  } as const;
  return { ...base, spf, dkim: { ...base.dkim, signatures: [foreign] } };
}

test("what another server claims is read with comments, quotes and versions (RFC 8601 §2.2)", () => {
  assert.deepEqual(
    parseClaims('i=1; MX.example 1; spf/1=pass (a ; (b) \\) c) smtp.mailfrom="a;b@x"; dkim = fail header.d=x; ; none'),
    {
      authservId: "mx.example",
      results: [
        { method: "spf", result: "pass", properties: [["smtp.mailfrom", "a;b@x"]] },
        { method: "dkim", result: "fail", properties: [["header.d", "x"]] },
      ],
    },
  );
  assert.deepEqual(parseClaims("a; ".repeat(10_000)).results, []);
  assert.equal(parseClaims("a;b=c".repeat(10_000)).results.length, 32);
});
