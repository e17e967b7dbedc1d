/** Transcripts with the real checks over a DNS that is a map: whatever lists do, good mail is neither refused nor held up. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { content } from "../../test/fakes/evidence.ts";
import { BUDGET_MS, FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import { type FakeNames, FakeResolver } from "../../test/fakes/resolver.ts";
import { NOW_SECONDS } from "../../test/fakes/signed-mail.ts";
import { authenticateMessage } from "../evidence/authentication-results/authenticate-message.ts";
import type { DnsList } from "../evidence/dnsbl/dns-list.ts";
import { ListWatch } from "../evidence/dnsbl/list-watch.ts";
import { queryLists } from "../evidence/dnsbl/query-lists.ts";
import { dnsLists } from "../evidence/dnsbl/settings.ts";
import { checkHelo } from "../evidence/reverse-dns/check-helo.ts";
import { checkReverseDns } from "../evidence/reverse-dns/check-reverse-dns.ts";
import { checkSpf } from "../evidence/spf/check-spf.ts";
import { extractUrls } from "../evidence/urls/extract-urls.ts";
import { queryUriLists } from "../evidence/urls/query-uri-lists.ts";
import type { Resolver } from "../ports/resolver.ts";
import { explain } from "../verdict/explain.ts";
import type { Checks } from "./evidence-gathering.ts";

const CLIENT = "198.51.100.7";
const REVERSED = "7.100.51.198";
const SECRET_KEY = "abcdefghijklmnop";

const a = (...records: string[]) => ({ A: records });
const good: FakeNames = {
  [CLIENT]: { PTR: ["mail.sender.example"] },
  "mail.sender.example": a(CLIENT),
};
const healthy: FakeNames = { "2.0.0.127.zen.spamhaus.org": a("127.0.0.2", "127.0.0.4", "127.0.0.10") };

function lists(key = ""): readonly DnsList[] {
  const parsed = dnsLists([{ profile: "spamhaus-zen", key, kind: "address", answers: {} }]);
  assert.ok(parsed.ok);
  return parsed.value;
}

/** Resolves questions about the client's listing only when told to; the list has been seen to work before. */
class SilentAboutClient extends FakeResolver {
  override a(name: string, options: { readonly deadlineMs: number }): ReturnType<Resolver["a"]> {
    if (name.startsWith(REVERSED)) return new Promise(() => undefined);
    return super.a(name, options);
  }
}

interface World {
  readonly mx: FakeReception;
  readonly judge: FakeJudge;
  readonly alerts: string[];
}

async function world(resolver: Resolver, key = ""): Promise<World> {
  const mx = new FakeReception("smtp");
  const { clock, random } = mx.dependencies;
  const alerts: string[] = [];
  const asked = lists(key);
  const onAlert = ({ kind, remedy }: { readonly kind: string; readonly remedy: string }): void =>
    void alerts.push(`${kind}: ${remedy}`);
  const watch = new ListWatch({ lists: asked, resolver, resolverName: "192.0.2.53", clock, random, onAlert });
  await watch.start();
  watch.stop();
  const checks: Checks = {
    reverseDns: (client, deadlineMs) => checkReverseDns({ client, resolver, deadlineMs }),
    helo: async ({ helo, client, localAddress }, reverseDns, deadlineMs) => {
      const own = { names: ["mx.local.test"], addresses: [localAddress] };
      return checkHelo({ helo, client, own, reverseDns: (await reverseDns) ?? undefined, resolver, deadlineMs });
    },
    lists: (subjects, deadlineMs) => queryLists({ subjects, lists: asked, guard: watch, resolver, deadlineMs }),
    authenticate: (message, spf, deadlineMs) =>
      authenticateMessage(message, { spf, trustedSealers: [], resolver, deadlineMs, nowSeconds: NOW_SECONDS }),
    links: ({ index, octets }) => extractUrls(index, octets),
    uriLists: (urls, deadlineMs) => queryUriLists({ urls, lists: asked, guard: watch, resolver, deadlineMs }),
    content: () => Promise.resolve(content()),
    spf: (envelope, deadlineMs) =>
      checkSpf({ ...envelope, receiver: "mx.local.test", nowSeconds: NOW_SECONDS, resolver, deadlineMs }),
  };
  return { mx, judge: new FakeJudge(mx, {}, checks), alerts };
}

/** @returns the answer to RCPT after at most the budget, and how long it took. */
async function rcpt({ mx }: World): Promise<{ readonly answer: string; readonly waitedMs: number }> {
  const client = mx.connect();
  await client.say("EHLO mail.sender.example");
  await client.say("MAIL FROM:<a@sender.example>");
  const startMs = mx.clock.monotonicMs();
  let answer = await client.say("RCPT TO:<user@local.test>");
  if (answer === "") {
    mx.clock.advance(BUDGET_MS);
    answer = await client.hear();
  }
  const waitedMs = mx.clock.monotonicMs() - startMs;
  if (answer.startsWith("250")) assert.match(await client.message("From: a@sender.example\nSubject: x\n\nx"), /^250 /);
  return { answer, waitedMs };
}

