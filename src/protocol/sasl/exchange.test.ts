import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { decodeSaslBase64, encodeSaslBase64 } from "./base64.ts";
import { startSasl } from "./exchange.ts";
import { SASL_LINE_OCTETS_MAX, SASL_RESPONSE_OCTETS_MAX } from "./limits.ts";

suite("sasl PLAIN (RFC 4616)", () => {
  test("takes user and password from one response", () => check("PLAIN", ["\0alice\0secret"], ["alice/secret"]));
  test("asks with an empty challenge when there is no initial response", () =>
    check("plain", [undefined, "\0alice\0secret"], ["? ", "alice/secret"]));
  test("takes an authorization identity that is the user itself, in any case", () =>
    check("PLAIN", ["ALICE\0alice\0secret"], ["alice/secret as ALICE"]));
  test("refuses to act for another user", () =>
    check("PLAIN", ["bob\0alice\0secret"], ["malformed other-authorization-id"]));
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

suite("sasl", () => {
  test("knows no other mechanism", () => {
    for (const name of ["", "CRAM-MD5", "PLAIN ", "ANONYMOUS", "EXTERNAL"]) assert.equal(startSasl(name), undefined);
  });

  test("no response throws", () => {
    const response = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 40 }),
      fc.string().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.constantFrom("PLAIN", "LOGIN"), fc.array(response, { maxLength: 5 }), (name, responses) => {
        const exchange = startSasl(name);
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
  const exchange = startSasl(mechanism);
  assert.ok(exchange);
  const actual = responses.map((response) => {
    const step = exchange.step(typeof response === "string" ? Buffer.from(response) : response);
    switch (step.kind) {
      case "challenge":
        return `? ${Buffer.from(step.octets).toString()}`;
      case "credentials":
        return `${step.username}/${step.password}${step.authorizationId === "" ? "" : ` as ${step.authorizationId}`}`;
      case "malformed":
        return `malformed ${step.reason}`;
    }
  });
  assert.deepEqual(actual, expected);
}
