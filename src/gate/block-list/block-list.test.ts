import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { formatIp } from "../network/ip-address.ts";
import { formatPrefix, type Prefix, parsePrefix, prefixHolds, prefixOf } from "../network/prefix.ts";
import { BlockList } from "./block-list.ts";
import { type BlockEntry, makeEntry, type Scope } from "./entry.ts";
import { parseImport } from "./import.ts";
import { ENTRIES_MAX } from "./limits.ts";
import { PrefixTable } from "./prefix-table.ts";

suite("block list", () => {
  test("the ban of the smallest network is the one that is shown", () => {
    const list = listOf(ban("192.0.2.0/24"), ban("192.0.0.0/16"), ban("192.0.2.5"));
    check(list, "192.0.2.5", "smtp", "192.0.2.5");
    check(list, "192.0.2.6", "smtp", "192.0.2.0/24");
    check(list, "192.0.3.6", "smtp", "192.0.0.0/16");
    check(list, "192.1.3.6", "smtp", undefined);
  });

  test("an allow entry wins over every ban, the more precise one too, and only where it covers", () => {
    const list = listOf(ban("192.0.2.0/24"), ban("192.0.2.5"), allow("192.0.2.0/28"));
    check(list, "192.0.2.5", "smtp", undefined);
    check(list, "192.0.2.77", "smtp", "192.0.2.0/24");
  });

  test("scopes are apart: a ban from logging in does not stop mail, nor the other way round (R21)", () => {
    const list = listOf(ban("192.0.2.1", "auth"), ban("192.0.2.2", "smtp"), ban("192.0.2.3", "all"));
    check(list, "192.0.2.1", "smtp", undefined);
    check(list, "192.0.2.1", "auth", "192.0.2.1");
    check(list, "192.0.2.2", "auth", undefined);
    check(list, "192.0.2.2", "smtp", "192.0.2.2");
    for (const scope of ["smtp", "auth"] as const) check(list, "192.0.2.3", scope, "192.0.2.3");
    list.put(allow("192.0.2.3", "smtp"));
    check(list, "192.0.2.3", "smtp", undefined);
    check(list, "192.0.2.3", "auth", "192.0.2.3");
  });

  test("what has ended has no effect, allow entries included; the end itself is outside", () => {
    const list = listOf({ ...ban("192.0.2.1"), untilMs: 1000 }, { ...allow("192.0.2.0/24"), untilMs: 500 });
    check(list, "192.0.2.1", "smtp", undefined, 499);
    check(list, "192.0.2.1", "smtp", "192.0.2.1", 500);
    check(list, "192.0.2.1", "smtp", undefined, 1000);
    assert.deepEqual(
      list.removeEnded(1000).map(({ kind }) => kind),
      ["allow", "ban"],
    );
    assert.equal(list.size, 0);
  });

  test("an allow entry lifts the bans that it covers wholly, and names them", () => {
    const list = listOf(
      ban("192.0.2.5"),
      ban("192.0.2.6", "auth"),
      ban("192.0.2.7", "all"),
      ban("192.0.0.0/16"),
      ban("192.0.3.1"),
    );
    const lifted = (scope: Scope): readonly string[] =>
      list.liftedBy(allow("192.0.2.0/24", scope)).map(({ prefix }) => prefix);
    assert.deepEqual(lifted("all"), ["192.0.2.5", "192.0.2.6", "192.0.2.7"]);
    assert.deepEqual(lifted("auth"), ["192.0.2.6"]);
  });

  test("IPv6, and IPv4 in IPv6 clothes", () => {
    const list = listOf(ban("2001:db8:1::/48"), allow("2001:db8:1:2::/64"), ban("192.0.2.5"));
    check(list, "2001:db8:1:3::9", "smtp", "2001:db8:1::/48");
    check(list, "2001:db8:1:2::9", "smtp", undefined);
    check(list, "::ffff:192.0.2.5", "smtp", "192.0.2.5");
    check(list, "unix:/run/lmtp", "smtp", undefined);
  });

  test("bans of an address that hides other clients are suspended", () => {
    const list = new BlockList((address) => address === "192.0.2.5");
    for (const address of ["192.0.2.5", "192.0.2.6"]) list.put(ban(address));
    check(list, "192.0.2.5", "smtp", undefined);
    check(list, "192.0.2.6", "smtp", "192.0.2.6");
  });

  test("an entry replaces the one of the same network, kind and scope; each is removed by itself", () => {
    const list = listOf(ban("192.0.2.5"), { ...ban("192.0.2.5"), reason: "newer" }, ban("192.0.2.5", "auth"));
    assert.equal(list.size, 2);
    assert.equal(list.check("192.0.2.5", "smtp", 0)?.reason, "newer");
    list.apply({ kind: "remove", entries: [ban("192.0.2.5")] });
    check(list, "192.0.2.5", "smtp", undefined);
    check(list, "192.0.2.5", "auth", "192.0.2.5");
    assert.equal(list.remove(ban("192.0.2.5")), false);
  });
});

