import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import type { Settings } from "#config/settings.ts";
import { makeSelfSigned } from "#platform/tls/self-signed.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { Alert } from "./alert.ts";
import { ServedCertificates } from "./served-certificates.ts";

const DAY_MS = 86_400_000;

test("what a port serves is looked at over the wire: told at 21, 7 and 1 days once each, and when it is not ours (R43)", async () => {
  const pair = await makeSelfSigned(["mail.example.test"], Date.now());
  const { fingerprint256, validTo } = new X509Certificate(pair.certificatePem);
  const server = createServer({ cert: pair.certificatePem, key: pair.keyPem });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clock = new FakeClock(Date.parse(validTo) - 30 * DAY_MS);
  const current = new Map<string, string>();
  let raised = 0;
  let expected = [fingerprint256];
  const watch = new ServedCertificates({
    clock,
    log: new FakeLog(),
    alerts: {
      raise: ({ name, text }: Alert) => {
        raised++;
        current.set(name, text);
      },
      settle: (name: string) => void current.delete(name),
    },
    settings: () => settingsFor(port),
    expected: () => expected,
  });
  const told: string[] = [];
  for (let day = 30; day >= 0; day--) {
    const before = raised;
    await watch.look();
    if (raised > before)
      told.push(`${day}: ${current.get("certificate-expires")?.replace(/.* on .*(?=, )|^.*(?=has)/, "")}`);
    clock.advance(DAY_MS);
  }
  assert.deepEqual(
    told.map((line) => line.replace(/ on \S+\.$/, "")),
    ["21: , within 21 days.", "7: , within 7 days.", "1: , within a day.", "0: has ended"],
  );
  assert.equal(watch.seen[0]?.fingerprint, fingerprint256);
  expected = ["another"];
  await watch.look();
  assert.match(current.get("certificate-not-served") ?? "", /127\.0\.0\.1:\d+/);
  expected = [fingerprint256];
  await watch.look();
  assert.equal(current.has("certificate-not-served"), false);
  watch.close();
  server.close();
});

function settingsFor(port: number): Settings {
  const endpoint = { kind: "tcp", host: "127.0.0.1", port } as const;
  const listener = {
    protocol: "imap",
    endpoint,
    tls: "implicit",
    minTls: "1.2",
    ipv6Only: false,
    proxyFrom: [],
  } as const;
  return {
    hostname: "mail.example.test",
    listeners: [listener],
    tls: { source: "files", certificates: [] },
  } as unknown as Settings;
}
