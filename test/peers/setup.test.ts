/** From a machine that has nothing to ten protections that pass, without a question; and again without a change. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { test } from "node:test";
import type { AuditReport } from "#audit/report.ts";
import { must } from "./process.ts";

const world = join(import.meta.dirname, "setup/world.ts");
const TEN_MINUTES_MS = 10 * 60 * 1000;

interface SetupRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

interface Said {
  readonly done: boolean;
  readonly steps: readonly { readonly kind: string; readonly name: string }[];
  readonly secret?: { readonly account: string };
  readonly audit: AuditReport | null;
  readonly left: readonly string[];
}

test("setup makes an installation that its own audit finds nothing against, and run again keeps all of it", async () => {
  const node = [process.execPath, "--conditions=postern-source", world, "--json"];
  // Processes of its own, too: the server outlives setup, and ends with its world however that ends.
  const apart = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const said = await must("unshare", [...apart, ...node], { patienceMs: 880_000 });
  const { first, again, before, after, alerts, refused, unknown } = JSON.parse(said) as {
    readonly first: SetupRun;
    readonly again: SetupRun;
    readonly before: Readonly<Record<string, string>>;
    readonly after: Readonly<Record<string, string>>;
    readonly alerts: readonly string[];
    readonly refused: string | null;
    readonly unknown: string | null;
  };
  const [one, two] = [first, again].map(({ stdout, stderr }) => {
    if (!stdout.startsWith("{")) assert.fail(`${stdout}\n${stderr}`);
    return (JSON.parse(stdout) as { readonly value: Said }).value;
  });
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(
    outcomes(one),
    Array.from({ length: 10 }, () => "pass"),
  );
  assert.deepEqual([first.code, one.done, one.left], [0, true, []]);
  assert.equal(one.secret?.account, "admin@fresh.example");
  for (const name of ["settings", "data", "account", "dns-published", "server"]) assert.equal(kind(one, name), "made");
  for (const name of ["resolver", "lists", "ports", "dns-seen", "reverse-dns", "certificate", "test-message"])
    assert.equal(kind(one, name), "pass");

  assert.deepEqual(outcomes(two), outcomes(one));
  assert.deepEqual([again.code, two.left, two.secret], [0, [], undefined]);
  assert.deepEqual(
    two.steps.filter((step) => step.kind === "made"),
    [],
  );
  assert.equal(Object.values(before).includes("not there"), false);
  assert.deepEqual(after, before);
  assert.deepEqual(alerts, []);
  for (const answer of [refused, unknown])
    assert.match(answer ?? "taken", /^the answer NOTAUTH .* is the key right\?$/);
  assert.ok(first.tookMs < TEN_MINUTES_MS);
});

function outcomes({ audit }: Said): readonly string[] {
  return (audit?.protections ?? []).map(({ outcome }) => outcome);
}

function kind({ steps }: Said, name: string): string | undefined {
  return steps.find((step) => step.name === name)?.kind;
}
