/** TLS without a policy, and as the settings, TLSA records, MTA-STS and REQUIRETLS ask for it. */
import { suite, test } from "node:test";
import { both, checkMx as check, dane, enforcing, ONE, TLS, TWO, UP, withTlsa } from "../../../test/fakes/mx-table.ts";
import type { FakeServer } from "../../../test/fakes/smtp-network.ts";

suite("the MX table: TLS", () => {
  test("without a policy TLS is used where it works (R48)", () =>
    check({
      offered: { ...both(TLS), expected: "delivered 250 final-dot", tried: `${ONE}!` },
      "any certificate will do": {
        ...both({ ...TLS, certificate: "expired" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "a handshake that breaks: once more in clear, on a new connection": {
        ...both({ ...TLS, certificate: "broken" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}! ${ONE}`,
      },
      "in clear it is refused, too: the next MX": {
        ...both({ ...TLS, certificate: "broken", mail: "530 5.7.0 must issue STARTTLS first" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}! ${ONE} ${TWO}`,
      },
      "STARTTLS refused: on in clear": {
        ...both({ ...TLS, starttls: "454 not now" }),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "none is wanted": { ...both(TLS), route: { tls: "none" }, expected: "delivered 250 final-dot", tried: ONE },
    }));

  test("policies of the settings", () =>
    check({
      "encrypt: not offered, next MX": {
        ...both(UP, TLS),
        route: { tls: "encrypt" },
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}!`,
      },
      "encrypt: nowhere offered, deferred": {
        ...both(UP),
        route: { tls: "encrypt" },
        expected: "deferred 4.7.4 ehlo",
        tried: `${ONE} ${TWO}`,
      },
      "encrypt: broken, never in clear": {
        ...both({ ...TLS, certificate: "broken" }, { ...TLS, certificate: "broken" }),
        route: { tls: "encrypt" },
        expected: "deferred 4.7.5 tls",
        tried: `${ONE}! ${TWO}!`,
      },
      "encrypt: STARTTLS refused": {
        ...both({ ...TLS, starttls: "454 not now" }, TLS),
        route: { tls: "encrypt" },
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}!`,
      },
      "verify: a certificate that does not pass, next MX": {
        ...both({ ...TLS, certificate: "wrong-name" }, TLS),
        route: { tls: "verify" },
        expected: "delivered 250 final-dot",
        tried: `${ONE}! ${TWO}!`,
      },
      "dane: a host without records gets nothing": {
        ...both(TLS, TLS),
        route: { tls: "dane" },
        signed: true,
        expected: "deferred 4.7.5 tls",
        tried: "",
      },
    }));

  test("DANE (RFC 7672)", () =>
    check({
      "a record that fits": {
        dns: withTlsa(),
        signed: true,
        ...both({ ...TLS, tlsa: "key-one", certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "a record that does not fit: next MX": {
        dns: withTlsa(),
        signed: true,
        ...both({ ...TLS, tlsa: "key-two" }, TLS),
        expected: "delivered 250 final-dot",
        tried: `${ONE}! ${TWO}!`,
      },
      "no TLS where there are records: never in clear": {
        dns: withTlsa(),
        signed: true,
        ...both(UP, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE} ${TWO}`,
      },
      "records that are no use between mail servers: TLS, with any certificate": {
        dns: withTlsa([{ ...dane, usage: 1 }]),
        signed: true,
        ...both({ ...TLS, certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "the same without TLS: not sent there": {
        dns: withTlsa([{ ...dane, usage: 1 }]),
        signed: true,
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "no answer for the records: this host gets nothing": {
        dns: withTlsa("server-failure"),
        signed: true,
        ...both(TLS, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: TWO,
      },
      "the zone of the MX is not signed: nothing is asked for": {
        dns: withTlsa(),
        signed: true,
        unsigned: ["peer.test"],
        ...both({ ...TLS, tlsa: "key-two" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "the zone of the host is not signed": {
        dns: withTlsa(),
        signed: true,
        unsigned: ["one.peer.test"],
        ...both({ ...TLS, tlsa: "key-two" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "the records themselves are not signed": {
        dns: withTlsa(),
        signed: true,
        unsigned: ["_25._tcp.one.peer.test"],
        ...both({ ...TLS, tlsa: "key-two" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "DANE comes before MTA-STS (RFC 8461 §2)": {
        dns: withTlsa(),
        signed: true,
        ...enforcing("enforce", "elsewhere.test"),
        ...both({ ...TLS, tlsa: "key-one", certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
    }));

  test("MTA-STS (RFC 8461)", () =>
    check({
      "enforce: a certificate that passes": {
        ...enforcing("enforce", "*.peer.test"),
        ...both(TLS),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "enforce: a host that the policy does not name is passed over": {
        ...enforcing("enforce", "two.peer.test"),
        ...both(TLS, TLS),
        expected: "delivered 250 final-dot",
        tried: `${TWO}!`,
      },
      "enforce: none is named": {
        ...enforcing("enforce", "mx.peer.test"),
        ...both(TLS, TLS),
        expected: "deferred 4.7.5 tls",
        tried: "",
      },
      "enforce: a certificate that does not pass": {
        ...enforcing("enforce", "*.peer.test"),
        ...both({ ...TLS, certificate: "self-signed" }, { ...TLS, certificate: "wrong-name" }),
        expected: "deferred 4.7.5 tls",
        tried: `${ONE}! ${TWO}!`,
      },
      "enforce: no TLS": {
        ...enforcing("enforce", "*.peer.test"),
        ...both(UP),
        expected: "deferred 4.7.4 ehlo",
        tried: `${ONE} ${TWO}`,
      },
      "testing: goes on whatever is wrong": {
        ...enforcing("testing", "mx.peer.test"),
        ...both({ ...TLS, certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "testing: in clear where TLS breaks": {
        ...enforcing("testing", "*.peer.test"),
        ...both({ ...TLS, certificate: "broken" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}! ${ONE}`,
      },
      "none is no policy": {
        ...enforcing("none"),
        ...both({ ...TLS, certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "what the settings say comes first": {
        ...enforcing("enforce", "*.peer.test"),
        route: { tls: "opportunistic" },
        ...both({ ...TLS, certificate: "self-signed" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
    }));

  test("REQUIRETLS (RFC 8689)", () => {
    const job = { requireTls: true };
    const promising: FakeServer = { extensions: ["STARTTLS", "REQUIRETLS"] };
    return check({
      "a signed zone, a certificate that passes, and the promise": {
        job,
        signed: true,
        ...both(promising),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "an MTA-STS policy in place of the signed zone": {
        job,
        ...enforcing("testing", "*.peer.test"),
        ...both(promising),
        expected: "delivered 250 final-dot",
        tried: `${ONE}!`,
      },
      "nothing vouches for the host": { job, ...both(promising, promising), expected: "failed 5.7.30 tls", tried: "" },
      "a certificate that does not pass": {
        job,
        signed: true,
        ...both({ ...promising, certificate: "self-signed" }, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE}! ${TWO}`,
      },
      "no promise": { job, signed: true, ...both(TLS, TLS), expected: "failed 5.7.30 local", tried: `${ONE}! ${TWO}!` },
    });
  });
});