test("a full list takes no more, and says so; what is in it can still be changed", () => {
  const list = new BlockList();
  for (let number = 0; number < ENTRIES_MAX; number++) {
    list.put(ban(`${11 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.1`));
  }
  assert.equal(list.size, ENTRIES_MAX);
  assert.equal(list.put(ban("203.0.113.5")), false);
  check(list, "203.0.113.5", "smtp", undefined);
  assert.equal(list.put({ ...ban("11.0.0.1"), reason: "newer" }), true);
  assert.equal(list.size, ENTRIES_MAX);
});

suite("entries", () => {
  test("are read strictly, and written one way", () => {
    assert.deepEqual(made({ prefix: "2001:DB8:0::/48" }), "2001:db8::/48");
    assert.deepEqual(made({ prefix: "192.0.2.5/24" }), "host-bits");
    assert.deepEqual(made({ prefix: "example.com" }), "not-an-address");
    assert.deepEqual(made({ prefix: "0.0.0.0/0" }), "too-wide");
    assert.deepEqual(made({ prefix: "0.0.0.0/0", kind: "allow" }), "0.0.0.0/0");
    assert.deepEqual(made({ origin: "rule" }), "never-ends");
    assert.deepEqual(made({ untilMs: 0 }), "ended-already");
  });

  test("texts and evidence have bounds, and the newest evidence stays", () => {
    const entry = makeEntry({
      ...ban("192.0.2.5"),
      reason: "x".repeat(999),
      evidence: Array.from({ length: 99 }, (_, i) => `${i}`),
    });
    assert.ok(entry.ok);
    assert.equal(entry.value.reason.length, 200);
    assert.equal(entry.value.evidence.length, 10);
    assert.equal(entry.value.evidence.at(-1), "98");
  });
});

