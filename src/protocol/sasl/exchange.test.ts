import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { decodeSaslBase64, encodeSaslBase64 } from "./base64.ts";
import { SASL_MECHANISMS, type SaslOffer, type SaslStep, startSasl } from "./exchange.ts";
import { SASL_LINE_OCTETS_MAX, SASL_RESPONSE_OCTETS_MAX } from "./limits.ts";

const EVERYTHING: SaslOffer = {
  mechanisms: SASL_MECHANISMS,
  channelBinding: Buffer.alloc(32, 1),
  tokenScope: "mail",
  tokenDescription: "",
};

suite("sasl PLAIN (RFC 4616)", () => {
  test("takes user and password from one response", () => check("PLAIN", ["\0alice\0secret"], ["alice/secret"]));
  test("asks with an empty challenge when there is no initial response", () =>
    check("plain", [undefined, "\0alice\0secret"], ["? ", "alice/secret"]));
  test("takes an authorization identity that is the user itself, in any case", () =>
    check("PLAIN", ["ALICE\0alice\0secret"], ["alice/secret"]));
  test("refuses to act for another user", () => check("PLAIN", ["bob\0alice\0secret"], ["refused"]));
  test("keeps spaces and the octets of a password as they are", () =>
    check("PLAIN", ["\0a\0 pa§s€ü "], ["a/ pa§s€ü "]));
  test("refuses fewer NULs than two", () => check("PLAIN", ["alice\0secret"], ["malformed bad-nul"]));
  test("refuses more NULs than two", () => check("PLAIN", ["\0alice\0sec\0ret\0"], ["malformed bad-nul"]));
  test("refuses an empty response", () => check("PLAIN", [""], ["malformed empty"]));
  test("refuses an empty user", () => check("PLAIN", ["\0\0secret"], ["malformed empty"]));
  test("refuses an empty password", () => check("PLAIN", ["\0alice\0"], ["malformed empty"]));
  test("refuses octets that are not UTF-8", () =>
    check("PLAIN", [Buffer.from("\0alice\0\xff\xfe", "latin1")], ["malformed not-utf8"]));
  test("refuses 64 KiB", () => check("PLAIN", [`\0alice\0${"x".repeat(65_536)}`], ["malformed too-long"]));
  test("takes the longest response a line can carry", () => {
    const password = "x".repeat(SASL_RESPONSE_OCTETS_MAX - 3);
    check("PLAIN", [`\0a\0${password}`], [`a/${password}`]);
  });
  test("is over after one answer", () =>
    check("PLAIN", ["x", "\0alice\0secret"], ["malformed bad-nul", "malformed finished"]));
});

suite("sasl LOGIN", () => {
  test("prompts as every client expects it", () => {
    check("LOGIN", [undefined, "alice", "secret"], ["? Username:", "? Password:", "alice/secret"]);
    assert.equal(encodeSaslBase64(Buffer.from("Username:")), "VXNlcm5hbWU6");
    assert.equal(encodeSaslBase64(Buffer.from("Password:")), "UGFzc3dvcmQ6");
  });
  test("takes the user as initial response", () =>
    check("login", ["alice", "secret"], ["? Password:", "alice/secret"]));
  test("refuses an empty user", () => check("LOGIN", [undefined, ""], ["? Username:", "malformed empty"]));
  test("refuses an empty password", () => check("LOGIN", ["alice", ""], ["? Password:", "malformed empty"]));
  test("refuses a NUL", () => check("LOGIN", ["al\0ice"], ["malformed bad-nul"]));
  test("refuses octets that are not UTF-8", () =>
    check("LOGIN", ["alice", Buffer.from([0xff, 0xfe])], ["? Password:", "malformed not-utf8"]));
  test("is over after the password", () =>
    check("LOGIN", ["alice", "secret", "again"], ["? Password:", "alice/secret", "malformed finished"]));
});

suite("sasl EXTERNAL (RFC 4422 appendix A)", () => {
  test("asks whose certificate it is, with a name or without one", () => {
    check("EXTERNAL", [""], ['{"about":"certificate"}']);
    check("EXTERNAL", [undefined, "a@b.test"], ["? ", '{"about":"certificate","username":"a@b.test"}']);
  });
  test("refuses a NUL and octets that are not UTF-8", () => {
    check("EXTERNAL", ["a\0b"], ["malformed bad-nul"]);
    check("EXTERNAL", [Buffer.from([0xff])], ["malformed not-utf8"]);
  });
  test("is over after one answer", () => check("EXTERNAL", ["\0", "x"], ["malformed bad-nul", "malformed finished"]));
});

