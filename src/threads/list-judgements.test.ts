import assert from "node:assert/strict";
import { test } from "node:test";
import { CLIENT, evidence, helo, linksListed, listed, policy, reverseDns } from "../../test/fakes/evidence.ts";
import type { Evidence } from "../verdict/evidence.ts";
import { tellLinkLists } from "./list-judgements.ts";

/** @param expected list, findings, sender, good but for that list? */
function check(found: Partial<Evidence>, expected: readonly unknown[]): void {
  const told: unknown[] = [];
  const good = { reverseDns: reverseDns("confirmed"), helo: helo() };
  tellLinkLists(
    { judgedLinks: (findings, sender, isGood) => void told.push([findings[0]?.list, findings.length, sender, isGood]) },
    evidence({ ...good, ...found }),
    CLIENT,
    policy(),
  );
  assert.deepEqual(told, expected);
}

test("each list of links hears once of a message whether its sender is otherwise good", () => {
  check({}, []);
  check({ uriLists: linksListed(7.5) }, [["uri-0", 1, CLIENT, true]]);
  check({ uriLists: linksListed(7.5, 2) }, [
    ["uri-0", 1, CLIENT, false],
    ["uri-1", 1, CLIENT, false],
  ]);
  const twice = {
    ...linksListed(),
    findings: ["a.example", "b.example"].map((value) => listed(5, { list: "x", value })),
  };
  check({ uriLists: twice }, [["x", 2, CLIENT, true]]);
  check({ uriLists: linksListed(7.5), helo: helo({ match: "differs" }) }, [["uri-0", 1, CLIENT, false]]);
});
