import assert from "node:assert/strict";
import { test } from "node:test";
import { jobTo, recipient } from "../../../test/fakes/remote-world.ts";
import { needsUtf8 } from "./needs-utf8.ts";

async function check(message: string, expected: boolean, more: Parameters<typeof jobTo>[0] = {}): Promise<void> {
  const octets = Buffer.from(message, "utf8");
  for (const piece of [3, octets.length + 1]) {
    const read = async (start: number, end: number) => octets.subarray(start, Math.min(end, start + piece));
    assert.equal(await needsUtf8(jobTo({ utf8: true, ...more, read })), expected, message.slice(0, 40));
  }
}

test("SMTPUTF8 is needed where an address or the header is beyond ASCII, and not for the body (RFC 6531 §3.6)", async () => {
  await check("Subject: Hi\r\n\r\nHello", false);
  await check("Subject: Hi\r\n\r\nGr\u00fc\u00dfe", false);
  await check("Subject: Gr\u00fc\u00dfe\r\n\r\nHello", true);
  await check("Subject: Gr\u00fc\u00dfe\r\n\r\nHello", false, { utf8: false });
  await check("Subject: Hi", false);
  await check("Subject: Hi\r\n\r\nHello", true, { recipients: [recipient(1, "bj\u00f6rn@peer.test")], utf8: false });
  await check("Subject: Hi\r\n\r\nHello", true, { mailFrom: "bj\u00f6rn@own.test", utf8: false });
});
