import assert from "node:assert/strict";
import { test } from "node:test";
import { renderHtml } from "./render-html.ts";
import { found, passed } from "./report.ts";

const HOSTILE = `<script>alert("'&")</script><img src=x onerror=alert(1)>`;

test("what others said is text in the page, whatever it looks like", () => {
  const findings = [
    found("fail", "banner", `greets as ${HOSTILE}`, { evidence: [HOSTILE], remedy: `Run \`postern dns\`. ${HOSTILE}` }),
    passed("reverse-dns", HOSTILE, [HOSTILE]),
  ];
  const protections = [{ number: 9, name: "reverse DNS and HELO", outcome: "fail", findings } as const];
  const page = renderHtml({ domain: HOSTILE, atMs: 0, hosts: [HOSTILE], protections });
  assert.equal(/<script|<img/i.test(page), false);
  assert.ok(page.includes("<code>postern dns</code>"));
  assert.ok(page.includes("&#60;script&#62;"));
});
