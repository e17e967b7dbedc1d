/** Recipients, extensions and next hops of the settings. */
import { suite, test } from "node:test";
import { both, checkMx as check, ONE, TLS, TWO, twoMx, UP } from "../../../test/fakes/mx-table.ts";
import { recipient } from "../../../test/fakes/remote-world.ts";
import type { FakeServer } from "../../../test/fakes/smtp-network.ts";

suite("the MX table: recipients and next hops", () => {
  test("recipients of one message have each their own answer", () => {
    const job = { recipients: [recipient(1, "a@peer.test"), recipient(2, "b@peer.test"), recipient(3, "c@peer.test")] };
    return check({
      "one unknown, one later, one taken; later is taken by the second MX": {
        job,
        ...both({ rcpt: { "a@peer.test": "550 who?", "b@peer.test": "450 later" } }),
        expected: "failed 550 rcpt, delivered 250 final-dot, delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "421 at the third: what was said of the first counts": {
        job,
        ...both({ rcpt: { "a@peer.test": "550 who?", "c@peer.test": "421 bye" } }),
        expected: "failed 550 rcpt, delivered 250 final-dot, delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "unknown outcome for who was taken, alone": {
        job,
        ...both({ rcpt: { "a@peer.test": "550 who?" }, final: "drop" }),
        expected: "failed 550 rcpt, outcome-unknown 4.4.2 final-dot, outcome-unknown 4.4.2 final-dot",
        tried: ONE,
      },
      pipelined: {
        job,
        ...both({ extensions: ["PIPELINING"], rcpt: { "b@peer.test": "550 who?" } }),
        expected: "delivered 250 final-dot, failed 550 rcpt, delivered 250 final-dot",
        tried: ONE,
      },
      "in chunks": {
        job,
        ...both({ extensions: ["PIPELINING", "CHUNKING"], rcpt: { "b@peer.test": "550 who?" } }),
        expected: "delivered 250 final-dot, failed 550 rcpt, delivered 250 final-dot",
        tried: ONE,
      },
      "LMTP: each after the message, too (RFC 2033)": {
        job,
        route: { host: "lmtp.own.test", protocol: "lmtp", port: 24, tls: "none" },
        dns: { "lmtp.own.test": { A: ["127.0.0.1"] } },
        servers: { "127.0.0.1:24": { final: "250 taken\n452 full\n552 5.2.2 full" } },
        expected: "delivered 250 final-dot, deferred 452 final-dot, failed 552 final-dot",
        tried: "127.0.0.1",
      },
      "LMTP over a socket": {
        job,
        route: { host: "unix:/run/lmtp", protocol: "lmtp", tls: "none" },
        servers: { "/run/lmtp": UP },
        expected: "delivered 250 final-dot, delivered 250 final-dot, delivered 250 final-dot",
        tried: "/run/lmtp",
      },
    });
  });

  test("what a host cannot take is not sent, and said clearly", () =>
    check({
      "8-bit text, no 8BITMIME: the next MX has it": {
        job: { body: "8BITMIME" },
        ...both(UP, { extensions: ["8BITMIME"] }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "8-bit text, nobody has 8BITMIME": {
        job: { body: "8BITMIME" },
        ...both(UP),
        expected: "failed 5.6.3 local",
        tried: `${ONE} ${TWO}`,
      },
      "SMTPUTF8 is nowhere": {
        job: WIDE,
        ...both(UP),
        expected: "failed 5.6.7 local",
        tried: `${ONE} ${TWO}`,
      },
      "an address beyond ASCII needs SMTPUTF8, whoever asked": {
        job: { recipients: [recipient(1, "bj\u00f6rn@peer.test")] },
        ...both(UP),
        expected: "failed 5.6.7 local",
        tried: `${ONE} ${TWO}`,
      },
      "larger than SIZE": {
        ...both({ extensions: ["SIZE 5"] }, { extensions: ["SIZE 5"] }),
        expected: "failed 5.3.4 local",
        tried: `${ONE} ${TWO}`,
      },
      "one cannot take it, the other cannot be reached: once more later": {
        job: WIDE,
        ...both(UP, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE} ${TWO}`,
      },
    }));

  test("next hops of the settings", () => {
    const relay = {
      host: "relay.own.test",
      port: 25,
      tls: "encrypt",
      credentials: { username: "u", password: "p" },
    } as const;
    const dns = twoMx({ "relay.own.test": { A: ["192.0.2.9"] } });
    const taking: FakeServer = { extensions: ["STARTTLS", "AUTH PLAIN"] };
    return check({
      "the relay host has it, not the MX": {
        route: relay,
        dns,
        servers: { "192.0.2.9": taking },
        expected: "delivered 250 final-dot",
        tried: "192.0.2.9!",
        logins: ["works relay.own.test:25"],
      },
      "a domain's own route comes first": {
        route: relay,
        routes: { "peer.test": { host: ONE, tls: "none" } },
        dns,
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "a login that fails defers, and never bounces (R70)": {
        route: relay,
        dns,
        servers: { "192.0.2.9": { ...taking, auth: "535 5.7.8 wrong" } },
        expected: "deferred 535 auth",
        tried: "192.0.2.9!",
        logins: ["refused relay.own.test:25: 535 5.7.8 wrong"],
      },
      "a relay host that cannot look passwords up is no news": {
        route: relay,
        dns,
        servers: { "192.0.2.9": { ...taking, auth: "454 4.7.0 not now" } },
        expected: "deferred 454 auth",
        tried: "192.0.2.9!",
        logins: [],
      },
      "a login that is missing in the settings defers, and never bounces": {
        route: { ...relay, credentials: undefined },
        dns,
        servers: { "192.0.2.9": { ...taking, mail: "530 5.7.0 log in first" } },
        expected: "deferred 530 mail",
        tried: "192.0.2.9!",
        logins: ["refused relay.own.test:25: 530 5.7.0 log in first"],
      },
      "an MX that asks for a login has refused": {
        dns,
        ...both({ ...TLS, mail: "530 5.7.0 log in first" }),
        expected: "failed 530 mail",
        tried: `${ONE}!`,
        logins: [],
      },
      "a password is not said in clear": {
        route: { ...relay, tls: "opportunistic" },
        dns,
        servers: { "192.0.2.9": { extensions: ["AUTH PLAIN"] } },
        expected: "deferred 4.7.8 ehlo",
        tried: "192.0.2.9",
        logins: ["refused relay.own.test:25: it offers no way to log in that may be used"],
      },
      "a relay host that refuses us is ours to repair": {
        route: relay,
        dns,
        servers: { "192.0.2.9": { greeting: "554 not you" } },
        expected: "deferred 554 greeting",
        tried: "192.0.2.9",
      },
      "a relay host without an address is ours to repair": {
        route: relay,
        dns: twoMx(),
        expected: "deferred 4.4.4 dns",
        tried: "",
      },
      "TLS from the first octet": {
        route: { ...relay, port: 465, implicitTls: true },
        dns,
        servers: { "192.0.2.9:465": { extensions: ["AUTH PLAIN"] } },
        expected: "delivered 250 final-dot",
        tried: "192.0.2.9!",
      },
    });
  });
});

/** A header beyond ASCII. */
const WIDE = { utf8: true, read: async () => Buffer.from("Subject: Gr\u00fc\u00dfe\r\n\r\n") };
