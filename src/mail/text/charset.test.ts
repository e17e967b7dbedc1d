import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { decodeCharset } from "./charset.ts";
import { DECODERS_KEPT_MAX } from "./limits.ts";

suite("charset", () => {
  const cases = [
    ["UTF-8", "c3bc", "ü"],
    ["iso-8859-1", "fc", "ü"],
    ["windows-1252", "80", "€"],
    ["KOI8-R", "d0", "п"],
    ["shift_jis", "93fa", "日"],
    ["gb18030", "c4e3", "你"],
    // Not in the Encoding Standard, so not in TextDecoder.
    ["cp437", "81", "ü"],
    ["utf-7", "2b41507a2d", "ü"],
    ["utf-8*de", "c3bc", "ü"],
    ["", "c3bc", "ü"],
    ["", "fc", "ü"],
    ["us-ascii", "c3bc", "ü"],
    ["no-such-charset", "fc", "ü"],
    // Labelled UTF-8, but nothing in it is.
    ["utf-8", "6dfc6e", "mün"],
    // UTF-8 cut in a character.
    ["utf-8", "c3bcc3", "ü\ufffd"],
  ] as const;
  for (const [charset, octets, expected] of cases) {
    test(`${octets} as "${charset}" is ${expected}`, () =>
      assert.equal(decodeCharset(Buffer.from(octets, "hex"), charset), expected));
  }

  test("names made up by strangers crowd out nothing", () => {
    for (let i = 0; i < DECODERS_KEPT_MAX * 3; i++) decodeCharset(Buffer.from("x"), `made-up-${i}`);
    assert.equal(decodeCharset(Buffer.from("fc", "hex"), "iso-8859-1"), "ü");
  });
});
