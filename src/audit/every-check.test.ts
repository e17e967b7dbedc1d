/** Every check of the audit, with a case where it finds something wrong and one where it could not look. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { known } from "./facts/asked.ts";
import { type Change, check, FAILED, nothingWrong, withService, withSession, zone } from "./facts/changed.test-data.ts";
import { CERTIFICATE, hostOf, NOW_MS, replyOf, reverseOf, serviceOf, transportOf } from "./facts/facts.test-data.ts";
import type { AuditFacts } from "./facts/facts.ts";
import type { MailHost } from "./facts/hosts.ts";
import type { ServiceFacts } from "./facts/services.ts";
import type { TransportFacts } from "./facts/transport.ts";
import { CHECKS, type CheckId, type Outcome } from "./report.ts";

/** What is said of which check, where the good domain is changed so. Checks of one look share the words for "not seen". */
type Case = readonly [says: CheckId, outcome: Outcome, change: Change];

/** Two cases; or why it never finds anything, and the other one. */
type Cases = readonly [wrong: Case | "says only what is so", unseen: Case | "it is told from inside, or not at all"];

const mx25 = (more: Partial<ServiceFacts>): Change => withService(serviceOf("192.0.2.1", "smtp", "mx", 25, more));
const port587 = (more: Partial<ServiceFacts>): Change =>
  withService(serviceOf("192.0.2.1", "smtp", "submission", 587, more));
const imap = (more: Partial<ServiceFacts>): Change => withService(serviceOf("192.0.2.1", "imap", "mailbox", 143, more));
const imapTransport = (more: Partial<TransportFacts>): Change =>
  imap({ transport: { ...transportOf(FAILED), ...more } });
const notReached: Change = () => ({ sessions: new Map([["192.0.2.1", FAILED]]) });
const inside =
  (change: Partial<NonNullable<AuditFacts["inside"]>>): Change =>
  (facts) => ({ inside: facts.inside && { ...facts.inside, ...change } });
const outside: Change = () => ({ inside: undefined });
const firstHost =
  (change: Partial<MailHost>): Change =>
  ({ hosts: [host, ...others] }) => ({ hosts: host === undefined ? [] : [{ ...host, ...change }, ...others] });
const reverse = (change: Partial<ReturnType<typeof reverseOf>>): Change =>
  firstHost({
    addresses: known([
      {
        address: "192.0.2.1",
        reverse: { ...reverseOf("192.0.2.1", "mx1.example.com"), ...change },
        listings: { findings: [] },
      },
    ]),
  });
const relayed =
  (id: string, line: string): Change =>
  (facts) => {
    const [session] = facts.sessions.values();
    assert.ok(session?.kind === "known");
    const relay = session.value.relay.map((one) => (one.vector.id === id ? { ...one, answer: replyOf(line) } : one));
    return withSession({ relay })(facts);
  };
const smuggled = (answer: "took-it-for-the-end" | typeof FAILED): Change => {
  const tried = new Map([["<LF>.<LF>", typeof answer === "string" ? known(answer) : answer]]);
  return () => ({ intrusive: { connections: new Map(), smuggling: new Map([["192.0.2.1", tried]]) } });
};
const spf =
  (text: string, lookups: number, result: AuditFacts["zone"]["spfTree"]["result"] = "neutral"): Change =>
  ({ zone: facts }) => {
    const term = { term: text, outcome: "no-match", lookups, voids: 0, questions: [], nested: undefined } as const;
    return { zone: { ...facts, spfTree: { ...facts.spfTree, result, terms: [term] } } };
  };
