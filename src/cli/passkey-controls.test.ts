import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { controlHandler } from "./control-commands.ts";
import { problemSentence } from "./problem-words.ts";

const ADDRESS = "alice@example.com";

test("passkeys by control commands: a link to the port of HTTPS, listed and removed", async (context) => {
  const clock = new FakeClock();
  const store = await openTemporaryStore(context, clock);
  await store.createAccount({ address: ADDRESS, quotaOctets: null, nowMs: clock.now() });
  const handler = (more: string) => {
    const toml = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n${more}`;
    const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
    const loaded = settingsFrom(toml, { file: "/srv/postern.toml", shownAs: "postern.toml" }, machine);
    assert.ok(loaded.ok);
    return controlHandler({
      administration: { store, clock, random: new FakeRandom(), domains: ["example.com"], scramHashes: [] },
      settings: loaded.value.settings,
      protectedReason: () => undefined,
      gatekeeper: () => undefined,
      running: () => Promise.resolve(undefined),
    });
  };
  const run = handler("");

  const added = await run("passkey-add", { address: ADDRESS, name: "phone" });
  assert.ok(added.ok);
  const { url, ...about } = added.value as { url: string };
  assert.match(url, /^https:\/\/mx1\.example\.com:2443\/passkey#[\w-]{43}$/);
  const untilMs = clock.now() + 900_000;
  assert.deepEqual(about, { address: ADDRESS, name: "phone", untilMs });
  const listed = { passkeys: [], links: [{ name: "phone", untilMs }] };
  assert.deepEqual(await run("passkey-list", { address: ADDRESS }), { ok: true, value: listed });
  const removed = await run("passkey-remove", { address: ADDRESS, which: "phone" });
  assert.deepEqual(removed, { ok: true, value: { name: "phone" } });
  const gone = await run("passkey-remove", { address: ADDRESS, which: "7" });
  assert.ok(!gone.ok);
  assert.equal(
    problemSentence(ADDRESS, gone.problem),
    "alice@example.com has no such passkey; `postern account passkey list` shows them.",
  );
  const withoutTls = handler('[[listener]]\nprotocol = "http"\nbind = "0.0.0.0:80"\ntls = "none"\n');
  assert.deepEqual(await withoutTls("passkey-add", { address: ADDRESS }), { ok: false, problem: "no-https" });
});
