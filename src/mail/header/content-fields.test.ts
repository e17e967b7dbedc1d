import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import {
  parseContentDisposition,
  parseContentLanguage,
  parseContentType,
  parseTransferEncoding,
} from "./content-fields.ts";
import { PARAMETER_VALUE_MAX, PARAMETERS_MAX } from "./limits.ts";
import { parameterValue } from "./parameters.ts";

suite("Content-Type", () => {
  test("is read in lower case, its values as written", () =>
    check('Multipart/MIXED; Boundary="A b"; charset=UTF-8', "multipart/mixed", [
      ["boundary", "A b"],
      ["charset", "UTF-8"],
    ]));

  test("may hold blanks and comments (RFC 2045 §5.1)", () => {
    check(" message / rfc822", "message/rfc822", []);
    check("text/plain; charset =us-ascii (Plain text)", "text/plain", [["charset", "us-ascii"]]);
    check('text(c)/plain (a;b); (c=d) charset= "us-ascii"', "text/plain", [["charset", "us-ascii"]]);
  });

  test("that has no subtype is text/plain (RFC 2045 §5.2)", () => {
    check("X-ZIP; name=a.zip", "text/plain", [["name", "a.zip"]]);
    check("", "text/plain", []);
    check("/", "text/plain", []);
  });

  test("forgives missing semicolons and quotes", () => {
    check('multipart/mixed\tboundary="b"', "multipart/mixed", [["boundary", "b"]]);
    check("application/pdf; name=my file.pdf; x=1;;", "application/pdf", [
      ["name", "my file.pdf"],
      ["x", "1"],
    ]);
    check("message/external-body; access-type=mail-server     server=x", "message/external-body", [
      ["access-type", "mail-server"],
      ["server", "x"],
    ]);
    check('text/plain; name="never closed; x=1', "text/plain", [["name", "never closed; x=1"]]);
  });

  test("keeps backslashes that quote nothing (Windows paths)", () =>
    check(String.raw`text/plain; name="C:\dir\a \"b\".txt"`, "text/plain", [["name", String.raw`C:\dir\a "b".txt`]]));

  test("joins sections in the order of their numbers (RFC 2231 §3)", () =>
    check('message/external-body; url*1="ample/"; url*0="ftp://ex"; x=1; url*2=c', "message/external-body", [
      ["url", "ftp://example/c"],
      ["x", "1"],
    ]));

  test("stops joining at a gap", () => {
    check("a/b; n*0=x; n*2=z", "a/b", [["n", "x"]]);
    check("a/b; n*1=x", "a/b", []);
  });

  test("leaves encoded values encoded, as IMAP hands them on (RFC 2231 §8)", () =>
    check("a/b; title*0*=us-ascii'en'This%20is%20; title*1=\"100% \"; title*2*=%2Afun%2A", "a/b", [
      ["title*", "us-ascii'en'This%20is%20100%25%20%2Afun%2A"],
    ]));

  test("is bounded in parameters and their length", () => {
    assert.equal(parseContentType(`a/b${"; x=1".repeat(PARAMETERS_MAX * 2)}`).parameters.length, PARAMETERS_MAX);
    const [[, value] = ["", ""]] = parseContentType(`a/b; x=${"y".repeat(PARAMETER_VALUE_MAX * 2)}`).parameters;
    assert.equal(value.length, PARAMETER_VALUE_MAX);
  });

  test("gives some answer to any text", () => {
    const fragments = fc.constantFrom(
      "a",
      "/",
      ";",
      "=",
      "*",
      "0",
      "1",
      "'",
      "%",
      "%41",
      '"',
      "\\",
      "(",
      ")",
      " ",
      "é",
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), (parts) => {
        const { type, subtype, parameters } = parseContentType(parts.join(""));
        assert.match(`${type}/${subtype}`, /^[^/ ]+\/[^/ ]+$/);
        for (const [name] of parameters) {
          assert.notEqual(name, "");
          parameterValue(parameters, name);
        }
      }),
      { numRuns: 300 },
    );
  });
});

suite("parameter value", () => {
  const cases = [
    ["a/b; filename*=utf-8''na%C3%AFve.txt", "naïve.txt"],
    ["a/b; filename*=iso-8859-1'fr'na%EFve; filename=other", "naïve"],
    ["a/b; filename*0*=utf-8''%C3; filename*1*=%BC", "ü"],
    ["a/b; filename==?utf-8?q?na=C3=AFve?=", "naïve"],
    ['a/b; filename="plain.txt"', "plain.txt"],
    ["a/b; filename*=no-quotes%20here", "no-quotes here"],
  ] as const;
  for (const [value, expected] of cases) {
    test(`${value} is ${expected}`, () =>
      assert.equal(parameterValue(parseContentType(value).parameters, "filename"), expected));
  }

  test("is undefined where there is no such parameter", () => assert.equal(parameterValue([], "filename"), undefined));
});

suite("other MIME fields", () => {
  test("Content-Disposition (RFC 2183)", () => {
    assert.deepEqual(parseContentDisposition("Attachment; filename=a"), {
      type: "attachment",
      parameters: [["filename", "a"]],
    });
    assert.deepEqual(parseContentDisposition("; filename=a")?.type, "attachment");
    assert.equal(parseContentDisposition(" (nothing) "), null);
  });

  test("Content-Transfer-Encoding (RFC 2045 §6.1)", () => {
    assert.equal(parseTransferEncoding("Quoted-Printable (that is)"), "quoted-printable");
    assert.equal(parseTransferEncoding("(nothing)"), "7bit");
  });

  test("Content-Language (RFC 3282)", () => {
    assert.deepEqual(parseContentLanguage("en, de-CH (Swiss),"), ["en", "de-CH"]);
    assert.equal(parseContentLanguage(" , "), null);
  });
});

function check(value: string, type: string, parameters: readonly (readonly [string, string])[]): void {
  const actual = parseContentType(value);
  assert.deepEqual([`${actual.type}/${actual.subtype}`, actual.parameters], [type, parameters]);
}
