import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  asked,
  banned,
  CLIENT,
  content,
  dmarc,
  evidence,
  generic,
  helo,
  linksListed,
  listed,
  met,
  policy,
  reverseDns,
  spf,
} from "../../test/fakes/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import { REPLY_LINE_OCTETS_MAX } from "./limits.ts";
import type { Policy } from "./policy.ts";

/** @param expected disposition, sum, first reason. */
function check(found: Partial<Evidence>, expected: readonly unknown[], under: Policy = policy()): void {
  const { disposition, sum, reasons } = judge(evidence(found), under);
  assert.deepEqual([disposition, sum, reasons[0]], expected);
}

const lists = (...findings: ReturnType<typeof listed>[]) => ({ dnsbl: { findings } });

suite("verdict: DNS lists", () => {
  test("weights add up: Junk at 6, reject at 15", () => {
    check({}, ["accept", 0, undefined]);
    check(lists(listed(4)), ["accept", 4, "listed"]);
    check(lists(listed(5.9)), ["accept", 5.9, "listed"]);
    check(lists(listed(6)), ["junk", 6, "score-junk"]);
    check(lists(listed(4), listed(2, { list: "spamcop" })), ["junk", 6, "score-junk"]);
    check(lists(listed(8), listed(6.9, { list: "b" })), ["junk", 14.9, "score-junk"]);
    check(lists(listed(8), listed(7, { list: "b" })), ["reject", 15, "score-reject"]);
  });

  test("a single list cannot reject, whatever its weights and however much of a message it lists", () => {
    check(lists(listed(20)), ["junk", 10, "score-junk"]);
    const everything = [listed(7), listed(6.5, { role: "helo" }), listed(6.5, { role: "mail-from" })];
    check(lists(...everything), ["junk", 10, "score-junk"]);
  });

  test("but an answer marked as hostile (DROP) does, for the client's own address alone", () => {
    check(lists(listed(7, { rejectsAlone: true })), ["reject", 7, "listed-as-hostile"]);
    check(lists(listed(7, { rejectsAlone: true, role: "earlier-hop" })), ["junk", 7, "score-junk"]);
  });

  test("an allow list takes a little away", () => {
    check(lists(listed(6), listed(-0.5, { list: "dnswl" })), ["accept", 5.5, "listed"]);
    check(lists(listed(-0.5, { list: "dnswl" })), ["accept", -0.5, undefined]);
    check(lists(listed(7, { rejectsAlone: true }), listed(-20, { list: "dnswl" })), [
      "reject",
      -13,
      "listed-as-hostile",
    ]);
  });

  test("no answer that is not a documented listing counts", () => {
    for (const outcome of [
      { kind: "not-checked", why: "timed-out" },
      { kind: "refused-to-serve", refusal: "public-resolver", answers: ["127.255.255.254"] },
      { kind: "unknown-answer", answers: ["127.0.0.99"], ttlSeconds: 60 },
      { kind: "clean", ttlSeconds: 60 },
      { kind: "skipped", why: "lists-the-world" },
    ] as const) {
      check(lists(asked(outcome)), ["accept", 0, undefined]);
    }
  });

  test("a list that is no longer in the settings does not count in a replay", () => {
    check(lists(listed(8)), ["accept", 0, undefined], { ...policy(), lists: ["spamcop"] });
  });
});

function addressInHelo(form: "literal" | "bare-address", isPrivate: boolean, isClient: boolean): Partial<Evidence> {
  const address = { value: "x", isPrivate, isClient };
  return { helo: helo({ form, address, resolution: "not-asked", match: "not-asked" }) };
}

function page(name: string): string {
  return `https://${name}.example/${"q".repeat(200)}?ip=${CLIENT}`;
}