suite("sasl OAUTHBEARER (RFC 7628)", () => {
  const FAILURE = '? {"status":"invalid_token","scope":"mail"}';
  test("takes the token, and the name where there is one", () => {
    const tail = "\x01host=h\x01port=143\x01auth=Bearer ab.c-_~+/==\x01\x01";
    check("OAUTHBEARER", [`n,a=alice@example.test,${tail}`], [token("alice@example.test", "ab.c-_~+/==")]);
    check("OAUTHBEARER", [undefined, `n,,${tail}`], ["? ", token(undefined, "ab.c-_~+/==")]);
    check("OAUTHBEARER", ["y,a=a=2Cb=3D,\x01auth=bearer t\x01\x01"], [token("a,b=", "t")]);
  });
  test("tells a client without a token what it would take (§4.3), and ends with its next word", () =>
    check("OAUTHBEARER", ["n,,\x01auth=\x01\x01", "\x01"], [FAILURE, "refused"]));
  test("a token that is refused is told so in JSON, and the answer to that is no second try (§3.2.3)", () => {
    for (const mechanism of ["OAUTHBEARER", "XOAUTH2"]) {
      const start = mechanism === "XOAUTH2" ? "user=a@b.test" : "n,,";
      const exchange = startSasl(mechanism, EVERYTHING);
      exchange?.step(Buffer.from(`${start}\x01auth=Bearer t\x01\x01`));
      assert.match(said(exchange?.answer({ kind: "refused" }) as SaslStep), /^\? \{"status":/);
      assert.equal(said(exchange?.step(Buffer.from(`${start}\x01auth=Bearer t\x01\x01`)) as SaslStep), "refused");
      assert.equal(said(exchange?.step(Buffer.from("")) as SaslStep), "malformed finished");
    }
  });
  for (const response of [
    "n,,",
    "n,,\x01auth=Bearer t",
    "n,,\x01auth=Bearer t\x01",
    "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
    "n,a=x=41,\x01auth=Bearer t\x01\x01",
    "n,,\x01auth=Basic t\x01\x01",
    "n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
    "n,,\x01auth=Bearer t t\x01\x01",
    "n,,\x01\x01",
    "auth=Bearer t\x01\x01",
  ]) {
    test(`refuses ${JSON.stringify(response)}`, () => check("OAUTHBEARER", [response], ["malformed bad-message"]));
  }
  test("XOAUTH2 takes user and token", () => {
    check("XOAUTH2", ["user=a@b.test\x01auth=Bearer t\x01\x01"], [token("a@b.test", "t")]);
    check("XOAUTH2", ["auth=Bearer t\x01\x01"], ["malformed bad-message"]);
    check("XOAUTH2", ["user=\x01auth=Bearer t\x01\x01"], ["malformed bad-message"]);
  });
});

suite("sasl", () => {
  test("knows no other mechanism, and none that is not offered", () => {
    for (const name of ["", "CRAM-MD5", "PLAIN ", "ANONYMOUS"]) assert.equal(startSasl(name, EVERYTHING), undefined);
    assert.equal(startSasl("LOGIN", { ...EVERYTHING, mechanisms: ["PLAIN"] }), undefined);
  });

  test("no response throws", () => {
    const response = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 40 }),
      fc.string().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...SASL_MECHANISMS), fc.array(response, { maxLength: 5 }), (name, responses) => {
        const exchange = startSasl(name, EVERYTHING);
        for (const octets of responses) exchange?.step(octets);
      }),
      { numRuns: 300 },
    );
  });
});

suite("sasl base64", () => {
  test("= and the empty line are the empty response (RFC 4954 §4)", () => {
    assert.equal(decodeSaslBase64("=")?.length, 0);
    assert.equal(decodeSaslBase64("")?.length, 0);
  });
  for (const text of ["*", "====", "YWI", "YWI ", " YWI=", "YWJ=", "YQ==\n", "Y Q=", "Y-_=", "YQ==YQ==", "é"]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(decodeSaslBase64(text), undefined));
  }
  test("refuses a line past the bound", () => {
    assert.equal(decodeSaslBase64("A".repeat(SASL_LINE_OCTETS_MAX))?.length, SASL_RESPONSE_OCTETS_MAX);
    assert.equal(decodeSaslBase64("A".repeat(SASL_LINE_OCTETS_MAX + 4)), undefined);
  });
  test("gives back what was encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        assert.deepEqual(decodeSaslBase64(encodeSaslBase64(octets)), Buffer.from(octets));
      }),
    );
  });
});

/** Plays `responses` and compares what the server makes of each. */
function check(
  mechanism: string,
  responses: readonly (string | Uint8Array | undefined)[],
  expected: readonly string[],
): void {
  const exchange = startSasl(mechanism, EVERYTHING);
  assert.ok(exchange);
  const actual = responses.map((response) =>
    said(exchange.step(typeof response === "string" ? Buffer.from(response) : response)),
  );
  assert.deepEqual(actual, expected);
}

function said(step: SaslStep): string {
  switch (step.kind) {
    case "challenge":
      return `? ${Buffer.from(step.octets).toString()}`;
    case "question":
      return step.question.about === "password"
        ? `${step.question.username}/${step.question.password}`
        : JSON.stringify(step.question);
    case "over":
      return step.outcome.kind === "malformed" ? `malformed ${step.outcome.reason}` : step.outcome.kind;
  }
}

function token(username: string | undefined, value: string): string {
  return JSON.stringify({ about: "token", username, token: value });
}
