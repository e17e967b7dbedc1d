/** DNS lists as rbldnsd serves them: each answer of test/vectors/dns-lists.json that it can give, and what becomes of mail. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  alertsAbout,
  type GateServer,
  idIn,
  recordsOf,
  saidByLists,
  sendMail,
  smtpFrom,
  soon,
  startGateServer,
} from "./gate-server.ts";
import { readFolder } from "./mail.ts";
import { type Dataset, LIST_TTL_SECONDS, type Rbldnsd, startRbldnsd } from "./rbldnsd.ts";
import { alice } from "./server.ts";

/** On every list that does not work as it should. */
const GOOD = "198.51.100.25";

/** RFC 5782 §5: what a list that works names always. */
const CANARY = "127.0.0.2 :127.0.0.2:";
const CANARY_IPV6 = "::ffff:7f00:2 :127.0.0.2:";

function ip4(zone: string, ...lines: readonly string[]): Dataset {
  return { zone, type: "ip4trie", lines };
}

/** Lists that name our client, and are wrong in some way. */
const REFUSING = {
  "public-resolver.test": ["127.255.255.254", "public-resolver"],
  "wrong-zone.test": ["127.255.255.252", "wrong-zone"],
  "too-many.test": ["127.255.255.255", "too-many-questions"],
  "outside.test": ["91.195.240.117", "outside-127"],
} as const;

const DATASETS: readonly Dataset[] = [
  ip4("zen.spamhaus.org", CANARY, "192.0.2.9 :127.0.0.9:", "192.0.2.2 :127.0.0.2:"),
  ip4("zen.spamhaus.org", "127.0.0.2 :127.0.0.4:"),
  ip4("zen.spamhaus.org", "127.0.0.2 :127.0.0.10:"),
  { zone: "zen.spamhaus.org", type: "ip6trie", lines: [CANARY_IPV6, "2001:db8:bad::/48 :127.0.0.9:"] },
  {
    zone: "dbl.spamhaus.org",
    type: "dnset",
    lines: ["test :127.0.1.2:", ".spam.example :127.0.1.2:", "misuse.example :127.0.1.255:"],
  },
  { zone: "multi.surbl.org", type: "dnset", lines: [".surbl-org-permanent-test-point.com :127.0.0.1:"] },
  ip4("own.test", CANARY, "198.51.100.64/26 :127.0.0.2:", "!198.51.100.77"),
  { zone: "names.test", type: "dnset", lines: ["test :127.0.0.2:", ".listed.example :127.0.0.3:"] },
  ip4("dead.test", `${GOOD} :127.0.0.2:`),
  ip4("world.test", "0/0 :127.0.0.2:"),
  ...Object.entries(REFUSING).map(([zone, [answer]]) => ip4(zone, CANARY, `${GOOD} :${answer}:`)),
  ip4("undocumented.test", CANARY, `${GOOD} :127.0.0.99:`),
  ip4("mixed.test", CANARY, `${GOOD} :127.0.0.2:`),
  ip4("mixed.test", `${GOOD} :127.255.255.254:`),
  ip4("expiring.test", CANARY, "198.51.100.0/24 :127.0.0.2:"),
];

const OWN_ADDRESS_LISTS = [
  "own.test",
  "dead.test",
  "world.test",
  ...Object.keys(REFUSING),
  "undocumented.test",
  "mixed.test",
  "expiring.test",
];

const SETTINGS = `[threads]
front = 1
[[list]]
profile = "spamhaus-zen"
[[list]]
profile = "spamhaus-dbl"
[[list]]
profile = "surbl"
[[list]]
zone = "names.test"
kind = "domain"
answers = { "127.0.0.3" = { means = "sends spam", weight = 9 } }
${OWN_ADDRESS_LISTS.map(
  (zone) => `[[list]]
zone = "${zone}"
answers = { "127.0.0.2" = { means = "spam", weight = ${zone === "expiring.test" ? 1 : 20} } }`,
).join("\n")}
`;