suite("import", () => {
  test("plain lists, CIDR files and comments of both kinds; each network once", () => {
    const text = "# a list\r\n192.0.2.5\r\n198.51.100.0/24 ; SBL1234\r\n\r\n; more\n2001:DB8::/32\n192.0.2.5/32";
    assert.deepEqual(parseImport(text), { ok: true, value: ["192.0.2.5", "198.51.100.0/24", "2001:db8::/32"] });
    assert.deepEqual(parseImport(""), { ok: true, value: [] });
  });

  test("every bad line with its number, and nothing of the good ones", () => {
    const read = parseImport("192.0.2.5\nhello\n192.0.2.5/24\n10.0.0.0/4\n192.0.2.6\n192.0.2.7 192.0.2.8");
    assert.ok(!read.ok);
    assert.deepEqual(
      read.problem.badLines.map(({ line, text }) => [line, text]),
      [
        [2, "hello"],
        [3, "192.0.2.5/24"],
        [4, "10.0.0.0/4"],
        [6, "192.0.2.7 192.0.2.8"],
      ],
    );
    assert.match(read.problem.badLines[1]?.problem ?? "", /192\.0\.2\.0\/24/);
  });

  test("what may never be banned is a bad line", () => {
    const read = parseImport("192.0.2.5\n127.0.0.1", (prefix) =>
      prefix.words[0] >>> 24 === 127 ? "loopback" : undefined,
    );
    assert.ok(!read.ok);
    assert.deepEqual(read.problem.badLines, [{ line: 2, text: "127.0.0.1", problem: "never banned: loopback" }]);
  });

  test("names a thousand bad lines and counts the rest", () => {
    const read = parseImport("bad\n".repeat(1500));
    assert.ok(!read.ok);
    assert.equal(read.problem.badLines.length, 1000);
    assert.equal(read.problem.more, 500);
  });

  test("no text throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789abc:./#; \n".split("")), maxLength: 100 }),
        (text) => {
          const read = parseImport(text);
          assert.ok(read.ok || read.problem.badLines.length > 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("the table finds what looking through all networks finds, whatever is added and removed", () => {
  const prefixes = fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.nat(0xffff), fc.nat(3), fc.nat(128))
    .map(([family, high, low, length]): Prefix => {
      const words = [((high << 16) | (low << 14)) >>> 0, low << 30, high, low] as const;
      return prefixOf(
        { family, words: family === 4 ? [words[0], 0, 0, 0] : words },
        Math.min(length, family === 4 ? 32 : 128),
      );
    });
  const near = fc.array(prefixes, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(near, near, fc.array(fc.boolean(), { maxLength: 60 }), (added, asked, removals) => {
      const table = new PrefixTable<string>();
      const plain = new Map<string, Prefix>();
      for (const prefix of added) {
        table.set(prefix, formatPrefix(prefix));
        plain.set(formatPrefix(prefix), prefix);
      }
      for (const [index, name] of [...plain.keys()].entries()) {
        if (removals[index] !== true) continue;
        table.delete(must(name));
        plain.delete(name);
      }
      assert.equal(table.size, plain.size);
      for (const prefix of [...added, ...asked]) {
        const host = prefixOf(prefix, prefix.family === 4 ? 32 : 128);
        const found: string[] = [];
        table.visitHolding(host, (value) => found.push(value));
        const holding = [...plain.values()].filter((other) => prefixHolds(other, host));
        assert.deepEqual(found, holding.toSorted((a, b) => a.length - b.length).map(formatPrefix), formatIp(host));
        const inside = [...plain.values()].filter((other) => prefixHolds(prefix, other)).map(formatPrefix);
        assert.deepEqual(table.within(prefix).toSorted(), inside.toSorted());
        assert.equal(table.get(prefix), plain.has(formatPrefix(prefix)) ? formatPrefix(prefix) : undefined);
      }
    }),
    { numRuns: 200 },
  );
});

test("the table gives up what it no longer needs: it does not grow while entries come and go", () => {
  const table = new PrefixTable<number>();
  const prefixes = Array.from({ length: 1000 }, (_, i) => must(`10.${i & 255}.${i >> 8}.${(i * 7) & 255}`));
  for (let round = 0; round < 20; round++) {
    for (const [i, prefix] of prefixes.entries()) table.set(prefix, i);
    for (const prefix of prefixes) table.delete(prefix);
  }
  assert.equal(table.size, 0);
  assert.ok(table.nodes < 2000, `${table.nodes}`);
});

function must(text: string): Prefix {
  const prefix = parsePrefix(text);
  assert.ok(prefix.ok, text);
  return prefix.value;
}

function listOf(...entries: readonly BlockEntry[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) list.put(entry);
  return list;
}

function ban(prefix: string, scope: Scope = "smtp"): BlockEntry {
  return {
    prefix,
    scope,
    kind: "ban",
    reason: "",
    evidence: [],
    sinceMs: 0,
    untilMs: null,
    origin: "admin",
    repeat: 0,
  };
}

function allow(prefix: string, scope: Scope = "all"): BlockEntry {
  return { ...ban(prefix, scope), kind: "allow" };
}

function made(fields: Partial<BlockEntry>): string {
  const entry = makeEntry({ ...ban("192.0.2.5"), ...fields });
  return entry.ok ? entry.value.prefix : entry.problem;
}

function check(list: BlockList, address: string, scope: "smtp" | "auth", prefix: string | undefined, nowMs = 0): void {
  assert.equal(list.check(address, scope, nowMs)?.prefix, prefix, `${address} ${scope}`);
}
