/** What the DNS says of a domain, and where its mail then goes. */
import { suite, test } from "node:test";
import { both, checkMx as check, mx, ONE, SIX, TWO, twoMx, UP } from "../../../test/fakes/mx-table.ts";
import { OWN_ADDRESS, recipient } from "../../../test/fakes/remote-world.ts";

suite("the MX table: the DNS", () => {
  test("what the DNS says (RFC 5321 §5.1)", () =>
    check({
      "the better MX is up": { ...both(UP), expected: "delivered 250 final-dot", tried: ONE },
      "the order of the records says nothing": {
        dns: { ...twoMx(), "peer.test": { MX: [mx(20, "two.peer.test"), mx(10, "one.peer.test")] } },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "no MX: the domain's own address": {
        dns: { "peer.test": { A: [ONE] } },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "null MX is final (RFC 7505)": {
        dns: { "peer.test": { MX: [mx(0, "")], A: [ONE] } },
        ...both(UP),
        expected: "failed 556 dns",
        tried: "",
      },
      "a null MX beside others is none": {
        dns: { ...twoMx(), "peer.test": { MX: [mx(0, ""), mx(20, "two.peer.test")] } },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: TWO,
      },
      "no such domain is final": { dns: {}, expected: "failed 5.1.2 dns", tried: "" },
      "neither MX nor address is final": {
        dns: { "peer.test": { TXT: ["v=spf1 -all"] } },
        expected: "failed 5.4.4 dns",
        tried: "",
      },
      "SERVFAIL for the MX defers": {
        dns: { "peer.test": "server-failure" },
        expected: "deferred 4.4.3 dns",
        tried: "",
      },
      "REFUSED for the MX defers": { dns: { "peer.test": "refused" }, expected: "deferred 4.4.3 dns", tried: "" },
      "no answer for the MX defers": { dns: { "peer.test": "timed-out" }, expected: "deferred 4.4.3 dns", tried: "" },
      "MX without an address, all of them: final": {
        dns: { "peer.test": { MX: [mx(10, "gone.peer.test")] } },
        expected: "failed 5.4.4 dns",
        tried: "",
      },
      "MX whose address nobody tells: deferred": {
        dns: {
          "peer.test": { MX: [mx(10, "gone.peer.test"), mx(20, "dark.peer.test")] },
          "dark.peer.test": "timed-out",
        },
        expected: "deferred 4.4.3 dns",
        tried: "",
      },
      "one bogus MX holds up none of the others (R64)": {
        dns: twoMx({ "one.peer.test": "timed-out" }),
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: TWO,
      },
      "MX that is an address is tolerated (R63)": {
        dns: { "peer.test": { MX: [mx(10, ONE)] } },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "MX that is a CNAME is tolerated, and followed (R63)": {
        dns: {
          "peer.test": { MX: [mx(10, "alias.peer.test")] },
          "alias.peer.test": { alias: "one.peer.test" },
          "one.peer.test": { A: [ONE] },
        },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "a CNAME at the domain is followed (R63)": {
        dns: {
          "peer.test": { alias: "other.test" },
          "other.test": { MX: [mx(10, "one.peer.test")] },
          "one.peer.test": { A: [ONE] },
        },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
    }));

  test("which of its addresses", () =>
    check({
      "IPv6 alone": {
        dns: { "peer.test": { MX: [mx(10, "one.peer.test")] }, "one.peer.test": { AAAA: [SIX] } },
        servers: { [SIX]: UP },
        expected: "delivered 250 final-dot",
        tried: SIX,
      },
      "IPv6 and IPv4 up: IPv6, which begins": {
        dns: { "peer.test": { AAAA: [SIX], A: [ONE] } },
        servers: { [SIX]: UP, [ONE]: UP },
        expected: "delivered 250 final-dot",
        tried: SIX,
      },
      "IPv6 unreachable: IPv4 at once": {
        dns: { "peer.test": { AAAA: [SIX], A: [ONE] } },
        servers: { [SIX]: { connect: "unreachable" }, [ONE]: UP },
        expected: "delivered 250 final-dot",
        tried: `${SIX} ${ONE}`,
      },
      "IPv6 silent: IPv4 a quarter of a second later (RFC 8305)": {
        dns: { "peer.test": { AAAA: [SIX], A: [ONE] } },
        servers: { [SIX]: { connect: "silent" }, [ONE]: UP },
        expected: "delivered 250 final-dot",
        tried: `${SIX} ${ONE}`,
      },
      "IPv4 alone is wanted": {
        dns: { "peer.test": { AAAA: [SIX], A: [ONE] } },
        servers: { [SIX]: UP, [ONE]: UP },
        settings: { addressFamily: "ipv4" },
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "at most five addresses, each host its part": {
        dns: {
          "peer.test": { MX: [mx(10, "one.peer.test"), mx(20, "two.peer.test")] },
          "one.peer.test": { A: ["192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15", "192.0.2.16"] },
          "two.peer.test": { A: ["192.0.2.21", "192.0.2.22", "192.0.2.23"] },
        },
        expected: "deferred 4.4.1 connect",
        tried: "192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.21 192.0.2.22",
      },
      "an address literal is where it says": {
        job: { destination: `[${ONE}]`, recipients: [recipient(1, `bob@[${ONE}]`)] },
        ...both(UP),
        expected: "delivered 250 final-dot",
        tried: ONE,
      },
      "an IPv6 literal, too": {
        job: { destination: `[IPv6:${SIX}]`, recipients: [recipient(1, `bob@[IPv6:${SIX}]`)] },
        servers: { [SIX]: UP },
        expected: "delivered 250 final-dot",
        tried: SIX,
      },
    }));

  test("loops (R68): said once, and before anything is sent", () =>
    check({
      "our own name is the only MX": {
        dns: { "peer.test": { MX: [mx(10, "mx.own.test")] }, "mx.own.test": { A: [ONE] } },
        ...both(UP),
        expected: "failed 5.4.6 local",
        tried: "",
      },
      "MX at our own address": {
        dns: { "peer.test": { MX: [mx(10, "one.peer.test")] }, "one.peer.test": { A: [OWN_ADDRESS] } },
        expected: "failed 5.4.6 local",
        tried: "",
      },
      "MX at the loopback address": {
        dns: { "peer.test": { MX: [mx(10, "localhost")] }, localhost: { A: ["127.0.0.1"], AAAA: ["::1"] } },
        expected: "failed 5.4.6 local",
        tried: "",
      },
      "no MX, and the domain's address is ours": {
        dns: { "peer.test": { A: [OWN_ADDRESS] } },
        expected: "failed 5.4.6 local",
        tried: "",
      },
      "an address literal of ours": { job: { destination: "[127.0.0.1]" }, expected: "failed 5.4.6 local", tried: "" },
      "we are the second MX: only better ones are tried": {
        dns: {
          ...twoMx(),
          "peer.test": {
            MX: [mx(10, "one.peer.test"), mx(20, "mx.own.test"), mx(20, "two.peer.test"), mx(30, "two.peer.test")],
          },
        },
        ...both({ connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: ONE,
      },
      "a host that greets with our name": {
        ...both({ name: "mx.own.test" }),
        expected: "failed 5.4.6 local",
        tried: ONE,
      },
    }));
});
