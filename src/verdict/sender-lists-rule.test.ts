import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  banned,
  dmarc,
  evidence,
  listed,
  met,
  policy,
  reverseDns,
  scanned,
  senders,
  spf,
} from "../../test/fakes/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";

const SCORE_8 = { dnsbl: { findings: [listed(8)] } };
const SCORE_14 = { dnsbl: { findings: [listed(8), listed(6, { list: "b" })] } };
const SCORE_16 = { dnsbl: { findings: [listed(8), listed(8, { list: "b" })] } };
const SPF_PASS = spf("pass", { domain: "sender.example" });

/** @param expected disposition and sum. */
function check(found: Partial<Evidence>, expected: readonly [string, number], under: Policy = policy()): void {
  const { disposition, sum } = judge(evidence(found), under);
  assert.deepEqual([disposition, sum], expected);
}

suite("sender lists: who is let in", () => {
  test("counts where SPF proves the envelope, or DMARC the author", () => {
    check({ ...SCORE_14, spf: SPF_PASS, senderLists: senders({ allow: "mail-from" }) }, ["accept", -6.2]);
    check({ ...SCORE_14, dmarc: dmarc("pass"), senderLists: senders({ allow: "author" }) }, ["accept", -6]);
    check({ ...SCORE_14, senderLists: senders({ allow: "client" }) }, ["accept", -6]);
  });

  test("an aligned signature of a domain without a policy is proof, too", () => {
    const aligned = dmarc("none", "none", { dkim: [{ domain: "sender.example", state: "aligned" }] });
    check({ ...SCORE_14, dmarc: aligned, senderLists: senders({ allow: "author" }) }, ["accept", -6]);
  });

  test("a name without proof is anybody's: it counts for nothing, and the evidence says so", () => {
    const unproven: readonly Partial<Evidence>[] = [
      {},
      { spf: spf("pass", { domain: "other.example" }) },
      { spf: spf("pass", { domain: "sender.example", passesEverybody: true }) },
      { spf: spf("pass", { domain: "sender.example", identity: "helo" }) },
      { spf: spf("softfail", { domain: "sender.example" }) },
      {
        spf: spf("pass", { domain: "sender.example", passesEverybody: true }),
        dmarc: dmarc("pass", "none", { spf: { domain: "sender.example", state: "aligned" } }),
      },
      { dmarc: dmarc("none") },
      { dmarc: dmarc("temperror") },
      { dmarc: dmarc("permerror", "none", { dkim: [{ domain: "sender.example", state: "aligned" }] }) },
    ];
    for (const found of unproven) {
      for (const matched of ["mail-from", "author"] as const) {
        const all = evidence({ ...found, senderLists: senders({ allow: matched }) });
        const [rule] = judge(all, policy()).rules.filter((one) => one.rule === "sender_lists");
        assert.deepEqual(
          [rule?.weight, rule?.findings[0]?.reason],
          [0, "allowed-sender-unproven"],
          JSON.stringify(found),
        );
      }
    }
  });

  test("takes nothing off what is refused by itself", () => {
    const allowed = { senderLists: senders({ allow: "client" }) };
    check({ ...allowed, blockList: banned(null) }, ["reject", -20]);
    check({ ...allowed, dmarc: dmarc("fail", "reject") }, ["reject", -20]);
    check({ ...allowed, dnsbl: { findings: [listed(7, { rejectsAlone: true })] } }, ["reject", -13]);
    check({ ...allowed, spokeEarly: true }, ["reject", -20]);
    const virus = { antivirus: scanned({ kind: "found", name: "Eicar" }) };
    check({ ...allowed, ...virus }, ["reject", -20], policy({ antivirus: "enforce" }));
    check(
      { ...virus, dmarc: dmarc("pass"), senderLists: senders({ writtenTo: true }) },
      ["reject", -11],
      policy({ antivirus: "enforce" }),
    );
  });

  test("does not wait in the greylist", () => {
    const enforced = policy({ greylist: "enforce" });
    check({ ...SCORE_8, greylist: met("first-met") }, ["defer", 8], enforced);
    check(
      { ...SCORE_8, greylist: met("first-met"), senderLists: senders({ allow: "client" }) },
      ["accept", -12],
      enforced,
    );
  });

  test("before the message is there it is let on, and not one look longer", () => {
    const waiting = { ...SCORE_16, senderLists: senders({ allow: "mail-from", awaitsProof: true }) };
    check(waiting, ["accept", -4]);
    check({ ...waiting, dmarc: dmarc("none") }, ["reject", 16]);
  });
});