let lists: Rbldnsd;
let server: GateServer;

before(async () => {
  lists = await startRbldnsd(DATASETS);
  server = await startGateServer({ nameServer: lists.address, dnsTimeoutMs: 2000, settings: SETTINGS });
  // Until the canaries were heard lists count for nothing.
  await soon(async () => {
    const reply = await sendMail(server, { address: "192.0.2.2" });
    const [record] = await recordsOf(server, idIn(reply));
    return record !== undefined && saidByLists(record)["spamhaus-zen"] === "listed 127.0.0.2" ? true : undefined;
  }, "the canaries are not heard");
});

after(async () => {
  await server?.stop();
  await lists?.[Symbol.asyncDispose]();
});

suite("lists that rbldnsd serves", () => {
  test("a listed client is refused at RCPT: the list, what it says, where to look, and the ID", async () => {
    const reply = await sendMail(server, { address: "192.0.2.9" });
    assert.match(
      reply.text,
      /^554 5\.7\.1 Refused by dnsbl: 192\.0\.2\.9 is listed by Spamhaus ZEN \(.*DROP.*127\.0\.0\.9\).* https:\/\/check\.spamhaus\.org\/results\/\?query=192\.0\.2\.9\b.*\(\w{26}\)$/s,
    );
    const page = await server.command(["why", idIn(reply)]);
    assert.match(page, new RegExp(`192\\.0\\.2\\.9: 127\\.0\\.0\\.9 \\(TTL ${LIST_TTL_SECONDS} s\\)`));
  });

  test("IPv6 is asked by its 32 nibbles, an IPv4 address inside IPv6 by its four octets", async () => {
    const reply = await sendMail(server, { address: "2001:db8:bad:1::9" });
    assert.match(reply.text, /^554 5\.7\.1 .*2001:db8:bad:1::9 is listed by Spamhaus ZEN/s);
    const nibbles = "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.a.b.0.8.b.d.0.1.0.0.2";
    assert.ok(lists.questions().includes(`${nibbles}.zen.spamhaus.org`));
    assert.match(
      (await sendMail(server, { address: "::ffff:192.0.2.9" })).text,
      /^554 5\.7\.1 .*192\.0\.2\.9 is listed/s,
    );
    assert.ok(lists.questions().includes("9.2.0.192.zen.spamhaus.org"));
    assert.ok(!lists.questions().some((name) => name.startsWith("9.0.2.0.0.0.0.c.f.f.f.f.")));
  });

  test("an IPv6 client that no list names is accepted", async () => {
    assert.equal((await sendMail(server, { address: "2001:db8:900d::1" })).code, 250);
  });

  test("what one list says makes Junk at most; with a listed name it is refused", async () => {
    const junk = await sendMail(server, { address: "198.51.100.70", subject: "on-one-list" });
    assert.equal(junk.code, 250);
    const found = await readFolder(server, alice, "Junk");
    assert.ok(found.some((octets) => octets.includes("Subject: on-one-list")));
    const refused = await sendMail(server, { address: "198.51.100.71", helo: "mx.listed.example" });
    assert.match(
      refused.text,
      /^554 5\.7\.1 .*198\.51\.100\.71 is listed by own\.test.*mx\.listed\.example is listed by names\.test/s,
    );
  });

  test("an address that the list leaves out of a network is not listed, and arrives", async () => {
    const reply = await sendMail(server, { address: "198.51.100.77", subject: "left-out" });
    assert.equal(reply.code, 250);
    const [record] = await recordsOf(server, idIn(reply));
    assert.ok(record);
    assert.equal(saidByLists(record)["own.test"], "clean");
    const inbox = await readFolder(server, alice);
    assert.ok(inbox.some((octets) => octets.includes("Subject: left-out")));
  });

  test("lists that are dead, that name the world, that do not serve us, or that nobody understands harm no good mail", async () => {
    const reply = await sendMail(server, { address: GOOD, subject: "harmed-by-nobody" });
    assert.equal(reply.code, 250, reply.text);
    const [record] = await recordsOf(server, idIn(reply));
    assert.ok(record);
    assert.deepEqual(saidByLists(record), {
      "spamhaus-zen": "clean",
      "own.test": "clean",
      "dead.test": "skipped dead",
      "world.test": "skipped lists-the-world",
      ...Object.fromEntries(Object.entries(REFUSING).map(([zone, [, why]]) => [zone, `refused-to-serve ${why}`])),
      "undocumented.test": "unknown-answer 127.0.0.99",
      "mixed.test": "refused-to-serve public-resolver",
      "expiring.test": "listed 127.0.0.2",
    });
    const refusing = [...Object.keys(REFUSING), "mixed.test", "surbl"];
    for (const { text, remedy } of await alertsAbout(server, "list-refuses-us", refusing)) {
      assert.ok(text.includes(lists.address), text);
      assert.match(remedy, /resolver of your own/);
    }
    await alertsAbout(server, "list-dead", ["dead.test"]);
    await alertsAbout(server, "list-lists-the-world", ["world.test"]);
  });

  test("a list that refused us is asked no more", async () => {
    const reply = await sendMail(server, { address: "198.51.100.26" });
    const [record] = await recordsOf(server, idIn(reply));
    assert.ok(record);
    assert.equal(saidByLists(record)["public-resolver.test"], "skipped refuses-us");
    assert.ok(!lists.questions().includes("26.100.51.198.public-resolver.test"));
  });

  test("lists of domains are asked for names and never for addresses; our misuse is told and is no listing", async () => {
    const reply = await sendMail(server, { address: "198.51.100.27", helo: "misuse.example" });
    assert.equal(reply.code, 250, reply.text);
    const [record] = await recordsOf(server, idIn(reply));
    assert.ok(record);
    assert.equal(saidByLists(record, "helo")["spamhaus-dbl"], "refused-to-serve misuse");
    await alertsAbout(server, "list-misuse", ["spamhaus-dbl"]);
    const asked = lists.questions();
    assert.ok(asked.includes("misuse.example.dbl.spamhaus.org"));
    assert.ok(!asked.some((name) => /^\d+\.\d+\.\d+\.\d+\.(?:dbl\.spamhaus\.org|names\.test)$/.test(name)));
    const listed = await sendMail(server, { address: "198.51.100.28", helo: "mx.spam.example" });
    const [other] = await recordsOf(server, idIn(listed));
    assert.ok(other);
    assert.equal(saidByLists(other, "helo")["spamhaus-dbl"], "listed 127.0.1.2");
  });
});