/** Accepted at once and into the inbox. */
async function checkGoodMail(names: FakeNames, alert?: RegExp): Promise<World> {
  const tried = await world(new FakeResolver({ ...good, ...names }));
  const { answer, waitedMs } = await rcpt(tried);
  assert.match(answer, /^250 2\.1\.5 /);
  assert.equal(waitedMs, 0);
  assert.equal(tried.mx.deliveries[0]?.targets[0]?.folder, "inbox");
  assert.equal(tried.judge.record.verdict?.sum, 0);
  if (alert !== undefined)
    assert.ok(
      tried.alerts.some((one) => alert.test(one)),
      tried.alerts.join(),
    );
  return tried;
}

suite("judging by the DNS", () => {
  for (const code of ["127.255.255.252", "127.255.255.254", "127.255.255.255", "127.0.0.1", "91.195.240.117"]) {
    test(`${code} is a list that does not serve us, never a listing (R13, R14)`, async () => {
      await checkGoodMail({ ...healthy, [`${REVERSED}.zen.spamhaus.org`]: a(code) });
    });
  }

  test("a mixed answer is an error, and the admin hears the way out", async () => {
    const names = { ...healthy, [`${REVERSED}.zen.spamhaus.org`]: a("127.0.0.9", "127.255.255.254") };
    await checkGoodMail(names, /^refuses-us: .*resolver of your own/);
  });

  test("an answer nobody documented does not count (R17)", async () => {
    await checkGoodMail({ ...healthy, [`${REVERSED}.zen.spamhaus.org`]: a("127.0.0.99") });
  });

  test("a dead list does not count", async () => {
    await checkGoodMail({ [`${REVERSED}.zen.spamhaus.org`]: a("127.0.0.9") }, /^dead: /);
  });

  test("a list that names the world does not count", async () => {
    const world0 = { "1.0.0.127.zen.spamhaus.org": a("127.0.0.2"), [`${REVERSED}.zen.spamhaus.org`]: a("127.0.0.9") };
    await checkGoodMail({ ...healthy, ...world0 }, /^lists-the-world: /);
  });

  test("SERVFAIL is no evidence, of lists and names alike (R58)", async () => {
    const down = {
      [`${REVERSED}.zen.spamhaus.org`]: "server-failure",
      [CLIENT]: "server-failure",
      "mail.sender.example": "timed-out",
    } as const;
    const { judge } = await checkGoodMail({ ...healthy, ...down });
    assert.equal(judge.record.evidence.reverseDns?.state, "not-checked");
  });

  test("a list that never answers costs the budget and nothing else (R15)", async () => {
    const tried = await world(new SilentAboutClient({ ...good, ...healthy }));
    const { answer, waitedMs } = await rcpt(tried);
    assert.match(answer, /^250 2\.1\.5 /);
    assert.ok(waitedMs <= BUDGET_MS);
    assert.equal(tried.judge.record.verdict?.sum, 0);
  });

  test("a hijacked network is refused at RCPT with ID, list and page (R16)", async () => {
    const tried = await world(
      new FakeResolver({ ...good, ...healthy, [`${REVERSED}.zen.spamhaus.org`]: a("127.0.0.9") }),
    );
    const { answer } = await rcpt(tried);
    assert.match(
      answer,
      /^554 5\.7\.1 .* 198\.51\.100\.7 is listed by Spamhaus ZEN \(hijacked network \(DROP\), 127\.0\.0\.9\)/,
    );
    assert.match(
      answer,
      /https:\/\/check\.spamhaus\.org\/\S*198\.51\.100\.7, or write to postmaster@local\.test \(\w{26}\)$/,
    );
    assert.ok(answer.includes(tried.judge.record.id));
  });

  test("the key of a list is in no reply, record or log", async () => {
    const zone = `${SECRET_KEY}.zen.dq.spamhaus.net`;
    const names = { ...good, [`2.0.0.127.${zone}`]: a("127.0.0.2"), [`${REVERSED}.${zone}`]: a("127.0.0.9") };
    const tried = await world(new FakeResolver(names), SECRET_KEY);
    const { answer } = await rcpt(tried);
    assert.match(answer, /^554 /);
    const { record } = tried.judge;
    const everything = [answer, JSON.stringify(record), ...explain(record), JSON.stringify(tried.mx.log.lines)].join();
    assert.ok(everything.includes("zen.dq.spamhaus.net"));
    assert.ok(!everything.includes(SECRET_KEY));
  });
});
