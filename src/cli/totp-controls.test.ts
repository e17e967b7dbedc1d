import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { controlHandler } from "./control-commands.ts";
import { problemSentence } from "./problem-words.ts";

const ADDRESS = "alice@example.com";

test("TOTP by control commands: its key lies in the data folder, for the owner alone", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "postern-totp-"));
  context.after(() => rm(folder, { recursive: true }));
  const toml = `hostname = "mx1.example.com"\ndata_dir = "${folder}"\n[[domain]]\nname = "example.com"\n`;
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  const loaded = settingsFrom(toml, { file: "/srv/postern.toml", shownAs: "postern.toml" }, machine);
  assert.ok(loaded.ok);
  const clock = new FakeClock();
  const store = await openTemporaryStore(context, clock);
  const run = controlHandler({
    administration: { store, clock, random: new FakeRandom(), domains: ["example.com"], scramHashes: [] },
    settings: loaded.value.settings,
    protectedReason: () => undefined,
    gatekeeper: () => undefined,
    running: () => Promise.resolve(undefined),
  });
  await store.createAccount({ address: ADDRESS, quotaOctets: null, nowMs: clock.now() });

  const added = await run("totp-add", { address: ADDRESS });
  assert.ok(added.ok);
  assert.match(
    (added.value as { uri: string }).uri,
    /^otpauth:\/\/totp\/mx1\.example\.com:alice%40example\.com\?secret=/,
  );
  const key = await stat(join(folder, "keys", "second-factor.key"));
  assert.deepEqual([key.size, key.mode & 0o777], [32, 0o600]);
  for (let tried = 0; tried < 5; tried++) {
    const confirmed = await run("totp-confirm", { address: ADDRESS, code: "no code" });
    assert.deepEqual(confirmed, { ok: false, problem: "wrong-code" });
  }
  const waits = await run("totp-confirm", { address: ADDRESS, code: "no code" });
  assert.ok(!waits.ok);
  assert.equal(
    problemSentence(ADDRESS, waits.problem),
    "alice@example.com was given too many wrong codes; another is looked at after: 300 s.",
  );
  const shown = { state: "to-be-confirmed", sinceMs: clock.now(), recoveryCodesLeft: 0 };
  assert.deepEqual(await run("totp-show", { address: ADDRESS }), { ok: true, value: shown });
  assert.deepEqual(await run("totp-check", { address: ADDRESS, code: "123456" }), { ok: false, problem: "no-totp" });
  assert.equal((await run("totp-remove", { address: ADDRESS })).ok, true);
});
