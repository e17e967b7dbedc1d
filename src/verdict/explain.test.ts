import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { CLIENT, evidence, helo, listed, policy, reverseDns, spf } from "../../test/fakes/evidence.ts";
import type { DecisionRecord } from "./decision-record.ts";
import type { Evidence } from "./evidence.ts";
import { explain } from "./explain.ts";
import { judge } from "./judge.ts";
import { samePolicy } from "./policies.ts";
import type { Policy } from "./policy.ts";
import { replay } from "./replay.ts";
import { whatWouldChange } from "./what-would-change.ts";

function recorded(found: Evidence, under: Policy = policy(), changes: Partial<DecisionRecord> = {}): DecisionRecord {
  const { reply, ...verdict } = judge(found, under);
  return {
    version: 1,
    id: "01DECISION",
    session: "01SESSION",
    atMs: Date.UTC(2030, 0, 1, 12),
    listener: "smtp",
    clientAddress: CLIENT,
    clientName: "mail.sender.example",
    account: null,
    mailFrom: "a@sender.example",
    recipients: [
      {
        address: "user@local.test",
        accepted: false,
        reason: verdict.reasons[0] ?? null,
        reply: reply ?? { code: 250, status: "2.1.5", text: "Recipient ok" },
      },
    ],
    message: null,
    messageId: null,
    stage: "rcpt",
    judged: "judged",
    evidence: found,
    verdict,
    disposition: verdict.disposition,
    reasons: verdict.reasons,
    reply,
    settings: "0123456789ab",
    whatWouldChangeIt: whatWouldChange({ evidence: found }, under),
    ...changes,
  };
}

const hostile = evidence({
  reverseDns: reverseDns("no-name"),
  helo: helo({ match: "differs" }),
  dnsbl: { findings: [listed(7, { rejectsAlone: true })] },
});

const term = (words: string, outcome: "match" | "no-match", lookups: number) =>
  ({ term: words, outcome, lookups, voids: 0, questions: [], nested: undefined }) as const;

