import assert from "node:assert/strict";
import { test } from "node:test";
import { listAlert } from "./alerts.ts";

const LIST = { list: "spamhaus-zen", title: "Spamhaus ZEN", zone: "zen.spamhaus.org" };

function check(kind: Parameters<typeof listAlert>[0], text: RegExp, remedy: RegExp): void {
  const alert = listAlert(kind, { list: LIST, resolverName: "192.0.2.53" }, "127.255.255.254");
  assert.match(alert.text, /^Spamhaus ZEN \(zen\.spamhaus\.org\) /);
  assert.match(alert.text, text);
  assert.match(alert.remedy, remedy);
}

test("an alert names list, resolver and what was seen, and a list that is left out holds up no mail", () => {
  check("refuses-us", /192\.0\.2\.53 \(127\.255\.255\.254\)\. Mail flows without it\.$/, /resolver of your own.*key/);
  check("dead", /192\.0\.2\.53.*Mail flows/, /resolver of your own/);
  check("lists-the-world", /Mail flows/, /out of the settings/);
  check("suspended", /good.*Mail flows/, /news/);
  check("timing-out", /192\.0\.2\.53.*Mail flows/, /resolver/);
});

test("news that need nothing done say so", () => {
  check("healthy-again", /works again/, /^$/);
  check("misuse", /fault of this program/, /report/);
});
