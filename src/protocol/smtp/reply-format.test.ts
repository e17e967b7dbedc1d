import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { reply } from "#mail/reply.ts";
import { formatReply } from "./reply-format.ts";

suite("replies (RFC 5321 §4.2)", () => {
  test("one line", () => assert.equal(formatReply(reply(250, "2.0.0", "Ok")), "250 2.0.0 Ok\r\n"));
  test("several lines, code and status on each (RFC 2034 §4)", () =>
    assert.equal(formatReply(reply(550, "5.7.1", "No\nNever")), "550-5.7.1 No\r\n550 5.7.1 Never\r\n"));
  test("without a status", () => assert.equal(formatReply(reply(334, null, "")), "334 \r\n"));
  test("what a client said makes no line and no odd octet of ours", () =>
    assert.equal(formatReply(reply(550, "5.1.1", "a\r250 ok\0ä")), "550 5.1.1 a?250 ok??\r\n"));
});
