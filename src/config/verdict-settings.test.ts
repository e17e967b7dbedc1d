import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { settingsFrom } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { scoresOf } from "./scores.ts";
import type { Settings } from "./settings.ts";

const START = 'hostname = "mx1.example.com"\n';
const DOMAIN = '[[domain]]\nname = "example.com"\n[delivery]\nhold = true\n';
const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => true };
const folder = mkdtempSync(join(tmpdir(), "postern-scores-"));
after(() => rmSync(folder, { recursive: true }));

function load(source: string): ReturnType<typeof settingsFrom> {
  return settingsFrom(source, { file: join(folder, "postern.toml"), shownAs: "postern.toml" }, machine);
}

function settings(source: string): Settings {
  const loaded = load(source);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problem.map(formatProblem).join("\n"));
  return loaded.value.settings;
}

function check(source: string, ...expected: readonly RegExp[]): void {
  const loaded = load(source);
  const problems = loaded.ok ? [] : loaded.problem.map(formatProblem);
  assert.equal(problems.length, expected.length, problems.join("\n"));
  for (const [index, words] of expected.entries()) assert.match(problems[index] ?? "", words);
}

suite("scores", () => {
  test("without a word: greylist 4, Junk 6, nothing kept back, refused at 15", () => {
    assert.deepEqual(scoresOf(settings(START + DOMAIN).verdict), {
      greylist: 4,
      junk: 6,
      quarantine: null,
      reject: 15,
    });
  });

  test("where nothing is refused by its score, what would have been is kept back, unless that is off, too", () => {
    const off = settings(`${START}${DOMAIN}[verdict]\nreject_score = "off"\n`).verdict;
    assert.deepEqual(scoresOf(off), { greylist: 4, junk: 6, quarantine: 15, reject: null });
    assert.equal(scoresOf({ ...off, quarantineScore: "off" }).quarantine, null);
    assert.equal(scoresOf({ ...off, quarantineScore: 9.5 }).quarantine, 9.5);
  });

  test("an account's lie over its domain's, and those over everybody's, each by itself", () => {
    const source = `${START}[[domain]]\nname = "example.com"\njunk_score = 3\nreject_score = "off"\n
      [delivery]\nhold = true\n[[account_policy]]\naddress = "Bob@Example.com"\njunk_score = 8.5\n`;
    const { verdict, domains, accountPolicies } = settings(source);
    const [domain, account] = [domains[0] ?? {}, accountPolicies[0] ?? {}];
    assert.equal(accountPolicies[0]?.address, "bob@example.com");
    assert.deepEqual(scoresOf(verdict, domain), { greylist: 4, junk: 3, quarantine: 15, reject: null });
    assert.deepEqual(scoresOf(verdict, domain, account), { greylist: 4, junk: 8.5, quarantine: 15, reject: null });
  });

  test("they ascend, as laid over each other, and are for accounts here, once", () => {
    const policy = (more: string): string =>
      `${START}${DOMAIN}[[account_policy]]\naddress = "bob@example.com"\n${more}`;
    check(`${START}${DOMAIN}[verdict]\njunk_score = 16\n`, /verdict: reject_score \(15\) is below junk_score \(16\)/);
    check(policy("quarantine_score = 5\n"), /^postern\.toml:6: .*quarantine_score \(5\) is below junk_score \(6\)/);
    check(policy("quarantine_score = 20\n"), /reject_score \(15\) is below quarantine_score \(20\)/);
    check(policy('quarantine_score = 20\nreject_score = "off"\n'));
    check(
      policy('[[account_policy]]\naddress = "bob@example.com"\n'),
      /two account_policy tables for bob@example\.com/,
    );
    check(`${START}${DOMAIN}[[account_policy]]\naddress = "bob@far.example"\n`, /none of the domains here/);
    check(policy('junk_score = "off"\n'), /junk_score must be a number from 0 to 1000, not "off"/);
    check(policy('reject_score = "never"\n'), /reject_score must be a number from 0 to 1000, or "off", not "never"/);
    check(`${START}${DOMAIN}[weights]\nno_ponter = 1\n`, /no_ponter.*Did you mean no_pointer\?/);
    check(`${START}${DOMAIN}[weights]\nfiles = { makros = 1 }\n`, /weights\.files/);
  });
});

const listing = (more: string): string => `${START}${DOMAIN}[uri_list]\n${more}`;

suite("our own list of hosts", () => {
  test("hosts of the settings and lines of a file, with weights and reasons", () => {
    writeFileSync(
      join(folder, "hosts"),
      "# ours\nEvil.example 3.5  # seen twice # and more\r\n\n192.0.2.7\nok.bad.example 0\n",
    );
    const { uriList } = settings(listing('hosts = ["bad.example"]\nfile = "hosts"\nweight = 5\n'));
    assert.deepEqual(uriList, [
      { entry: "bad.example", weight: 5, reason: "" },
      { entry: "evil.example", weight: 3.5, reason: "seen twice # and more" },
      { entry: "192.0.2.7", weight: 5, reason: "" },
      { entry: "ok.bad.example", weight: 0, reason: "" },
    ]);
  });

  test("what is no host is told with its line, and so is a file that is not there", () => {
    writeFileSync(join(folder, "wrong"), "good.example\nhttp://evil.example/\nevil.example much\n");
    check(listing('file = "wrong"\n'), /Line 2 of wrong is no host/, /Line 3 of wrong is no host/);
    check(listing('file = "missing"\n'), /cannot be read: ENOENT/);
    check(listing('hosts = ["http://evil.example"]\n'), /"http:\/\/evil\.example" in uri_list\.hosts is no host/);
  });
});
