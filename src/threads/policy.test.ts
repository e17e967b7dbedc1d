import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import { policyFor } from "#verdict/policies.ts";
import { policyDefaults } from "#verdict/policy.ts";
import { policiesOf, settingsName } from "./policy.ts";

const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => true };

function settings(more = "", ofDomain = ""): Settings {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n${ofDomain}\n${more}`;
  const loaded = settingsFrom(source, { file: "/x/postern.toml", shownAs: "postern.toml" }, machine);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problem));
  return loaded.value.settings;
}

suite("policies of the settings", () => {
  test("without a word they are the defaults that the verdict has reasons for", () => {
    const { standard, byAccount, byDomain } = policiesOf(settings());
    const { modes, thresholds, weights } = policyDefaults;
    assert.deepEqual(
      { modes: standard.modes, thresholds: standard.thresholds, weights: standard.weights },
      { modes, thresholds, weights },
    );
    assert.deepEqual([byAccount, byDomain], [{}, {}]);
  });

  test("weights by name, those of disguises and files one by one", () => {
    const { weights } = policiesOf(
      settings("[weights]\nspf_fail = 3\ncontent_max = 5\nfiles = { macros = 7 }\ndisguises = { entities = 1 }\n"),
    ).standard;
    assert.deepEqual([weights.spfFail, weights.content.max, weights.content.files.macros], [3, 5, 7]);
    assert.equal(weights.content.files["turned-name"], policyDefaults.weights.content.files["turned-name"]);
    assert.deepEqual([weights.content.disguises.entities, weights.content.disguises.userinfo], [1, 1.5]);
  });

  test("domains and accounts have their own scores, and the weights of all", () => {
    const policies = policiesOf(
      settings(
        '[[account_policy]]\naddress = "bob@example.com"\nquarantine_score = 9\n[weights]\nspf_fail = 2\n',
        "junk_score = 5",
      ),
    );
    const [bob, carol] = [policyFor(policies, "bob@example.com"), policyFor(policies, "carol@example.com")];
    assert.deepEqual([bob.thresholds.junk, bob.thresholds.quarantine, bob.weights.spfFail], [5, 9, 2]);
    assert.deepEqual([carol.thresholds.junk, carol.thresholds.quarantine], [5, null]);
    assert.deepEqual(policies.standard.thresholds, policyDefaults.thresholds);
  });

  test("the name of the settings tells of a change in any of them", () => {
    const names = [settings(), settings("", "junk_score = 5"), settings("[weights]\nspf_fail = 2\n")].map((one) =>
      settingsName(policiesOf(one)),
    );
    assert.equal(new Set(names).size, names.length);
  });
});