const listed = (value: string) => ({
  findings: [
    {
      list: "spamhaus-zen",
      title: "Spamhaus ZEN",
      zone: "zen",
      subject: { role: "link", value } as const,
      outcome: {
        kind: "listed",
        meanings: [],
        weight: 4,
        rejectsAlone: false,
        answers: [],
        ttlSeconds: 60,
        lookUpUrl: "",
      } as const,
    },
  ],
});
const addressListings = (listings: ReturnType<typeof listed> | { readonly findings: readonly [] }): Change => {
  const address = { address: "192.0.2.1", reverse: reverseOf("192.0.2.1", "mx1.example.com"), listings };
  return () => ({ hosts: [{ ...hostOf("mx1.example.com", 10, "192.0.2.1"), addresses: known([address]) }] });
};
const dmarc = (...records: readonly string[]): Change => zone({ dmarcRecords: known(records) });
const exchanges = (...names: readonly string[]): Change => {
  return () => ({ exchanges: known(names.map((exchange) => ({ preference: 10, exchange }))) });
};
const sameHosts =
  (second: string): Change =>
  () => ({ hosts: [hostOf("mx1.example.com", 10, "192.0.2.1"), hostOf("mx2.example.com", 20, second)] });
const noMx: Change = ({ hosts }) => ({ exchanges: known([]), hosts: hosts.slice(0, 1) });

const noRelay: Case = ["relay", "unknown", notReached];
const noSpf: Case = ["spf", "unknown", zone({ spfRecords: FAILED })];
const noDmarc: Case = ["dmarc", "unknown", zone({ dmarcRecords: FAILED })];
const noMxRecords: Case = ["mx", "unknown", () => ({ exchanges: FAILED })];
const noMailbox: Case = [
  "clear-login",
  "unknown",
  imap({ inClear: FAILED, clearLogin: undefined, transport: undefined }),
];
const oldTls: Case = [
  "tls-old",
  "fail",
  imapTransport({ versions: { ...transportOf(FAILED).versions, TLSv1: known(true) } }),
];
const clearAuth: Case = ["auth-in-clear", "fail", port587({ inClear: known(["STARTTLS", "AUTH PLAIN"]) })];
const noSubmission: Case = ["submission-auth", "unknown", port587({ insideTls: FAILED })];
const noIndependence: Case = ["mx-independent", "unknown", firstHost({ addresses: FAILED })];
const noTlsAtAll: Case = ["no-tls", "fail", imap({ transport: undefined })];
const noLogin: Case = ["submission-auth", "warn", port587({ insideTls: known([]) })];
const takesUnknown: Case = ["unknown-recipient", "fail", withSession({ unknownRecipient: replyOf("250 Ok") })];
const inOneNetwork: Case = ["mx-same-network", "warn", sameHosts("192.0.2.2")];
const INSIDE = "it is told from inside, or not at all";
const NOTHING_WRONG = "says only what is so";

