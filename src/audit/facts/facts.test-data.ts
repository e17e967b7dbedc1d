/** A domain whose mail is in order: tests change what they are about. */
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import type { ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { CertificateFacts } from "#ports/dialer.ts";
import type { SmtpReply } from "../smtp-probe.ts";
import { type Asked, known } from "./asked.ts";
import type { AuditFacts } from "./facts.ts";
import type { HostAddress, MailHost } from "./hosts.ts";
import { type MxSessionFacts, relayVectors } from "./mx-session.ts";
import type { ServiceFacts } from "./services.ts";
import type { Service } from "./talk.ts";
import type { TransportFacts } from "./transport.ts";

export const NOW_MS = 1_795_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export function replyOf(...lines: readonly string[]): Asked<SmtpReply> {
  return known({ code: Number(lines.at(-1)?.slice(0, 3)), lines });
}

export function reverseOf(address: string, name: string): ReverseDnsEvidence {
  return {
    client: address,
    state: "confirmed",
    confirmedName: name,
    pointer: { kind: "records", records: [name], ttlSeconds: 300, authenticated: false },
    names: [{ name, forward: "matches", answer: undefined }],
    namesLeftOut: 0,
    generic: undefined,
  };
}

export function hostOf(name: string, preference: number, address: string): MailHost {
  const found: HostAddress = {
    address,
    reverse: reverseOf(address, name),
    listings: { findings: [cleanFinding(address)] },
  };
  return { name, preference, alias: known(undefined), addresses: known([found]), unseen: undefined };
}

function cleanFinding(value: string) {
  const outcome = { kind: "clean", ttlSeconds: 300 } as const;
  return {
    list: "spamhaus-zen",
    title: "Spamhaus ZEN",
    zone: "zen",
    subject: { role: "client", value },
    outcome,
  } as const;
}

export function sessionOf(address: string, name: string): MxSessionFacts {
  return {
    from: "203.0.113.99",
    greeting: { code: 220, lines: [`220 ${name} ESMTP`] },
    relay: relayVectors("test@elsewhere.example", "example.com", address).map((vector) => ({
      vector,
      answer: replyOf("550 5.7.1 Relaying denied"),
    })),
    unknownRecipient: replyOf("550 5.1.1 No such user"),
    postmaster: replyOf("250 2.1.5 Ok"),
  };
}

export const CERTIFICATE: CertificateFacts = {
  names: ["*.example.com"],
  issuer: "CN=An Authority",
  validFromMs: NOW_MS - 10 * DAY_MS,
  validToMs: NOW_MS + 80 * DAY_MS,
  key: "EC prime256v1",
  chainProblem: undefined,
};

export function transportOf(injection: TransportFacts["injection"]): TransportFacts {
  const no = known(false);
  const yes = known(true);
  return {
    versions: { TLSv1: no, "TLSv1.1": no, "TLSv1.2": yes, "TLSv1.3": yes },
    certificate: known(CERTIFICATE),
    injection,
  };
}

export function serviceOf(
  address: string,
  protocol: Service["protocol"],
  role: Service["role"],
  port: number,
  more: Partial<ServiceFacts> = {},
): ServiceFacts {
  const implicitTls = port === 465 || port === 993 || port === 995;
  const auth = protocol === "smtp" && role === "submission" ? ["AUTH PLAIN SCRAM-SHA-256"] : [];
  const clear = { smtp: ["STARTTLS"], imap: ["IMAP4REV1", "STARTTLS", "LOGINDISABLED"], pop3: ["STLS"] }[protocol];
  const refused = { smtp: "530 5.7.0 TLS first", imap: "b1 NO [PRIVACYREQUIRED] no", pop3: "-ERR TLS first" }[protocol];
  return {
    service: { protocol, address, port, implicitTls, role, serverName: "mx1.example.com" },
    state: "open",
    greeting: "hello",
    inClear: implicitTls ? undefined : known(clear),
    clearLogin: implicitTls ? undefined : known(refused),
    insideTls: known(auth),
    transport: transportOf(implicitTls ? undefined : known("dropped")),
    ...more,
  };
}

const lists = dnsLists([]);

export function goodFacts(): AuditFacts {
  const [one, two] = ["192.0.2.1", "198.51.100.1"];
  return {
    domain: "example.com",
    atMs: NOW_MS,
    exchanges: known([
      { preference: 10, exchange: "mx1.example.com" },
      { preference: 20, exchange: "mx2.example.com" },
    ]),
    hosts: [hostOf("mx1.example.com", 10, one), hostOf("mx2.example.com", 20, two)],
    zone: {
      spfRecords: known(["v=spf1 mx -all"]),
      spfTree: {
        domain: "example.com",
        record: "v=spf1 mx -all",
        result: "fail",
        terms: [
          { term: "mx", outcome: "no-match", lookups: 1, voids: 0, questions: [], nested: undefined },
          { term: "-all", outcome: "match", lookups: 1, voids: 0, questions: [], nested: undefined },
        ],
        termsLeftOut: 0,
      },
      dmarcRecords: known(["v=DMARC1; p=reject; rua=mailto:d@example.com"]),
      dmarcAbove: known(undefined),
      dkimKeys: new Map([["s1", known(["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="])]]),
      mtaStsRecords: known(["v=STSv1; id=1"]),
      tlsReportRecords: known(["v=TLSRPTv1; rua=mailto:t@example.com"]),
      caa: known([{ isCritical: false, tag: "issue", value: "letsencrypt.org" }]),
      isSigned: known(false),
    },
    listHealth: lists.ok ? lists.value.map((list) => ({ list, result: { kind: "healthy", ipv6: true } as const })) : [],
    domainListings: {
      findings: [
        { ...cleanFinding("example.com"), list: "spamhaus-dbl", subject: { role: "link", value: "example.com" } },
      ],
    },
    sessions: new Map([
      [one, known(sessionOf(one, "mx1.example.com"))],
      [two, known(sessionOf(two, "mx2.example.com"))],
    ]),
    services: [
      serviceOf(one, "smtp", "mx", 25),
      serviceOf(one, "smtp", "submission", 587),
      serviceOf(one, "smtp", "submission", 465),
      serviceOf(one, "imap", "mailbox", 993),
      serviceOf(one, "imap", "mailbox", 143),
      serviceOf(one, "pop3", "mailbox", 110),
    ],
    mtaStsPolicy: { kind: "policy", text: "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n" },
    tlsa: new Map(),
    intrusive: undefined,
    inside: {
      relaySelfTest: "passed",
      dnsLists: ["spamhaus-zen"],
      uriLists: ["surbl"],
      blockList: { isEnforced: true, entries: 3 },
      limits: { total: 1000, perAddress: 20, perMinutePerAddress: 60 },
    },
  };
}