suite("explain", () => {
  test("one page says what happened, why, what was known and what would change it", () => {
    assert.deepEqual(explain(recorded(hostile, policy({ helo: "shadow" }))), [
      "Decision    01DECISION, 2030-01-01 12:00:00.000 UTC",
      "Outcome     rejected at RCPT: listed-as-hostile, no-pointer",
      "Client      198.51.100.7, HELO mail.sender.example",
      "Sender      <a@sender.example>",
      "Session     01SESSION (smtp), settings 0123456789ab",
      "",
      "Recipients",
      "  <user@local.test> refused, 554 listed-as-hostile",
      "",
      "Rules",
      "  block_list        0  nothing found",
      "  sender_lists      0  not asked",
      "  early_talker      0  nothing found",
      "  helo             +1  shadow: recorded, not counted",
      "    +1 helo-differs: mail.sender.example does not lead to the client's address",
      "  dnsbl            +7",
      "    +7 listed-as-hostile: 198.51.100.7 is listed by spamhaus-zen (hijacked",
      "      network (DROP), 127.0.0.9); reject by itself",
      "  reverse_dns      +2",
      "    +2 no-pointer: 198.51.100.7 has no PTR record; defer together with another",
      "      rule",
      "  spf               0  not asked",
      "  author            0  not asked",
      "  dkim              0  not asked",
      "  dmarc             0  not asked",
      "  uri_lists         0  not asked",
      "  content           0  not asked",
      "  score 9: rejected",
      "",
      "What was known",
      "  PTR 198.51.100.7: no such name (TTL 300 s); no-name",
      "  HELO mail.sender.example: name; 198.51.100.7 (TTL 300 s); resolves; match:",
      "    differs",
      "  spamhaus-zen (spamhaus-zen.example) on client 198.51.100.7: 127.0.0.9 (TTL 60",
      "    s): hijacked network (DROP)",
      "",
      "What would change it",
      "  - spamhaus-zen lists it no longer: accepted",
      '  - rules.dnsbl = "shadow": accepted',
      "",
      "Reply",
      "  554 5.7.1 Refused by dnsbl: 198.51.100.7 is listed by spamhaus-zen (hijacked",
      "    network (DROP), 127.0.0.9); see https://check.example/198.51.100.7, or write",
      "    to postmaster@local.test",
    ]);
  });

  test("a check that was not made did not find nothing", () => {
    const lines = explain(recorded(evidence({ helo: helo({ claimsToBeUs: "name" }) })));
    assert.deepEqual(
      lines.filter((line) => /^ {2}\w+ +0 /.test(line)),
      [
        "  block_list        0  nothing found",
        "  sender_lists      0  not asked",
        "  early_talker      0  nothing found",
        "  dnsbl             0  not asked",
        "  reverse_dns       0  not asked",
        "  spf               0  not asked",
        "  author            0  not asked",
        "  dkim              0  not asked",
        "  dmarc             0  not asked",
        "  uri_lists         0  not asked",
        "  content           0  not asked",
      ],
    );
  });

  test("SPF is shown as the tree that decided, by its indent", () => {
    const tree = {
      domain: "sender.example",
      record: "v=spf1 a -all",
      result: "fail",
      terms: [term("a", "no-match", 1), term("-all", "match", 1)],
      termsLeftOut: 0,
    } as const;
    const matched = { domain: "sender.example", term: "-all" };
    const lines = explain(recorded(evidence({ spf: spf("fail", { tree, matched, lookups: 1 }) })));
    const start = lines.indexOf("What was known");
    assert.deepEqual(lines.slice(start + 1, start + 6), [
      "  spf=fail for mail-from sender.example, client 198.51.100.7 by “-all” of",
      "      sender.example (1 of 10 look-ups, 0 of 2 without an answer)",
      "    sender.example: v=spf1 a -all → fail",
      "      · a",
      "      ✓ -all",
    ]);
    assert.ok(lines.includes("  spf              +1"));
  });

  test("recipients without a message are no accepted message", () => {
    const record = recorded(evidence({ helo: helo() }));
    assert.equal(explain(record)[1], "Outcome     recipients accepted, but no message came");
    assert.equal(explain({ ...record, stage: "data" })[1], "Outcome     accepted after the message");
  });

  test("no line is longer than 80 columns, and nothing a client said moves the cursor", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const said = `\u001b[2J${text}`;
        const record = recorded(evidence({ helo: helo({ helo: said, match: "differs" }) }), policy(), {
          clientName: said,
          mailFrom: said,
        });
        for (const line of explain(record)) {
          assert.ok(line.length <= 80);
          assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** @param expected what, and what would happen then. */
function checkChanges(found: Partial<Evidence>, expected: readonly string[], under: Policy = policy()): void {
  const changes = whatWouldChange({ evidence: evidence(found) }, under);
  assert.deepEqual(
    changes.map(({ what, disposition }) => `${what}: ${disposition}`),
    expected,
  );
}

suite("what would change a decision", () => {
  test("nothing, where there was nothing", () =>
    checkChanges({ helo: helo(), reverseDns: reverseDns("confirmed") }, []));

  test("a rule in shadow that would refuse is named", () => {
    const drop = { dnsbl: { findings: [listed(7, { rejectsAlone: true })] } };
    checkChanges(drop, ['rules.dnsbl = "enforce": reject'], policy({ dnsbl: "shadow" }));
  });

  test("where no single fact is enough, several together are named", () => {
    checkChanges({ spokeEarly: true, helo: helo({ claimsToBeUs: "name" }) }, [
      "the client waits for the greeting, and the client says its own name in EHLO, one that leads to its address: accept",
    ]);
  });

  test("either of two facts that need each other is enough", () => {
    checkChanges({ reverseDns: reverseDns("no-name"), helo: helo({ match: "differs" }) }, [
      "the client says its own name in EHLO, one that leads to its address: accept",
      "198.51.100.7 has a PTR record with a name of its own that leads back: accept",
      'rules.helo = "shadow": accept',
      'rules.reverse_dns = "shadow": accept',
    ]);
  });
});

suite("replay", () => {
  test("under the same policy everything is the same, after a way through JSON", () => {
    const record = JSON.parse(JSON.stringify(recorded(hostile))) as DecisionRecord;
    assert.deepEqual(replay(record, samePolicy(policy())), { kind: "same", disposition: "reject" });
  });

  test("under another policy it says what would have happened", () => {
    const replayed = replay(recorded(hostile), samePolicy(policy({ dnsbl: "shadow" })));
    assert.equal(
      replayed.kind === "changed" && `${replayed.was} -> ${replayed.verdict.disposition}`,
      "reject -> defer",
    );
  });

  test("a record from before there was some check is read as if that was not asked", () => {
    const { evidence: found, ...rest } = recorded(hostile);
    const { greylist: _, reverseDns: __, spf: ___, dmarc: ____, content: _____, ...older } = found;
    const record = { ...rest, evidence: older } as unknown as DecisionRecord;
    assert.deepEqual(replay(record, samePolicy(policy())), { kind: "same", disposition: "reject" });
    assert.ok(explain(record).length > 20);
  });

  test("who was not judged would not have been", () => {
    const user = recorded(hostile, policy(), { judged: "authenticated", verdict: null });
    assert.deepEqual(replay(user, samePolicy(policy())), { kind: "not-judged" });
  });
});
