/** What one question to the block list costs with 100,000 entries, the reading of the address included. The goal: under 1 µs. */
import { BlockList } from "#gate/block-list/block-list.ts";
import type { BlockEntry } from "#gate/block-list/entry.ts";
import { formatIp, type Words } from "#gate/network/ip-address.ts";
import { formatPrefix, prefixOf } from "#gate/network/prefix.ts";

const ENTRIES = 100_000;
const QUESTIONS = 20_000;
/** Short ones: the best of them is one that nothing else on the machine disturbed. */
const ROUNDS = 100;

let state = 12_345;
/** A word of a simple generator: the same list in each run. */
function word(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

function words(family: 4 | 6): Words {
  return family === 4 ? [word(), 0, 0, 0] : [(0x2000_0000 | (word() >>> 3)) >>> 0, word(), word(), word()];
}

function entry(family: 4 | 6): BlockEntry {
  const lengths = family === 4 ? [32, 32, 32, 24, 22, 16] : [128, 64, 64, 56, 48];
  const length = lengths[word() % lengths.length] ?? 32;
  return {
    prefix: formatPrefix(prefixOf({ family, words: words(family) }, length)),
    scope: "all",
    kind: word() % 50 === 0 ? "allow" : "ban",
    reason: "bench",
    evidence: [],
    sinceMs: 0,
    untilMs: null,
    origin: "import",
    repeat: 0,
  };
}

function measure(family: 4 | 6): void {
  const list = new BlockList();
  const entries = Array.from({ length: ENTRIES }, () => entry(family));
  const begin = performance.now();
  for (const one of entries) list.put(one);
  const builtMs = performance.now() - begin;
  const strangers = Array.from({ length: QUESTIONS }, () => formatIp({ family, words: words(family) }));
  const listed = Array.from({ length: QUESTIONS }, (_, i) => entries[i % ENTRIES]?.prefix.split("/")[0] ?? "");
  for (const [what, addresses] of [
    ["strangers", strangers],
    ["listed", listed],
  ] as const) {
    const best = Math.min(...Array.from({ length: ROUNDS }, () => nanoseconds(list, addresses)));
    console.log(`IPv${family}, ${list.size} entries, ${what}: ${best.toFixed(0)} ns a question`);
  }
  console.log(`IPv${family}: built in ${builtMs.toFixed(0)} ms, entry by entry`);
}

function nanoseconds(list: BlockList, addresses: readonly string[]): number {
  let banned = 0;
  const begin = performance.now();
  for (const address of addresses) if (list.check(address, "smtp", 0) !== undefined) banned++;
  const tookNs = ((performance.now() - begin) * 1e6) / addresses.length;
  if (banned < 0) console.log(banned);
  return tookNs;
}

measure(4);
measure(6);