const CASES: Readonly<Record<(typeof CHECKS)[number], Cases>> = {
  relay: [["relay-open", "fail", relayed("plain", "250 Ok")], noRelay],
  "relay-open": [["relay-open", "fail", relayed("null-sender", "250 Ok")], noRelay],
  "relay-temporary": [["relay-temporary", "warn", relayed("plain", "454 Relay access denied")], noRelay],
  "relay-routing": [["relay-routing", "warn", relayed("percent", "250 Ok")], noRelay],
  "relay-self-test": [["relay-self-test", "fail", inside({ relaySelfTest: 2 })], INSIDE],
  smuggling: [
    ["smuggling", "fail", smuggled("took-it-for-the-end")],
    ["smuggling", "unknown", smuggled(FAILED)],
  ],
  "listed-address": [
    ["listed-address", "fail", addressListings(listed("192.0.2.1"))],
    ["listed-address", "unknown", addressListings({ findings: [] })],
  ],
  "lists-used": [
    ["lists-used", "fail", inside({ dnsLists: [] })],
    ["lists-used", "unknown", outside],
  ],
  "own-block-list": [
    ["own-block-list", "fail", inside({ blockList: { isEnforced: false, entries: 0 } })],
    ["own-block-list", "unknown", outside],
  ],
  "smtp-auth": [clearAuth, ["smtp-auth", "unknown", () => ({ services: [] })]],
  "auth-in-clear": [clearAuth, ["auth-in-clear", "unknown", port587({ inClear: FAILED, clearLogin: undefined })]],
  "auth-on-mx": [
    ["auth-on-mx", "warn", mx25({ insideTls: known(["AUTH PLAIN"]) })],
    ["auth-on-mx", "unknown", mx25({ insideTls: FAILED })],
  ],
  submission: [noLogin, ["submission", "unknown", mx25({})]],
  "submission-auth": [noLogin, noSubmission],
  spf: [["spf", "fail", zone({ spfRecords: known([]) })], noSpf],
  "spf-several": [["spf-several", "fail", zone({ spfRecords: known(["v=spf1 -all", "v=spf1 ~all"]) })], noSpf],
  "spf-lookups": [
    ["spf-lookups", "fail", spf("include:a.example", 11)],
    ["spf", "unknown", spf("include:a.example", 1, "temperror")],
  ],
  "spf-syntax": [["spf-syntax", "fail", spf("ip4:nothing", 0, "permerror")], noSpf],
  "spf-all": [["spf-all", "fail", spf("+all", 0)], noSpf],
  dkim: [
    ["dkim-key", "fail", zone({ dkimKeys: new Map([["s1", known([])]]) })],
    ["dkim", "unknown", zone({ dkimKeys: new Map() })],
  ],
  "dkim-key": [
    ["dkim-key", "fail", zone({ dkimKeys: new Map([["s1", known(["v=DKIM1; k=rsa; p=AAAA"])]]) })],
    ["dkim-key", "unknown", zone({ dkimKeys: new Map([["s1", FAILED]]) })],
  ],
  // Said of our own server alone, and tried where that is looked at: threads/rechecks.test.ts.
  "dkim-own": [NOTHING_WRONG, INSIDE],
  dmarc: [["dmarc", "fail", dmarc()], noDmarc],
  "dmarc-several": [["dmarc-several", "fail", dmarc("v=DMARC1; p=none", "v=DMARC1; p=reject")], noDmarc],
  "dmarc-policy": [["dmarc-policy", "warn", dmarc("v=DMARC1; p=none")], noDmarc],
  "dmarc-old-readers": [["dmarc-old-readers", "warn", dmarc("v=DMARC1; p=reject; pct=10")], noDmarc],
  tls: [noTlsAtAll, ["tls", "unknown", imap({ state: "timed-out" })]],
  "no-tls": [noTlsAtAll, ["no-tls", "unknown", imap({ inClear: FAILED, clearLogin: undefined, transport: undefined })]],
  preauth: [["preauth", "fail", imap({ greeting: "* PREAUTH hello" })], noMailbox],
  "clear-login": [["clear-login", "fail", imap({ inClear: known(["STARTTLS"]), clearLogin: known("+ ") })], noMailbox],
  "tls-versions": [
    oldTls,
    [
      "tls-versions",
      "unknown",
      imapTransport({ versions: { TLSv1: FAILED, "TLSv1.1": FAILED, "TLSv1.2": FAILED, "TLSv1.3": FAILED } }),
    ],
  ],
  "tls-old": [
    oldTls,
    ["tls-old", "unknown", imapTransport({ versions: { ...transportOf(FAILED).versions, TLSv1: FAILED } })],
  ],
  "starttls-injection": [
    ["starttls-injection", "fail", imapTransport({ injection: known("obeyed") })],
    ["starttls-injection", "unknown", imapTransport({ injection: FAILED })],
  ],
  certificate: [
    ["certificate", "fail", imapTransport({ certificate: known({ ...CERTIFICATE, validToMs: NOW_MS - 1 }) })],
    ["certificate", "unknown", imapTransport({ certificate: FAILED })],
  ],
  "tls-policy": [
    ["tls-policy", "warn", zone({ mtaStsRecords: known([]) })],
    ["mta-sts", "unknown", zone({ mtaStsRecords: FAILED })],
  ],
  "mta-sts": [
    ["mta-sts", "fail", () => ({ mtaStsPolicy: { kind: "broken", why: "no answer" } })],
    ["mta-sts", "unknown", () => ({ mtaStsPolicy: { kind: "unknown", why: "timed-out" } })],
  ],
  dane: [
    [
      "dane",
      "warn",
      () => ({
        tlsa: new Map([
          ["mx1.example.com", known({ count: 1, isValidated: true })],
          ["mx2.example.com", known({ count: 0, isValidated: true })],
        ]),
      }),
    ],
    ["dane", "unknown", () => ({ tlsa: new Map([["mx1.example.com", FAILED]]) })],
  ],
  "tls-reports": [
    ["tls-reports", "warn", zone({ tlsReportRecords: known([]) })],
    ["tls-reports", "unknown", zone({ tlsReportRecords: FAILED })],
  ],
  caa: [
    ["caa", "fail", zone({ caa: known([{ isCritical: true, tag: "isue", value: "ca.example" }]) })],
    ["caa", "unknown", zone({ caa: FAILED })],
  ],
  "listed-domain": [
    ["listed-domain", "fail", () => ({ domainListings: listed("example.com") })],
    ["listed-domain", "unknown", () => ({ domainListings: { findings: [] } })],
  ],
  "uri-lists-used": [
    ["uri-lists-used", "fail", inside({ uriLists: [] })],
    ["uri-lists-used", "unknown", outside],
  ],
  limits: [
    [
      "limits",
      "warn",
      () => ({
        intrusive: { connections: new Map([["192.0.2.1", { opened: 60, greeted: 60 }]]), smuggling: new Map() },
      }),
    ],
    ["limits", "unknown", outside],
  ],
  "limits-inside": [NOTHING_WRONG, INSIDE],
  "reverse-dns": [
    ["reverse-dns", "fail", reverse({ state: "no-name" })],
    ["reverse-dns", "unknown", reverse({ state: "not-checked" })],
  ],
  "reverse-dns-generic": [
    [
      "reverse-dns-generic",
      "warn",
      reverse({ generic: { name: "192-0-2-1.pool.example.net", weight: 3, signs: ["customer-word"] } }),
    ],
    ["reverse-dns", "unknown", reverse({ state: "not-checked" })],
  ],
  banner: [
    ["banner", "warn", withSession({ greeting: { code: 220, lines: ["220 localhost ESMTP"] } })],
    ["banner", "unknown", notReached],
  ],
  mx: [["mx", "warn", noMx], noMxRecords],
  "mx-null": [["mx-null", "fail", exchanges("", "mx1.example.com")], noMxRecords],
  "mx-one": [["mx-one", "warn", ({ hosts }) => ({ hosts: hosts.slice(0, 1) })], noMxRecords],
  "mx-alias": [
    ["mx-alias", "fail", firstHost({ alias: known("real.example.com") })],
    ["mx-alias", "unknown", firstHost({ alias: FAILED })],
  ],
  "mx-address": [
    ["mx-address", "fail", firstHost({ addresses: known([]) })],
    ["mx-address", "unknown", firstHost({ addresses: FAILED })],
  ],
  "mx-private": [
    ["mx-private", "warn", () => ({ hosts: [hostOf("mx1.example.com", 10, "10.0.0.1")] })],
    [
      "mx-address",
      "unknown",
      () => ({ hosts: [{ ...hostOf("mx1.example.com", 10, "10.0.0.1"), unseen: "timed-out" }] }),
    ],
  ],
  "mx-independent": [inOneNetwork, noIndependence],
  "mx-same": [["mx-same", "fail", sameHosts("192.0.2.1")], noIndependence],
  "mx-same-network": [inOneNetwork, noIndependence],
  "mx-answers": [takesUnknown, ["mx-answers", "unknown", notReached]],
  "unknown-recipient": [takesUnknown, ["unknown-recipient", "unknown", withSession({ unknownRecipient: FAILED })]],
  postmaster: [
    ["postmaster", "warn", withSession({ postmaster: replyOf("550 No such user") })],
    ["postmaster", "unknown", withSession({ postmaster: FAILED })],
  ],
};

suite("every check", () => {
  for (const id of CHECKS) {
    const [wrong, unseen] = CASES[id];
    if (typeof wrong !== "string") {
      const [says, outcome, change] = wrong;
      test(`${id}: something wrong is found`, () => {
        assert.ok(outcome === "fail" || outcome === "warn");
        check(says, outcome, change);
      });
    }
    if (typeof unseen !== "string") {
      const [says, outcome, change] = unseen;
      test(`${id}: what could not be looked at is said so`, () => {
        assert.equal(outcome, "unknown");
        check(says, outcome, change);
        nothingWrong(id, change);
      });
    }
  }
});
