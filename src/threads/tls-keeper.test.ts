import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Settings } from "#config/settings.ts";
import { makeSelfSigned } from "#platform/tls/self-signed.ts";
import type { KeyPair } from "#platform/tls/server-tls.ts";
import { selfSigned, type TestCertificate } from "../../test/fakes/certificates.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import type { Alert } from "./alert.ts";
import { tlsFilesOf } from "./tls-files.ts";
import { TlsKeeper } from "./tls-keeper.ts";
import type { TlsMaterial } from "./tls-material.ts";

const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "postern-keeper-"));
after(() => rmSync(folder, { recursive: true }));

const certificateFile = join(folder, "cert.pem");
const keyFile = join(folder, "key.pem");
const settings = {
  hostname: "mail.example.test",
  dataDir: folder,
  domains: [],
  listeners: [],
  tls: { source: "files", certificates: [{ certificateFile, keyFile }] },
} as unknown as Settings;

let first: KeyPair;
let second: KeyPair;
let clock: FakeClock;
let applied: TlsMaterial[];
let told: string[];
before(async () => {
  first = await makeSelfSigned(["mail.example.test"], Date.now());
  second = await makeSelfSigned(["mail.example.test"], Date.now());
});
beforeEach(() => {
  clock = new FakeClock();
  applied = [];
  told = [];
});

async function open(wanted: Settings = settings): Promise<TlsKeeper> {
  put(first);
  const files = await tlsFilesOf(wanted, clock.now());
  assert.ok(files.ok);
  return new TlsKeeper(wanted, files.value, {
    clock,
    random: new FakeRandom(),
    log: new FakeLog(),
    alerts: {
      raise: ({ name }: Alert) => void told.push(name),
      settle: (name: string) => void (told = told.filter((one) => one !== name)),
    },
    apply: async (material) => void applied.push(material),
  });
}

function put({ certificatePem, keyPem }: KeyPair): void {
  writeFileSync(certificateFile, certificatePem);
  writeFileSync(keyFile, keyPem);
}

test("files that have changed are given to the threads, those that have not are not", async () => {
  const keeper = await open();
  await keeper.look();
  assert.equal(applied.length, 0);
  put(second);
  await keeper.look();
  assert.equal(applied[0]?.keyPairs[0].certificatePem, second.certificatePem);
  await keeper.close();
});

test("it looks by itself: new files are with the threads within 60 seconds", async () => {
  const keeper = await open();
  put(second);
  clock.advance(60_000);
  // It reads the disk.
  for (let turn = 0; turn < 500 && applied.length === 0; turn++) await setTimeout(10);
  await keeper.close();
  assert.equal(applied[0]?.keyPairs[0].certificatePem, second.certificatePem);
});

test("a pair that does not fit leaves the old one; it is told at the second look, once, and taken back when it fits again", async () => {
  const keeper = await open();
  writeFileSync(keyFile, second.keyPem);
  const seen: number[] = [];
  for (let look = 0; look < 4; look++) {
    await keeper.look();
    seen.push(told.length);
  }
  assert.deepEqual(seen, [0, 1, 1, 1]);
  assert.equal(applied.length, 0);
  assert.equal(keeper.pairs[0].certificatePem, first.certificatePem);
  put(second);
  await keeper.look();
  assert.deepEqual(told, []);
  assert.equal(keeper.pairs[0].certificatePem, second.certificatePem);
  await keeper.close();
});

test("authorities of clients and what they revoke are read again; broken ones leave those before", async () => {
  const [caFile, crlFile] = [join(folder, "users.pem"), join(folder, "users.crl")];
  const root = await selfSigned({ names: ["Users"], isAuthority: true });
  const bob = await root.issue({ names: ["bob"], emails: ["bob@example.test"] });
  const putList = async (revoked: readonly TestCertificate[]) =>
    writeFileSync(crlFile, await root.revoke(revoked, clock.now() + HOUR_MS));
  writeFileSync(caFile, root.pem);
  await putList([]);
  const keeper = await open({ ...settings, clientCertificates: { caFile, crlFile, accounts: {} } });
  await keeper.look();
  assert.equal(applied.length, 0);
  await putList([bob]);
  await keeper.look();
  assert.equal(applied[0]?.clients?.revokedPem[0], readFileSync(crlFile, "utf8").trim());
  writeFileSync(crlFile, "half of a li");
  await keeper.look();
  await keeper.look();
  assert.deepEqual([applied.length, told], [1, ["certificate-broken"]]);
  await putList([]);
  await keeper.look();
  assert.deepEqual([applied.length, told], [2, []]);
  await keeper.close();
});

test("a list of revoked certificates that is out of date is told, until there is a new one", async () => {
  const [caFile, crlFile] = [join(folder, "users.pem"), join(folder, "users.crl")];
  const root = await selfSigned({ names: ["Users"], isAuthority: true });
  writeFileSync(caFile, root.pem);
  writeFileSync(crlFile, await root.revoke([], clock.now() + HOUR_MS));
  const keeper = await open({ ...settings, clientCertificates: { caFile, crlFile, accounts: {} } });
  await keeper.look();
  assert.deepEqual(told, []);
  clock.advance(HOUR_MS);
  for (let looks = 0; looks < 3; looks++) await keeper.look();
  assert.deepEqual(told, ["revocation-list-over"]);
  writeFileSync(crlFile, await root.revoke([], clock.now() + HOUR_MS));
  await keeper.look();
  assert.deepEqual(told, []);
  await keeper.close();
});

test("keys of tickets change every eight hours, and the one before is kept", async () => {
  const keeper = await open();
  clock.advance(8 * HOUR_MS);
  clock.advance(8 * HOUR_MS);
  const [one, two] = applied.map(({ ticketKeys }) => ticketKeys);
  assert.equal(applied.length, 2);
  assert.notDeepEqual(two?.[0], one?.[0]);
  assert.deepEqual(two?.[1], one?.[0]);
  assert.equal(two?.length, 2);
  await keeper.close();
});
