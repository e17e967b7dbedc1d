import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, nothingWrong, withService, zone } from "../facts/changed.test-data.ts";
import { CERTIFICATE, NOW_MS, serviceOf, transportOf } from "../facts/facts.test-data.ts";
import type { ServiceFacts } from "../facts/services.ts";

const tlsa =
  (...counts: readonly (readonly [string, number, boolean])[]): Change =>
  () => ({
    tlsa: new Map(counts.map(([host, count, isValidated]) => [host, known({ count, isValidated })])),
  });

const imap = (more: Partial<ServiceFacts>): Change => withService(serviceOf("192.0.2.1", "imap", "mailbox", 143, more));
const imaps = (certificate: Partial<typeof CERTIFICATE>): Change =>
  withService(
    serviceOf("192.0.2.1", "imap", "mailbox", 993, {
      transport: { ...transportOf(undefined), certificate: known({ ...CERTIFICATE, ...certificate }) },
    }),
  );
test("log-in in clear fails where it is begun, and warns where it is only announced", () => {
  check("clear-login", "fail", imap({ inClear: known(["IMAP4REV1", "STARTTLS"]), clearLogin: known("+ ") }));
  check(
    "clear-login",
    "warn",
    imap({ inClear: known(["IMAP4REV1", "STARTTLS"]), clearLogin: known("b1 NO not in clear") }),
  );
  check(
    "clear-login",
    "fail",
    withService(
      serviceOf("192.0.2.1", "pop3", "mailbox", 110, { inClear: known(["USER", "STLS"]), clearLogin: known("+OK") }),
    ),
  );
  check("clear-login", "unknown", imap({ inClear: FAILED, clearLogin: undefined }));
  check("preauth", "fail", imap({ greeting: "* PREAUTH hello" }));
});
test("no TLS at all fails", () => check("no-tls", "fail", imap({ transport: undefined })));
test("old versions fail where users log in and warn on port 25", () => {
  const versions = { ...transportOf(undefined).versions, TLSv1: known(true) };
  check("tls-old", "fail", imap({ transport: { ...transportOf(undefined), versions } }));
  check(
    "tls-old",
    "warn",
    withService(serviceOf("192.0.2.1", "smtp", "mx", 25, { transport: { ...transportOf(undefined), versions } })),
  );
  const none = { TLSv1: FAILED, "TLSv1.1": FAILED, "TLSv1.2": FAILED, "TLSv1.3": FAILED };
  check("tls-versions", "unknown", imap({ transport: { ...transportOf(undefined), versions: none } }));
});
test("commands slipped in behind STARTTLS", () => {
  check("starttls-injection", "fail", imap({ transport: transportOf(known("obeyed")) }));
  check("starttls-injection", "unknown", imap({ transport: transportOf(FAILED) }));
});
test("certificates: expired, not yet valid, another host's, unknown, due", () => {
  check("certificate", "fail", imaps({ validToMs: NOW_MS - 1 }));
  check("certificate", "fail", imaps({ validFromMs: NOW_MS + 1 }));
  check("certificate", "fail", imaps({ names: ["mail.example.net", "*.sub.example.com", "*.com"] }));
  check("certificate", "fail", imaps({ chainProblem: "DEPTH_ZERO_SELF_SIGNED_CERT" }));
  check("certificate", "warn", imaps({ validToMs: NOW_MS + 20 * 24 * 60 * 60 * 1000 }));
  check(
    "certificate",
    "unknown",
    withService(
      serviceOf("192.0.2.1", "imap", "mailbox", 993, {
        transport: { ...transportOf(undefined), certificate: FAILED },
      }),
    ),
  );
});
test("ports that cannot be talked to", () => {
  check("tls", "unknown", withService(serviceOf("192.0.2.1", "imap", "mailbox", 993, { state: "timed-out" })));
  check("tls", "unknown", () => ({ services: [] }));
});
test("MTA-STS and DANE: one of them is enough, and what is promised must be kept", () => {
  check("tls-policy", "warn", zone({ mtaStsRecords: known([]) }));
  check("mta-sts", "unknown", zone({ mtaStsRecords: FAILED }));
  check("mta-sts", "fail", () => ({ mtaStsPolicy: { kind: "broken", why: "the certificate is not for that name" } }));
  check("mta-sts", "unknown", () => ({ mtaStsPolicy: { kind: "unknown", why: "timed-out" } }));
  check("mta-sts", "fail", () => ({
    mtaStsPolicy: { kind: "policy", text: "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1\n" },
  }));
  check("mta-sts", "fail", () => ({ mtaStsPolicy: { kind: "policy", text: "<html>" } }));
  check("mta-sts", "fail", zone({ mtaStsRecords: known(["v=STSv1; id=1", "v=STSv1; id=2"]) }));
  check("mta-sts", "warn", () => ({
    mtaStsPolicy: { kind: "policy", text: "version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 1\n" },
  }));
  check("dane", "pass", tlsa(["mx1.example.com", 1, true], ["mx2.example.com", 1, true]));
  check("dane", "warn", tlsa(["mx1.example.com", 1, true], ["mx2.example.com", 0, true]));
  check("dane", "unknown", tlsa(["mx1.example.com", 1, false]));
  check("dane", "unknown", () => ({ tlsa: new Map([["mx1.example.com", FAILED]]) }));
});
const noMail: Change = (facts) => ({
  exchanges: known([{ preference: 0, exchange: "" }]),
  hosts: [],
  zone: { ...facts.zone, mtaStsRecords: known([]), tlsReportRecords: known([]) },
});
test("a domain that takes no mail needs no policies for it", () => {
  nothingWrong("tls-policy", noMail);
  nothingWrong("tls-reports", noMail);
});
test("reports and CAA", () => {
  check("tls-reports", "warn", zone({ tlsReportRecords: known([]) }));
  check("tls-reports", "unknown", zone({ tlsReportRecords: FAILED }));
  check("caa", "unknown", zone({ caa: FAILED }));
});
