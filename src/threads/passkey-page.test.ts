import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { passkeyPage } from "./passkey-page.ts";

test("the page for passkeys is there with a listener for HTTPS; a client of IPv6 is its network", async (context) => {
  const clock = new FakeClock();
  const store = await openTemporaryStore(context, clock);
  const gate = { mayTry: () => true, failed: () => undefined };
  const pageOf = (more: string) => {
    const toml = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n${more}`;
    const machine = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };
    const loaded = settingsFrom(toml, { file: "/x", shownAs: "x" }, machine);
    assert.ok(loaded.ok);
    return passkeyPage(loaded.value.settings, { store, clock, random: new FakeRandom(), log: new FakeLog(), gate });
  };
  assert.equal(pageOf('[[listener]]\nprotocol = "http"\nbind = "0.0.0.0:80"\ntls = "none"\n'), undefined);
  const page = pageOf("");
  assert.ok(page);
  assert.match(page.files.html, /src="\/passkey\/page\.js"/);
  assert.equal(page.sourceOf("2001:db8::1:2:3:4"), page.sourceOf("2001:db8::9"));
  assert.notEqual(page.sourceOf("2001:db8:0:1::1"), page.sourceOf("2001:db8::1"));
  assert.notEqual(page.sourceOf("192.0.2.1"), page.sourceOf("192.0.2.2"));
});
