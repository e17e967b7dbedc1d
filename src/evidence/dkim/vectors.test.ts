/** The signed messages that the RFCs print, and their canonical forms. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { BodyHashes } from "#mail/dkim/body-hashes.ts";
import { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import { splitFields } from "#mail/header/fields.ts";
import type { FakeNames } from "../../../test/fakes/resolver.ts";
import { authenticate } from "../../../test/fakes/signed-mail.ts";

const RFC_6376_ZONE: FakeNames = {
  "brisbane._domainkey.example.com": {
    TXT: [
      "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
    ],
  },
};

const RFC_6376 = [
  "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;",
  "      c=simple/simple; q=dns/txt; i=joe@football.example.com;",
  "      h=Received : From : To : Subject : Date : Message-ID;",
  "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
  "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB",
  "        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut",
  "        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV",
  "        4bmp/YzhwvcubU4=;",
  "Received: from client1.football.example.com  [192.0.2.1]",
  "      by submitserver.example.com with SUBMISSION;",
  "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)",
  "From: Joe SixPack <joe@football.example.com>",
  "To: Suzie Q <suzie@shopping.example.net>",
  "Subject: Is dinner ready?",
  "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
  "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
  "",
  "Hi.",
  "",
  "We lost the game. Are you hungry yet?",
  "",
  "Joe.",
  "",
].join("\r\n");

const RFC_8463_ZONE: FakeNames = {
  "brisbane._domainkey.football.example.com": {
    TXT: ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
  },
  "test._domainkey.football.example.com": {
    TXT: [
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
    ],
  },
};

const RFC_8463 = [
  "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;",
  " d=football.example.com; i=@football.example.com;",
  " q=dns/txt; s=brisbane; t=1528637909; h=from : to :",
  " subject : date : message-id : from : subject : date;",
  " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
  " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus",
  " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
  "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;",
  " d=football.example.com; i=@football.example.com;",
  " q=dns/txt; s=test; t=1528637909; h=from : to : subject :",
  " date : message-id : from : subject : date;",
  " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
  " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3",
  " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz",
  " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
  "From: Joe SixPack <joe@football.example.com>",
  "To: Suzie Q <suzie@shopping.example.net>",
  "Subject: Is dinner ready?",
  "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
  "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
  "",
  "Hi.",
  "",
  "We lost the game.  Are you hungry yet?",
  "",
  "Joe.",
  "",
].join("\r\n");

async function check(
  message: string,
  names: FakeNames,
  results: readonly string[],
  cuts: readonly number[] = [],
): Promise<void> {
  const { dkim, author } = await authenticate(message, { names, cuts });
  assert.deepEqual(
    dkim.signatures.map(({ result }) => result),
    results,
    `cut at ${cuts.join()}`,
  );
  assert.deepEqual(author, { kind: "one", address: "joe@football.example.com", domain: "football.example.com" });
}

test("RFC 6376 appendix A: simple/simple", async () => {
  await check(RFC_6376, RFC_6376_ZONE, ["pass"]);
  const changed = ["Is dinner ready?", "Joe.\r\n", "i=joe@football.example.com"] as const;
  for (const part of changed) {
    await check(RFC_6376.replace(part, part.replace(/[eJ]/, "E")), RFC_6376_ZONE, ["fail"]);
  }
});

test("RFC 8463 appendix A: Ed25519 beside RSA, relaxed/relaxed", async () => {
  await check(RFC_8463, RFC_8463_ZONE, ["pass", "pass"]);
  // Both were signed once more than they are there, so that nobody can put another one on top.
  const subjectOnTop = RFC_8463.replace("From: Joe", "Subject: Is dinner ready?\r\nFrom: Joe");
  await check(subjectOnTop, RFC_8463_ZONE, ["fail", "fail"]);
});

test("a message cut into chunks at every place gives the same result", async () => {
  for (let cut = 0; cut <= RFC_8463.length; cut++) await check(RFC_8463, RFC_8463_ZONE, ["pass", "pass"], [cut]);
  for (let cut = 0; cut < RFC_6376.length; cut++) await check(RFC_6376, RFC_6376_ZONE, ["pass"], [cut, cut + 1]);
  const everywhere = Array.from({ length: RFC_8463.length }, (_, index) => index);
  await check(RFC_8463, RFC_8463_ZONE, ["pass", "pass"], everywhere);
});

test("RFC 6376 §3.4.5: both canonical forms of a header and a body", () => {
  const header = Buffer.from("A: X\r\nB : Y\t\r\n\tZ  \r\nS: b=1\r\n");
  const canonical = new CanonicalHeader(header, splitFields(header));
  assert.equal(canonical.signedData(["a", "b"], 2, "relaxed").toString(), "a:X\r\nb:Y Z\r\ns:b=");
  assert.equal(canonical.signedData(["a", "b"], 2, "simple").toString(), "A: X\r\nB : Y\t\r\n\tZ  \r\nS: b=");
  const body = " C \r\nD \t E\r\n\r\n\r\n";
  assert.equal(bodyHash(body, "relaxed"), sha256(" C\r\nD E\r\n"));
  assert.equal(bodyHash(body, "simple"), sha256(" C \r\nD \t E\r\n"));
});

test("RFC 6376 §3.4.3, §3.4.4: the hashes of no body", () => {
  assert.equal(bodyHash("", "simple"), "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
  assert.equal(bodyHash("", "relaxed"), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
});

function bodyHash(body: string, form: "simple" | "relaxed"): string | undefined {
  const request = { body: form, bodyOctetsMax: undefined };
  const hashes = new BodyHashes([request]);
  hashes.write(Buffer.from(body));
  return hashes.end()(request).hash;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