suite("sender lists: who is kept out", () => {
  test("550 5.7.1, proven or not, whatever speaks for it", () => {
    const { disposition, reply, reasons } = judge(evidence({ senderLists: senders({ deny: true }) }), policy());
    assert.deepEqual([disposition, reply?.code, reply?.status, reasons[0]], ["reject", 550, "5.7.1", "denied-sender"]);
    assert.match(reply?.text ?? "", /does not take mail from a@sender\.example.*write to postmaster@local\.test/);
    check({ spf: SPF_PASS, dmarc: dmarc("pass"), senderLists: senders({ deny: true, writtenTo: true }) }, [
      "reject",
      -0.2,
    ]);
  });

  test("the most exact entry decides; one that lets in without proof lets the next one decide", () => {
    const both = senders({ allow: "mail-from", deny: true });
    check({ ...SCORE_8, spf: SPF_PASS, senderLists: both }, ["accept", -12.2]);
    check({ ...SCORE_8, senderLists: both }, ["reject", 8]);
  });

  test("in shadow it is recorded, off it is not asked", () => {
    check({ senderLists: senders({ deny: true }) }, ["accept", 0], policy({ sender_lists: "shadow" }));
    const off = judge(evidence({ senderLists: senders({ deny: true }) }), policy({ sender_lists: "off" }));
    assert.ok(off.rules.every(({ rule }) => rule !== "sender_lists"));
  });
});

suite("sender lists: whom the recipient has written to", () => {
  const friend = { dmarc: dmarc("pass"), senderLists: senders({ writtenTo: true }) };

  test("what would not be refused is neither in Junk nor made to wait, and what would be is in Junk at worst", () => {
    const enforced = policy({ greylist: "enforce" });
    check({ ...SCORE_14, ...friend, greylist: met("first-met") }, ["accept", 3], enforced);
    const more = { findings: [...SCORE_14.dnsbl.findings, listed(0.9, { list: "c" })] };
    check({ dnsbl: more, ...friend, greylist: met("first-met") }, ["accept", 3.9], enforced);
    check({ ...SCORE_16, ...friend }, ["accept", 5]);
    check({ dnsbl: { findings: [listed(9), listed(9, { list: "b" })] }, ...friend }, ["junk", 7]);
  });

  test("not where nothing proves it", () => {
    check({ ...SCORE_8, senderLists: senders({ writtenTo: true }) }, ["junk", 8]);
    check({ ...SCORE_8, dmarc: dmarc("fail", "none"), senderLists: senders({ writtenTo: true }) }, ["junk", 8]);
  });

  test("never over what is refused by itself, nor over the administrator's own entry", () => {
    check({ ...friend, dmarc: dmarc("fail", "reject") }, ["reject", 0]);
    check({ ...friend, blockList: banned(null) }, ["reject", -11]);
    check({ ...friend, senderLists: senders({ writtenTo: true, deny: true }) }, ["reject", 0]);
  });

  test("is not added to an entry that lets in", () => {
    check({ dmarc: dmarc("pass"), senderLists: senders({ allow: "client", writtenTo: true }) }, ["accept", -20]);
    check({ reverseDns: reverseDns("no-name"), ...friend }, ["accept", -9]);
  });
});
