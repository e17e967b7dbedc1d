import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { TlsFigures } from "./tls-figures.ts";

const DAY_MS = 86_400_000;
const dataDir = mkdtempSync(join(tmpdir(), "postern-tls-"));
after(() => rmSync(dataDir, { recursive: true }));

const clock = new FakeClock();
const open = (): Promise<TlsFigures> => TlsFigures.open({ clock, log: new FakeLog(), dataDir });

test("handshakes that failed are counted by listener and reason (R46)", async () => {
  const figures = await open();
  for (const failure of ["not-tls", "not-tls", "closed"] as const) figures.handshakeFailed("127.0.0.1:993", failure);
  assert.deepEqual(figures.report().handshakesFailed, [
    { listener: "127.0.0.1:993", failure: "not-tls", count: 2 },
    { listener: "127.0.0.1:993", failure: "closed", count: 1 },
  ]);
});

test("who logs in with which version is known for 30 days, over a restart too, and to the owner alone (R45)", async () => {
  const figures = await open();
  figures.loggedIn(7, "TLSv1.2");
  figures.loggedIn(7, "TLSv1.2");
  figures.loggedIn(8, "TLSv1.3");
  await figures.close();
  assert.equal(statSync(join(dataDir, "tls/logins.json")).mode & 0o777, 0o600);
  const again = await open();
  assert.deepEqual(
    again.report().logins.map(({ accountId, version }) => [accountId, version]),
    [
      [7, "TLSv1.2"],
      [8, "TLSv1.3"],
    ],
  );
  clock.advance(31 * DAY_MS);
  assert.deepEqual(again.report().logins, []);
});

test("a file that cannot be read costs the figures alone", async () => {
  writeFileSync(join(dataDir, "tls/logins.json"), "{");
  assert.deepEqual((await open()).report().logins, []);
});
