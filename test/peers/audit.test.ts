/** The audit in a small internet of its own: each finding right, none wrong, none missed. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { AuditReport, Outcome } from "#audit/report.ts";
import { must } from "./process.ts";

const world = join(import.meta.dirname, "audit/world.ts");

async function audited(scenario: string, ...words: readonly string[]): Promise<AuditReport> {
  const node = [process.execPath, "--conditions=postern-source", world, scenario, "--json", ...words];
  const said = await must("unshare", ["--net", "--mount", ...node], { patienceMs: 300_000 });
  const { value } = JSON.parse(Buffer.from(said, "latin1").toString("utf8")) as { readonly value: AuditReport };
  return value;
}

/** By check: outcomes in their order, without those that passed. */
function notPassed({ protections }: AuditReport): Readonly<Record<string, readonly Outcome[]>> {
  const found: Record<string, Outcome[]> = {};
  for (const { findings } of protections) {
    for (const { check, outcome } of findings) if (outcome !== "pass") (found[check] ??= []).push(outcome);
  }
  return found;
}

/** Those of the checks that passed. */
function passedOf({ protections }: AuditReport, ...checks: readonly string[]): readonly string[] {
  const passed = protections.flatMap(({ findings }) => findings.filter(({ outcome }) => outcome === "pass"));
  return [...new Set(passed.map(({ check }) => check))].filter((check) => checks.includes(check)).toSorted();
}

function outcomes({ protections }: AuditReport): readonly Outcome[] {
  return protections.map(({ outcome }) => outcome);
}

/** What nobody sees from outside. */
const NOT_SEEN = {
  "lists-used": ["unknown"],
  "uri-lists-used": ["unknown"],
  "own-block-list": ["unknown"],
  limits: ["unknown"],
} as const;

suite("the audit of", { concurrency: true }, () => {
  test("Debian's Postfix and Dovecot as they come", async () => {
    const report = await audited("stock");
    assert.deepEqual(notPassed(report), {
      ...NOT_SEEN,
      "relay-temporary": ["warn"],
      dkim: ["unknown"],
      "dmarc-policy": ["warn"],
      // Port 25, then where users log in.
      "tls-old": ["warn", "fail"],
      certificate: ["warn", "fail", "fail", "fail", "fail", "fail"],
      // Dovecot says USER before STLS, and refuses it.
      "tls-policy": ["warn"],
      "tls-reports": ["warn"],
      "mx-one": ["warn"],
    });
  });

  test("Debian's Exim as it comes", async () => {
    const report = await audited("exim", "--intrusive", "--recipient", "postmaster@exim.example");
    // It lets in twenty at once, and falls for no wrong end of a message.
    assert.deepEqual(passedOf(report, "limits", "smuggling"), ["limits", "smuggling"]);
    const { limits: _, ...notSeen } = NOT_SEEN;
    assert.deepEqual(notPassed(report), {
      ...notSeen,
      // Users log in nowhere.
      submission: ["unknown"],
      spf: ["fail"],
      dkim: ["unknown"],
      dmarc: ["fail"],
      "tls-old": ["warn"],
      // One of its own for an hour, with no name that counts.
      certificate: ["warn"],
      "tls-policy": ["warn"],
      "tls-reports": ["warn"],
      "mx-one": ["warn"],
    });
  });

  test("a server as nobody should have one", async () => {
    const report = await audited("bad", "--intrusive");
    assert.deepEqual(notPassed(report), {
      "lists-used": ["unknown"],
      "uri-lists-used": ["unknown"],
      "own-block-list": ["unknown"],
      "relay-open": ["fail"],
      "auth-in-clear": ["fail"],
      "auth-on-mx": ["warn"],
      "spf-lookups": ["fail"],
      dkim: ["unknown"],
      "dmarc-several": ["fail"],
      "tls-old": ["warn", "fail", "fail", "fail", "fail", "fail"],
      certificate: ["warn", "fail", "fail", "fail", "fail", "fail"],
      "clear-login": ["fail", "fail"],
      "tls-policy": ["warn"],
      "tls-reports": ["warn"],
      limits: ["warn"],
      "reverse-dns": ["fail"],
      banner: ["warn"],
      "mx-one": ["warn"],
      "mx-alias": ["fail"],
    });
  });

  test("two Posterns with everything published: all ten pass", async () => {
    const report = await audited("good");
    assert.deepEqual(notPassed(report), {});
    assert.deepEqual(
      outcomes(report),
      Array.from({ length: 10 }, () => "pass"),
    );
  });
});
