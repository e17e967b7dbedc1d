import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatMailbox } from "#mail/address.ts";
import { parsePath } from "./path.ts";

suite("paths (RFC 5321 §4.1.2)", () => {
  check("<a@b.test>", "a@b.test");
  check("<a@b.test> SIZE=1", "a@b.test, then  SIZE=1");
  check("<>", "null");
  check("<PostMaster>", "postmaster");
  check('<"a>b"@c.test> X=1', '"a>b"@c.test, then  X=1');
  check('<"a\\">b"@c.test>', '"a\\">b"@c.test');
  check('<a@b.test> X="<', 'a@b.test, then  X="<');

  check("<@a.test:b@c.test>", "b@c.test");
  check("<@a.test,@b.test:c@d.test>", "c@d.test");
  check("<@[192.0.2.1]:b@c.test>", "b@c.test");
  check("<@[IPv6:2001:db8::1],@a.test:b@c.test>", "b@c.test");
  check("<@a.test:>", "bad-local-part");
  check("<@a.test>", "bad-route");
  check("<@a.test,b@c.test>", "bad-route");
  check("<@a.test,:b@c.test>", "bad-route");
  check("<@a_b.test:b@c.test>", "bad-route");
  check("<@:b@c.test>", "bad-route");
  check("<@[192.0.2.1:b@c.test>", "bad-route");

  for (const text of [
    "a@b.test",
    "<a@b.test",
    "",
    " <a@b.test>",
    "<a@b.test>x",
    "<a@b.test>,<c@d.test>",
    '<"a@b.test>',
  ]) {
    check(text, "no-angle-brackets");
  }
  check("<<a@b.test>>", "no-angle-brackets");
  check("<a@b.test> <c@d.test>", "a@b.test, then  <c@d.test>");
});

function check(text: string, expected: string): void {
  test(text, () => {
    const parsed = parsePath(text, { utf8: false });
    if (!parsed.ok) return assert.equal(parsed.problem, expected);
    const { path, rest } = parsed.value;
    const written = path === null || path === "postmaster" ? String(path) : formatMailbox(path);
    return assert.equal(rest === "" ? written : `${written}, then ${rest}`, expected);
  });
}
