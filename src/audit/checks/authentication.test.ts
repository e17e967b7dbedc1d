import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, zone } from "../facts/changed.test-data.ts";

const keys = (...records: readonly string[]): Change => zone({ dkimKeys: new Map([["s1", known(records)]]) });
const records = (...texts: readonly string[]): Change => zone({ dmarcRecords: known(texts) });

const term = (text: string, lookups: number) =>
  ({ term: text, outcome: "no-match", lookups, voids: 0, questions: [], nested: undefined }) as const;
const tree =
  (...terms: readonly ReturnType<typeof term>[]): Change =>
  ({ zone: facts }) => ({ zone: { ...facts, spfTree: { ...facts.spfTree, result: "neutral", terms } } });
test("no SPF record, several, everybody, nobody named", () => {
  check("spf", "fail", zone({ spfRecords: known([]) }));
  check("spf-several", "fail", zone({ spfRecords: known(["v=spf1 -all", "v=spf1 mx -all"]) }));
  check("spf-all", "fail", tree(term("mx", 1), term("+all", 1)));
  check("spf-all", "fail", tree(term("all", 0)));
  check("spf-all", "warn", tree(term("mx", 1), term("?all", 1)));
  check("spf-all", "warn", tree(term("mx", 1)));
  check("spf", "pass", tree(term("redirect=_spf.example.com", 1)));
});
test("eleven look-ups fail, nine and ten warn, eight pass", () => {
  check("spf-lookups", "fail", tree(term("include:a", 11), term("-all", 11)));
  check("spf-lookups", "warn", tree(term("include:a", 10), term("-all", 10)));
  check("spf-lookups", "warn", tree(term("include:a", 9), term("-all", 9)));
  check("spf", "pass", tree(term("include:a", 8), term("-all", 8)));
});
test("a time-out is no finding", () => {
  check("spf", "unknown", zone({ spfRecords: FAILED }));
  check("spf", "unknown", ({ zone: facts }) => ({
    zone: { ...facts, spfTree: { ...facts.spfTree, terms: [{ ...term("include:a", 1), outcome: "temperror" }] } },
  }));
  check("dmarc", "unknown", zone({ dmarcRecords: FAILED }));
  check("dkim-key", "unknown", zone({ dkimKeys: new Map([["s1", FAILED]]) }));
  check("dkim", "unknown", zone({ dkimKeys: new Map() }));
});
test("DKIM keys: missing, several, broken, testing, revoked", () => {
  check("dkim-key", "fail", keys());
  check("dkim-key", "fail", keys("v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"));
  check("dkim-key", "fail", keys("v=DKIM1; k=rsa; p=AAAA"));
  check("dkim-key", "warn", keys("v=DKIM1; k=ed25519; t=y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
  check("dkim-key", "pass", keys("v=DKIM1; p="));
});
const above = (text: string): Change =>
  zone({ dmarcRecords: known([]), dmarcAbove: known({ domain: "example.net", text }) });
test("DMARC of the domain above holds for one that has none of its own", () => {
  check("dmarc", "pass", above("v=DMARC1; p=reject"));
  check("dmarc", "pass", above("v=DMARC1; p=none; sp=reject"));
  check("dmarc-policy", "warn", above("v=DMARC1; p=reject; sp=none"));
  check("dmarc", "unknown", zone({ dmarcRecords: known([]), dmarcAbove: FAILED }));
});
test("DMARC: none, two, none asked, t=y, pct", () => {
  check("dmarc", "fail", records());
  check("dmarc-several", "fail", records("v=DMARC1; p=none", "v=DMARC1; p=reject"));
  check("dmarc", "fail", records("v=DMARC1; p=reject; p=none"));
  check("dmarc-policy", "warn", records("v=DMARC1; p=none"));
  check("dmarc-policy", "warn", records("v=DMARC1; p=reject; t=y"));
  check("dmarc-old-readers", "warn", records("v=DMARC1; p=reject; pct=10"));
});
