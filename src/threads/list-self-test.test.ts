import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { type FakeNames, FakeResolver } from "../../test/fakes/resolver.ts";
import { testLists } from "./list-self-test.ts";

const MACHINE = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => false };
const OWN = `[[list]]\nzone = "bl.test"\nanswers = { "127.0.0.2" = { means = "spam", weight = 4 } }\n`;

function settings(bind: string, more = OWN): Settings {
  const source = `hostname = "mx.example.com"\n[[domain]]\nname = "example.com"\n[[listener]]\nprotocol = "smtp"\nbind = "${bind}"\n${more}`;
  const loaded = settingsFrom(source, { file: "/srv/postern.toml", shownAs: "postern.toml" }, MACHINE);
  assert.ok(loaded.ok);
  return loaded.value.settings;
}

async function stateWith(names: FakeNames, with_ = settings("0.0.0.0:25")): Promise<readonly string[]> {
  const around = { clock: new FakeClock(), random: new FakeRandom(), resolver: new FakeResolver(names) };
  return (await testLists(with_, around)).map(({ title, state }) => `${title} ${state}`);
}

suite("the canaries of the lists, in the self-test", () => {
  const listed = "2.0.0.127.bl.test";

  test("a list that names its test entry and nothing else", async () => {
    assert.deepEqual(await stateWith({ [listed]: { A: ["127.0.0.2"] } }), ["bl.test passed"]);
  });

  test("one that is gone, one that names everything, one that refuses us (R13)", async () => {
    assert.deepEqual(await stateWith({}), ["bl.test failed"]);
    const both = { [listed]: { A: ["127.0.0.2"] }, "1.0.0.127.bl.test": { A: ["127.0.0.2"] } };
    assert.deepEqual(await stateWith(both), ["bl.test failed"]);
    assert.deepEqual(await stateWith({ [listed]: { A: ["127.255.255.254"] } }), ["bl.test failed"]);
  });

  test("a resolver that fails says nothing about the list (R61)", async () => {
    assert.deepEqual(await stateWith({ [listed]: "server-failure" }), ["bl.test unknown"]);
  });

  test("nobody is asked where the rules are off, or only this machine reaches the server", async () => {
    const names = { [listed]: { A: ["127.0.0.2"] } };
    assert.deepEqual(await stateWith(names, settings("127.0.0.1:2525")), []);
    assert.deepEqual(
      await stateWith(names, settings("0.0.0.0:25", `${OWN}[rules]\ndnsbl = "off"\nuri_lists = "off"\n`)),
      [],
    );
  });
});
