/** What a verdict costs: microseconds for a clean client, a listed one and a hopeless one, and for what would change it. */

import type { Evidence } from "#verdict/evidence.ts";
import { judge } from "#verdict/judge.ts";
import { whatWouldChange } from "#verdict/what-would-change.ts";
import { evidence, generic, helo, listed, policy, reverseDns } from "../test/fakes/evidence.ts";

const RUNS = 100_000;
const BOUND_MICROSECONDS = 20;

const lists = ["spamhaus-zen", "spamcop", "psbl", "barracuda", "spamhaus-dbl"];
const cases: Readonly<Record<string, Evidence>> = {
  clean: evidence({ reverseDns: reverseDns("confirmed"), helo: helo(), dnsbl: { findings: [] } }),
  listed: evidence({
    reverseDns: reverseDns("confirmed"),
    helo: helo(),
    dnsbl: { findings: [listed(7, { rejectsAlone: true })] },
  }),
  hopeless: evidence({
    reverseDns: reverseDns("not-confirmed", generic(3)),
    helo: helo({ match: "differs", generic: generic(3) }),
    dnsbl: { findings: lists.flatMap((list) => [listed(4, { list }), listed(3, { list, role: "helo" })]) },
  }),
};

function microseconds(run: () => unknown, runs: number): number {
  for (let i = 0; i < runs / 10; i += 1) run();
  const start = performance.now();
  for (let i = 0; i < runs; i += 1) run();
  return ((performance.now() - start) * 1000) / runs;
}

const under = policy();
for (const [name, found] of Object.entries(cases)) {
  const verdict = microseconds(() => judge(found, under), RUNS);
  const changes = microseconds(() => whatWouldChange({ evidence: found }, under), RUNS / 10);
  const mark = verdict < BOUND_MICROSECONDS ? "" : ` (over ${BOUND_MICROSECONDS})`;
  console.log(`${name}: verdict ${verdict.toFixed(1)} µs${mark}, what would change it ${changes.toFixed(1)} µs`);
}
