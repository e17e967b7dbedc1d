/** The ARC test suite by which other implementations are judged: 171 chains to validate. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { authenticateMessage } from "#evidence/authentication-results/authenticate-message.ts";
import { MessageDigest } from "#evidence/authentication-results/message-digest.ts";
import { type FakeNames, FakeResolver } from "../fakes/resolver.ts";
import { peerData } from "./peer-data.ts";

interface Scenario {
  readonly description: string;
  readonly tests: Readonly<Record<string, Case>>;
  readonly "txt-records": Readonly<Record<string, string>>;
}

interface Case {
  readonly description: string;
  readonly message: string;
  readonly cv: "None" | "Pass" | "Fail" | "";
}

/** Cases in the file: one that the reader loses would otherwise pass unseen. */
const CASES = 171;

/**
 * Where RFC 8617 and RFC 6376 say otherwise than the suite, which follows a draft: without `c=` a signature is simple/simple
 * (RFC 6376 §3.5), and `h=` must not be empty (ibid.).
 */
const DRAFT_ONLY = ["ams_fields_c_na", "ams_fields_h_empty"];

const scenarios = parseAllDocuments(readFileSync(join(peerData, "arc/arc-draft-validation-tests.yml"), "utf8"))
  .map((document) => document.toJS() as Scenario | null)
  .filter((scenario) => scenario !== null);

for (const { description, tests, "txt-records": records } of scenarios) {
  suite(`ARC suite: ${description.trim()}`, () => {
    const names: FakeNames = Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text] }]));
    for (const [name, expected] of Object.entries(tests)) {
      test(`${name}: ${expected.description}`, async () => {
        const digest = new MessageDigest();
        digest.write(Buffer.from(expected.message.replace(/\r?\n/g, "\r\n")));
        const { arc } = await authenticateMessage(digest.end(), {
          spf: null,
          trustedSealers: [],
          resolver: new FakeResolver(names),
          deadlineMs: 20_000,
          nowSeconds: 1_700_000_000,
        });
        // A case without a result is one whose newest seal says itself that the chain is broken.
        const result = DRAFT_ONLY.includes(name) || expected.cv === "" ? "fail" : expected.cv.toLowerCase();
        assert.equal(arc.result, result, JSON.stringify(arc.problem));
        assert.equal(arc.problem === undefined, arc.result !== "fail");
      });
    }
  });
}

test("every case of the suite is there", () => {
  assert.equal(scenarios.flatMap(({ tests }) => Object.keys(tests)).length, CASES);
});
