import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { formatIp, parseIp } from "./ip-address.ts";
import { formatPrefix, parsePrefix, prefixHolds, prefixOf } from "./prefix.ts";

suite("addresses as numbers", () => {
  test("each has one text, whatever it was written like", () => {
    check("192.0.2.5", "192.0.2.5");
    check("0.0.0.0", "0.0.0.0");
    check("255.255.255.255", "255.255.255.255");
    check("::ffff:192.0.2.5", "192.0.2.5");
    check("::FFFF:c000:205", "192.0.2.5");
    check("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    check("::", "::");
    check("1::", "1::");
    check("::1", "::1");
    check("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    check("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
    check("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1");
  });

  test("what is no address is none: octal, parts too many or too few, zones, sockets", () => {
    for (const text of ["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", "0x1.2.3.4", "1..2.3"])
      check(text);
    for (const text of [":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "fe80::1%eth0", "12345::"])
      check(text);
    for (const text of ["1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:1.2.3.4", ":1::", "1:"]) check(text);
    for (const text of ["unix:/run/lmtp", "example.com", "::1.2.3", "::1.2.3.4:5", "::g", "-1.2.3.4"]) check(text);
  });

  test("agrees with Node about what is an address, and with another reader about which", () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...Array.from("0123456789abf:.")), maxLength: 40 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseIp(text);
        assert.equal(parsed !== undefined, isIPv4(text) || isIPv6(text));
        if (parsed?.family === 6) assert.equal(`[${formatIp(parsed)}]`, new URL(`http://[${text}]/`).hostname);
      }),
      { numRuns: 300 },
    );
  });

  test("the text of an address is read as the same address", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const parsed = parseIp(text);
        assert.ok(parsed);
        assert.deepEqual(parseIp(formatIp(parsed)), parsed);
      }),
      { numRuns: 200 },
    );
  });
});

suite("networks", () => {
  test("are read strictly", () => {
    for (const [text, same = text] of [
      ["192.0.2.0/24"],
      ["192.0.2.5"],
      ["192.0.2.5/32", "192.0.2.5"],
      ["2001:DB8::/32", "2001:db8::/32"],
      ["0.0.0.0/0"],
      ["::/0"],
    ]) {
      const prefix = parsePrefix(text ?? "");
      assert.ok(prefix.ok, text);
      assert.equal(formatPrefix(prefix.value), same);
    }
    const problems = {
      "192.0.2.5/24": "host-bits",
      "192.0.2.0/33": "bad-length",
      "192.0.2.0/024": "bad-length",
      "::/129": "bad-length",
      "x/24": "not-an-address",
      "::ffff:192.0.2.0/120": "bad-length",
      "192.0.2.0/": "bad-length",
      "1.2.3.4/24/8": "bad-length",
    };
    for (const [text, problem] of Object.entries(problems))
      assert.deepEqual(parsePrefix(text), { ok: false, problem }, text);
  });

  test("a network holds the addresses that share its first bits, and no others", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 1, max: 128 }), fc.nat(127), (text, length, flipped) => {
        const address = parseIp(text);
        assert.ok(address);
        const bits = address.family === 4 ? 32 : 128;
        const prefix = prefixOf(address, Math.min(length, bits));
        const bit = flipped % bits;
        const words = [...address.words] as [number, number, number, number];
        words[bit >> 5] = ((words[bit >> 5] ?? 0) ^ (1 << (31 - (bit & 31)))) >>> 0;
        assert.ok(prefixHolds(prefix, prefixOf(address, bits)));
        assert.equal(prefixHolds(prefix, prefixOf({ ...address, words }, bits)), bit >= prefix.length);
      }),
      { numRuns: 200 },
    );
  });
});

/** @param same undefined: no address. */
function check(text: string, same?: string): void {
  const parsed = parseIp(text);
  assert.equal(parsed && formatIp(parsed), same, text);
}
