import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "./load.ts";

function load(source: string) {
  const small = 'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[[domain]]\nname = "example.org"\n';
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  return settingsFrom(small + source, { file: "/p.toml", shownAs: "p.toml" }, machine);
}

function warned(source: string): readonly (string | undefined)[] {
  const loaded = load(source);
  return loaded.ok ? loaded.value.warnings.map(({ message }) => message.split(":")[0]) : ["refused"];
}

suite("settings of reports", () => {
  test("are on, and come from the postmaster of the first domain", () => {
    const loaded = load("");
    assert.ok(loaded.ok);
    const { dmarc, tls, from } = loaded.value.settings.reports;
    assert.deepEqual([dmarc, tls, from], [true, true, "postmaster@example.com"]);
  });

  test("come from a domain whose mail is here", () => {
    const backup = '[[domain]]\nname = "backup.example"\nrole = "secondary"\nprimary_host = "mx.backup.example"\n';
    const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
    const source = `hostname = "mx1.example.com"\n${backup}[[domain]]\nname = "example.org"\n`;
    const loaded = settingsFrom(source, { file: "/p.toml", shownAs: "p.toml" }, machine);
    assert.equal(loaded.ok && loaded.value.settings.reports.from, "postmaster@example.org");
  });

  test("name an address of this server: reports are signed in its domain's name", () => {
    const own = load('[reports]\nfrom = "Reports@Example.ORG"\n');
    assert.equal(own.ok && own.value.settings.reports.from, "reports@example.org");
    for (const from of ["reports@example.net", ""]) {
      const other = load(`[reports]\nfrom = "${from}"\n`);
      const said = other.ok ? [] : other.problem.map(({ line, message }) => `${line} ${message}`);
      assert.deepEqual(said, [`7 reports.from is "${from}", which is in none of the domains here`]);
    }
  });

  test("are made of decisions, which must be there still", () => {
    assert.deepEqual(warned("[decisions]\nkeep_days = 2\n"), ["decisions.keep_days is 2"]);
    assert.deepEqual(warned("[decisions]\nkeep_days = 3\n"), []);
    assert.deepEqual(warned("[decisions]\nkeep_days = 2\n[reports]\ndmarc = false\n"), []);
  });
});
