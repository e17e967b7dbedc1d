/** Own certificates that change on disk: new ones serve on every port within a minute, broken ones do not (R43). */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCertificate } from "./certificate.ts";
import { openSession, servedEverywhere, servedOn, untilServed } from "./served.ts";
import { type PosternServer, startServer } from "./server.ts";

/** New files serve within 60 s; the time of the looks at the ports comes on top. */
const PATIENCE_MS = 62_000;

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

function fresh(name: string): ReturnType<typeof makeCertificate> {
  const folder = join(server.folder, name);
  mkdirSync(folder);
  return makeCertificate(folder);
}

const own = (name: string): string => join(server.folder, name);

async function alerts(): Promise<readonly string[]> {
  const { value } = JSON.parse(await server.command(["status", "--json"])) as {
    value: { running: { alerts: readonly { name: string; text: string; times: number }[] } };
  };
  return value.running.alerts.map(({ name, times }) => `${name} ${times}`);
}

test("files put in place of the old ones serve on every port, while a session lives", async () => {
  const session = await openSession(server.ports.imaps);
  const { serialNumber } = await servedOn(server.ports.imaps, undefined);
  const { certificateFile, keyFile } = fresh("second");
  renameSync(keyFile, own("key.pem"));
  renameSync(certificateFile, own("cert.pem"));
  await untilServed(server, (certificate) => certificate.serialNumber !== serialNumber, { patienceMs: PATIENCE_MS });
  await session.mustAnswer();
  session.close();
});

test("files that are written over serve, too", async () => {
  const { serialNumber } = await servedOn(server.ports.imaps, undefined);
  const { certificateFile, keyFile } = fresh("third");
  copyFileSync(certificateFile, own("cert.pem"));
  copyFileSync(keyFile, own("key.pem"));
  await untilServed(server, (certificate) => certificate.serialNumber !== serialNumber, { patienceMs: PATIENCE_MS });
});

test("a pair that does not fit leaves the old one and is told once; one that fits ends the matter", async () => {
  const earlier = await servedEverywhere(server);
  const good = readFileSync(own("key.pem"));
  writeFileSync(own("key.pem"), readFileSync(fresh("fourth").keyFile));
  for (let turn = 0; turn < 90 && !(await alerts()).includes("certificate-broken 1"); turn++) await sleep(1000);
  // A further look tells it no more.
  await sleep(25_000);
  assert.ok((await alerts()).includes("certificate-broken 1"), server.log());
  const still = await servedEverywhere(server);
  for (const [name, { serialNumber }] of Object.entries(earlier)) assert.equal(still[name]?.serialNumber, serialNumber);
  writeFileSync(own("key.pem"), good);
  for (let turn = 0; turn < 60 && (await alerts()).length > 0; turn++) await sleep(1000);
  assert.deepEqual(await alerts(), []);
});