suite("a refusal by a list, explained", () => {
  test("why finds it by ID, client, sender and recipient: rule, answer with TTL, weight, reply, and what would change it", async () => {
    const mailFrom = "billing@mx.listed.example";
    const address = "198.51.100.72";
    const refused = await sendMail(server, { address, helo: "mx.listed.example", mailFrom });
    const id = idIn(refused);
    for (const about of [address, mailFrom, alice.user]) {
      const records = await recordsOf(server, about);
      assert.ok(
        records.some((record) => record.id === id),
        about,
      );
    }
    const page = await server.command(["why", id]);
    for (const expected of [
      /^Outcome +rejected at RCPT: score-reject/m,
      /own\.test\) on client 198\.51\.100\.72: 127\.0\.0\.2 \(TTL \d+ s\): spam/,
      /names\.test\)\s+on\s+helo\s+mx\.listed\.example:\s+127\.0\.0\.3\s+\(TTL\s+\d+\s+s\):\s+sends\s+spam/,
      /^ {2}dnsbl +\+21$/m,
      /^ {4}\+10 listed: .* is listed by own\.test/m,
      /^ {4}\+9 listed: mx\.listed\.example is listed by names\.test/m,
      /^ {2}- .*own\.test.*no longer/m,
    ]) {
      assert.match(page, expected);
    }
    assert.ok(page.replaceAll(/\s+/g, " ").includes(refused.text.replaceAll(/\s+/g, " ")), page);
  });

  test("a message is found by its Message-ID", async () => {
    const client = await smtpFrom(server.behindProxy.mx, "198.51.100.79");
    await client.expect(220);
    await client.say("EHLO mail.good.example", 250);
    await client.say("MAIL FROM:<someone@good.example>", 250);
    await client.say("RCPT TO:<alice@example.test>", 250);
    await client.say("DATA", 354);
    const text = "From: <someone@good.example>\r\nMessage-ID: <looked.for@good.example>\r\n\r\nHello\r\n.";
    const taken = await client.say(text, 250);
    client.close();
    const [record] = await recordsOf(server, "<looked.for@good.example>");
    assert.ok(taken.text.includes(record?.id ?? "?"), taken.text);
  });

  test("replay without the list names each connection that it alone had refused", async () => {
    await recordsOf(server, "192.0.2.9");
    const source = readFileSync(join(server.folder, "postern.toml"), "utf8");
    const without = join(server.folder, "without.toml");
    writeFileSync(without, source.replace('[[list]]\nprofile = "spamhaus-zen"\n', ""));
    // Exit code 1: something would change.
    const said = await server.command(["replay", "--with", without, "--json"]).catch((error: Error) => error.message);
    const [json = ""] = /^\{[^]*^\}/m.exec(said) ?? [];
    const { value } = JSON.parse(json) as {
      value: { decisions: { clientAddress: string; was: string; wouldBe: string }[] };
    };
    const changed = value.decisions.filter(({ was }) => was === "reject");
    assert.deepEqual(
      [...new Set(changed.map(({ clientAddress, wouldBe }) => `${clientAddress} ${wouldBe}`))].toSorted(),
      ["192.0.2.9 accept", "2001:db8:bad:1::9 accept"],
    );
  });
});