suite("verdict: names", () => {
  test("no PTR scores 2, and with a second signal waits with 450 (R58)", () => {
    const reverse = reverseDns("no-name");
    check({ reverseDns: reverse }, ["accept", 2, "no-pointer"]);
    check({ reverseDns: reverse, helo: helo() }, ["accept", 2, "no-pointer"]);
    check({ reverseDns: reverse, ...lists(listed(2)) }, ["defer", 4, "no-pointer"]);
    check({ reverseDns: reverse, helo: helo({ resolution: "unresolvable", match: "differs" }) }, [
      "defer",
      3,
      "no-pointer",
    ]);
    const { reply } = judge(evidence({ reverseDns: reverse, ...lists(listed(2)) }), policy());
    assert.deepEqual([reply?.code, reply?.status], [450, "4.7.25"]);
    assert.match(reply?.text ?? "", /add a PTR record for 198\.51\.100\.7/);
    assert.match(reply?.text ?? "", /listed by spamhaus-zen \(spam source/);
    assert.ok(reply?.text.endsWith(`; see also https://check.example/${CLIENT}`), reply?.text);
  });

  test("a second signal in shadow is none", () => {
    const shadowed = policy({ dnsbl: "shadow" });
    check({ reverseDns: reverseDns("no-name"), ...lists(listed(9)) }, ["accept", 2, "no-pointer"], shadowed);
  });

  test("what is small, or speaks for the client, is no second signal", () => {
    const reverse = reverseDns("no-name");
    const small = content({ date: { isReadable: false, ageMs: null }, messageIdIsWellFormed: false });
    check({ reverseDns: reverse, content: small }, ["accept", 3, "no-pointer"]);
    check({ reverseDns: reverse, ...lists(listed(0.9)) }, ["accept", 2.9, "no-pointer"]);
    check({ reverseDns: reverse, ...lists(listed(-0.5)), spf: spf("pass") }, ["accept", 1.3, "no-pointer"]);
    check({ reverseDns: reverse, ...lists(listed(1)) }, ["defer", 3, "no-pointer"]);
    check({ reverseDns: reverse, spf: spf("fail") }, ["defer", 3, "no-pointer"]);
  });

  test("SERVFAIL and time-outs count for nothing", () => {
    const unresolved = helo({ resolution: "not-checked", match: "not-checked" });
    check({ reverseDns: reverseDns("not-checked"), helo: unresolved }, ["accept", 0, undefined]);
  });

  test("the rest scores: not confirmed, generic, HELO (R59)", () => {
    check({ reverseDns: reverseDns("not-confirmed") }, ["accept", 1, "pointer-not-confirmed"]);
    check({ reverseDns: reverseDns("confirmed", generic(3)) }, ["accept", 3, "generic-name"]);
    check({ helo: helo({ match: "differs" }) }, ["accept", 1, "helo-differs"]);
    check({ helo: helo({ match: "pointer" }) }, ["accept", 0, undefined]);
    check({ helo: helo({ resolution: "unresolvable", match: "differs" }) }, ["accept", 1, "helo-unresolvable"]);
    check({ helo: helo({ form: "malformed", resolution: "not-asked", match: "not-asked" }) }, [
      "accept",
      1,
      "helo-malformed",
    ]);
  });

  test("an address in HELO: the client's own in brackets is fine, others are not (RFC 5321 §4.1.3)", () => {
    check(addressInHelo("literal", false, true), ["accept", 0, undefined]);
    check(addressInHelo("literal", false, false), ["accept", 1, "helo-differs"]);
    check(addressInHelo("literal", true, false), ["accept", 4.5, "helo-private-address"]);
    check(addressInHelo("bare-address", false, true), ["accept", 3, "helo-bare-address"]);
    check(addressInHelo("bare-address", true, false), ["junk", 7.5, "score-junk"]);
  });

  test("a name that is generic in PTR and HELO is one signal", () => {
    check({ reverseDns: reverseDns("confirmed", generic(2)), helo: helo({ generic: generic(2) }) }, [
      "accept",
      2,
      "generic-name",
    ]);
    check({ reverseDns: reverseDns("confirmed", generic(1)), helo: helo({ generic: generic(3) }) }, [
      "accept",
      3,
      "helo-generic",
    ]);
    check({ reverseDns: reverseDns("confirmed", generic(3)), helo: helo({ generic: generic(1) }) }, [
      "accept",
      3,
      "generic-name",
    ]);
  });

  test("our own name is refused with 550, a name without a domain with 501", () => {
    for (const [changes, code] of [
      [{ claimsToBeUs: "name" }, 550],
      [{ claimsToBeUs: "address" }, 550],
      [{ form: "single-label" }, 501],
    ] as const) {
      const verdict = judge(evidence({ helo: helo(changes) }), policy());
      assert.deepEqual([verdict.disposition, verdict.reply?.code], ["reject", code]);
    }
  });
});

suite("verdict: SPF", () => {
  test("fail adds 1, a record that passes everybody 4, pass takes 0.2 away", () => {
    check({ spf: spf("fail") }, ["accept", 1, "spf-fail"]);
    check({ spf: spf("pass", { passesEverybody: true }) }, ["accept", 4, "spf-passes-everybody"]);
    check({ spf: spf("pass") }, ["accept", -0.2, undefined]);
  });

  test("what is not known, not said or half said counts for nothing", () => {
    for (const result of ["none", "neutral", "softfail", "temperror", "permerror"] as const) {
      check({ spf: spf(result), reverseDns: reverseDns("no-name") }, ["accept", 2, "no-pointer"]);
    }
  });

  test("fail without a PTR record waits", () => {
    check({ spf: spf("fail"), reverseDns: reverseDns("no-name") }, ["defer", 3, "no-pointer"]);
  });
});

/** One list about both. */
const both = (client: number, link: number): Partial<Evidence> => ({
  dnsbl: { findings: [listed(client, { list: "uri-0", role: "helo", value: "phish.example" })] },
  uriLists: linksListed(link),
});

suite("verdict: links", () => {
  test("one list has one share, whatever it says about client and links together", () => {
    check(both(8, 7.5), ["junk", 10, "score-junk"]);
    check(both(20, 20), ["junk", 10, "score-junk"]);
    check(both(8, 7.5), ["junk", 7.5, "score-junk"], policy({ dnsbl: "shadow" }));
  });

  test("of one list the heaviest listing counts; a name that is only in an address counts half", () => {
    const one = linksListed(7.5);
    const twice = { ...one, findings: [...one.findings, ...one.findings] };
    check({ uriLists: twice }, ["junk", 7.5, "score-junk"]);
    const names = one.names.map((name) => ({ ...name, mentionedAs: "address" as const }));
    check({ uriLists: { ...one, names } }, ["accept", 3.8, "listed"]);
  });
});

suite("verdict: content", () => {
  test("adds at most 8, so that it never refuses alone", () => {
    const files = [
      { part: "2", name: "a.pdf.exe", inside: null, signs: ["double-extension", "executable-name"] },
    ] as const;
    const worst = content({
      files,
      displayName: { address: "a@b.example", isOfAnotherDomain: true },
      ownDomainClaims: ["header-from"],
      messageIdIsWellFormed: false,
    });
    check({ content: worst }, ["junk", 8, "score-junk"]);
  });

  test("our own domain is no claim where it is proven", () => {
    const own = content({ ownDomainClaims: ["header-from"] });
    check({ content: own }, ["accept", 2, "own-domain"]);
    check({ content: own, dmarc: dmarc("pass") }, ["accept", 0, undefined]);
  });
});

const failing = { dmarc: dmarc("fail", "reject"), spf: spf("fail") };

function known(networks: readonly string[], names: readonly string[]): Policy {
  return { ...policy(), knownForwarders: { networks, names } };
}

function named(state: "confirmed" | "not-confirmed"): Partial<Evidence> {
  return { ...failing, reverseDns: reverseDns(state) };
}

suite("verdict: who passes mail on", () => {
  test("a DMARC policy does not refuse what comes from a known network", () => {
    check(failing, ["reject", 1, "dmarc-reject"], known(["203.0.113.0/24", "2001:db8::/32"], []));
    check(failing, ["accept", 1, "spf-fail"], known(["198.51.100.0/24"], []));
    check(failing, ["accept", 1, "spf-fail"], known([CLIENT], []));
  });

  test("nor from a known name or one below it, where that leads back to the client", () => {
    check(named("confirmed"), ["accept", 1, "spf-fail"], known([], ["mail.sender.example"]));
    check(named("confirmed"), ["accept", 1, "spf-fail"], known([], ["sender.example"]));
    check(named("confirmed"), ["reject", 1, "dmarc-reject"], known([], ["nder.example", "x.mail.sender.example"]));
    check(named("not-confirmed"), ["reject", 2, "dmarc-reject"], known([], ["sender.example"]));
  });
});

suite("verdict: what we know ourselves", () => {
  test("a ban for ever is 554, one that ends is 421", () => {
    for (const [untilMs, disposition, code] of [
      [null, "reject", 554],
      [Date.UTC(2030, 0, 1, 13), "defer", 421],
    ] as const) {
      const verdict = judge(evidence({ blockList: banned(untilMs) }), policy());
      assert.deepEqual([verdict.disposition, verdict.reply?.code], [disposition, code]);
      assert.match(verdict.reply?.text ?? "", /block_list: 198\.51\.100\.0\/24 is on .* guesses recipients/);
    }
  });

  test("an early talker is refused", () => check({ spokeEarly: true }, ["reject", 0, "spoke-early"]));

  test("the greylist delays strangers from 4 on, where it is on", () => {
    const stranger = { greylist: met("first-met"), ...lists(listed(4)) } as const;
    check(stranger, ["accept", 4, "listed"]);
    check(stranger, ["defer", 4, "score-defer"], policy({ greylist: "enforce" }));
    check({ ...stranger, greylist: met("came-again") }, ["accept", 4, "listed"], policy({ greylist: "enforce" }));
    check({ greylist: met("first-met") }, ["accept", 0, undefined], policy({ greylist: "enforce" }));
    check({ ...stranger, greylist: met("known") }, ["accept", 4, "listed"], policy({ greylist: "enforce" }));
  });

  test("who is to wait hears for how long, rounded up", () => {
    for (const [waitMs, words] of [
      [300_000, "5 minutes"],
      [240_001, "5 minutes"],
      [1, "1 minute"],
    ] as const) {
      const stranger = evidence({ greylist: { ...met("first-met"), waitMs }, ...lists(listed(4)) });
      const { reply } = judge(stranger, policy({ greylist: "enforce" }));
      assert.deepEqual([reply?.code, reply?.status], [451, "4.7.1"]);
      const said = `greylisted: the sender was not met before, try again in ${words}; then it need not wait`;
      assert.ok(reply?.text.includes(said), reply?.text);
    }
  });
});

suite("verdict: modes and replies", () => {
  test("off is not asked, shadow is recorded without effect", () => {
    const hostile = evidence(lists(listed(7, { rejectsAlone: true })));
    const off = judge(hostile, policy({ dnsbl: "off" }));
    assert.equal(
      off.rules.some(({ rule }) => rule === "dnsbl"),
      false,
    );
    const shadow = judge(hostile, policy({ dnsbl: "shadow" }));
    assert.deepEqual([shadow.disposition, shadow.sum, shadow.reasons], ["accept", 0, []]);
    assert.deepEqual(shadow.rules.find(({ rule }) => rule === "dnsbl")?.weight, 7);
  });

  test("a refusal names rule, list, meaning, client, look-up page and a contact (R16)", () => {
    const { reply } = judge(evidence(lists(listed(7, { rejectsAlone: true }))), policy());
    assert.deepEqual(reply, {
      code: 554,
      status: "5.7.1",
      text: `Refused by dnsbl: ${CLIENT} is listed by spamhaus-zen (hijacked network (DROP), 127.0.0.9); see https://check.example/${CLIENT}, or write to postmaster@local.test`,
    });
  });

  test("a refusal by the sum names what added up, heaviest first", () => {
    const { reply } = judge(
      evidence({ ...lists(listed(8), listed(7, { list: "b" })), helo: helo({ match: "differs" }) }),
      policy(),
    );
    assert.match(reply?.text ?? "", /^Refused: score 16 of 15; dnsbl: .*spamhaus-zen.*; dnsbl: .* b \(.*; helo: /);
  });

  test("each list that a refusal names has its look-up page named, once, in lines that are bounded", () => {
    const three = ["a", "b", "c"].map((list) => listed(6, { list, lookUpUrl: page(list) }));
    const { reply } = judge(evidence(lists(...three, listed(1, { list: "d", lookUpUrl: page("a") }))), policy());
    for (const name of ["a", "b", "c"]) assert.equal(reply?.text.split(page(name)).length, 2, reply?.text);
    for (const line of reply?.text.split("\n") ?? []) assert.ok(line.length <= REPLY_LINE_OCTETS_MAX);
  });

  test("where settings refuse what no rule found fault with, the refusal says so", () => {
    const closed = { ...policy(), thresholds: { ...policy().thresholds, junk: 0, reject: 0 } };
    assert.deepEqual(judge(evidence({}), closed).reply, {
      code: 554,
      status: "5.7.1",
      text: "Refused: score 0 of 0; no rule found fault; reject_score in this server's settings refuses mail all the same; write to postmaster@local.test",
    });
  });

  test("what others wrote is cut so that a reply fits its lines (RFC 5321 §4.5.3.1.5)", () => {
    const long = "x".repeat(2000);
    const lied = judge(evidence({ helo: helo({ helo: long, claimsToBeUs: "name" }) }), policy());
    assert.ok((lied.reply?.text.length ?? 0) < 250);
    const refused = judge(evidence(lists(listed(7, { rejectsAlone: true, list: long, value: long }))), policy());
    for (const line of refused.reply?.text.split("\n") ?? []) assert.ok(line.length <= REPLY_LINE_OCTETS_MAX);
    assert.match(refused.reply?.text ?? "", /^Refused by dnsbl/);
  });
});