suite("lists that break while mail comes in", () => {
  test("one whose zone has expired: not listed, not clean, mail flows, and the administrator hears of it", async () => {
    await lists.expire("expiring.test");
    for (let client = 30; client < 36; client++) {
      const reply = await sendMail(server, { address: `198.51.100.${client}` });
      assert.equal(reply.code, 250, reply.text);
    }
    const [record] = await recordsOf(server, "198.51.100.35");
    assert.ok(record);
    assert.equal(saidByLists(record)["expiring.test"], "not-checked server-failure");
    await alertsAbout(server, "list-failing", ["expiring.test"]);
  });

  test("all fall silent: mail flows, and each list is left alone for some minutes", async () => {
    lists.fallSilent();
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, n) => sendMail(server, { address: `198.51.100.${40 + n}` })),
    );
    for (const { code, text } of replies) assert.equal(code, 250, text);
    await alertsAbout(server, "list-timing-out", ["spamhaus-zen", "own.test"]);
    const reply = await sendMail(server, { address: "198.51.100.50" });
    const [record] = await recordsOf(server, idIn(reply));
    assert.ok(record);
    assert.equal(saidByLists(record)["own.test"], "skipped timing-out");
  });

  test("their program is killed: mail flows, IPv6 too, and the status shows what is the matter", async () => {
    await lists.kill();
    assert.equal((await sendMail(server, { address: "198.51.100.51" })).code, 250);
    assert.equal((await sendMail(server, { address: "2001:db8:900d::2" })).code, 250);
    const status = (await server.command(["status"])).replaceAll(/\s+/g, " ");
    assert.match(status, /own\.test \(own\.test\) does not answer through 127\.0\.0\.1:\d+ .* Mail flows without it\./);
    assert.match(status, /expiring\.test \(expiring\.test\) cannot be asked through .*server-failure/);
  });
});
