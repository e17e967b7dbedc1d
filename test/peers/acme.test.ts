/** Certificates from pebble, which looks for every proof itself: obtained, renewed, and served while sessions live. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startDnsServer, type ZoneRecords } from "../fakes/dns-server.ts";
import { type Pebble, startPebble } from "./pebble.ts";
import { freePorts } from "./ports.ts";
import { openSession, servedOn, untilServed } from "./served.ts";
import { type PosternServer, startServer } from "./server.ts";

const DAY_SECONDS = 86_400;
const isFromPebble = ({ issuer }: { readonly issuer: string }): boolean => issuer.includes("Pebble");
const zone = {
  "mx.example.test": { A: ["127.0.0.1"] },
  "mta-sts.example.test": { A: ["127.0.0.1"] },
  "autoconfig.example.test": { A: ["192.0.2.77"] },
};

interface World extends AsyncDisposable {
  readonly server: PosternServer;
  readonly httpsPort: number;
}

function listener(port: number, tls: string): string {
  return `[[listener]]\nprotocol = "http"\nbind = "127.0.0.1:${port}"\ntls = "${tls}"`;
}

async function open(
  challenge: Parameters<Pebble["settings"]>[0],
  more: {
    readonly zone?: Readonly<Record<string, ZoneRecords>>;
    readonly lifeSeconds?: number;
    readonly settings?: string;
  } = {},
): Promise<World> {
  const dns = await startDnsServer(more.zone ?? zone);
  const [httpPort = 0, httpsPort = 0] = await freePorts(2);
  const { lifeSeconds = 90 * DAY_SECONDS } = more;
  const pebble = await startPebble({ nameServer: dns.address, httpPort, tlsPort: httpsPort, lifeSeconds });
  const server = await startServer({
    nameServer: dns.address,
    dnsTimeoutMs: 2000,
    tls: pebble.settings(challenge, more.settings),
    settings: [listener(httpPort, "none"), listener(httpsPort, "implicit")].join("\n"),
  });
  return {
    server,
    httpsPort,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await pebble[Symbol.asyncDispose]();
      await dns[Symbol.asyncDispose]();
    },
  };
}

suite("http-01", () => {
  test("a certificate takes the place of the self-signed one on every port, with the names that lead here, while a session lives", async () => {
    await using world = await open("http-01");
    const { server, httpsPort } = world;
    const session = await openSession(server.ports.imaps);
    const served = await untilServed(server, isFromPebble, { httpsPort });
    for (const { subjectAltName = "" } of Object.values(served)) {
      const names = new Set(subjectAltName.split(", "));
      assert.deepEqual(names, new Set(["DNS:mx.example.test", "DNS:mta-sts.example.test"]));
    }
    await session.mustAnswer();
    session.close();
  });

  test("ECDSA and RSA stand beside each other, with and without a server name, and nobody else reads the keys", async () => {
    await using world = await open("http-01");
    const { server } = world;
    const file = (name: string): string => join(server.folder, "data/tls/acme", name);
    for (let turn = 0; turn < 600 && !existsSync(file("rsa.pem")); turn++) await sleep(100);
    if (!existsSync(file("rsa.pem"))) assert.fail(server.log());
    await untilServed(server, isFromPebble);
    for (let turn = 0; turn < 100 && !(await servesRsa(server.ports.imaps)); turn++) await sleep(100);
    for (const servername of ["mx.example.test", ""]) {
      for (const [sigalgs, keyType] of [
        ["ecdsa_secp256r1_sha256", "ec"],
        ["rsa_pss_rsae_sha256", "rsa"],
      ] as const) {
        const { publicKey } = await servedOn(server.ports.imaps, undefined, { servername, sigalgs });
        assert.equal(publicKey.asymmetricKeyType, keyType);
      }
    }
    for (const name of ["ecdsa.pem", "rsa.pem", "account.key", "orders.json"]) {
      assert.equal(statSync(file(name)).mode & 0o777, 0o600, name);
    }
  });

  test("is renewed when a third of its life is left, while a session lives; after a restart it is still there", async () => {
    await using world = await open("http-01", { lifeSeconds: 45, settings: 'key_types = ["ecdsa"]' });
    const { server } = world;
    const first = (await untilServed(server, isFromPebble))["imaps"];
    assert.ok(first !== undefined);
    const session = await openSession(server.ports.imaps);
    const isRenewed = (certificate: { readonly serialNumber: string }): boolean =>
      certificate.serialNumber !== first.serialNumber;
    const renewed = (await untilServed(server, isRenewed))["imaps"];
    assert.ok(renewed !== undefined && isFromPebble(renewed));
    assert.ok(Date.parse(renewed.validFrom) < Date.parse(first.validTo), "not before the end of the first");
    await session.mustAnswer();
    session.close();
    await server.kill();
    await server.start();
    assert.ok(isFromPebble(await servedOn(server.ports.imaps, undefined)));
  });
});

async function servesRsa(port: number): Promise<boolean> {
  return servedOn(port, undefined, { sigalgs: "rsa_pss_rsae_sha256" }).then(isFromPebble, () => false);
}

test("tls-alpn-01: the authority is answered on the port for HTTPS, and others there are served as ever", async () => {
  await using world = await open("tls-alpn-01", { settings: 'key_types = ["ecdsa"]' });
  const { server, httpsPort } = world;
  await untilServed(server, isFromPebble, { httpsPort });
  await assert.rejects(
    servedOn(httpsPort, undefined, { ALPNProtocols: ["acme-tls/1"], servername: "mx.example.test" }),
  );
});

test("dns-01: the hook puts the record into the DNS and takes it away again", async () => {
  const folder = execFileSync("mktemp", ["-d"], { encoding: "latin1" }).trim();
  const [hook, said] = [join(folder, "hook"), join(folder, "said")];
  writeFileSync(hook, `#!/bin/sh\necho "$1 $2 $3 $ACME_ACTION" >> ${said}\n`, { mode: 0o755 });
  const lines = (): readonly string[] => (existsSync(said) ? readFileSync(said, "latin1").trim().split("\n") : []);
  const living = {
    "mx.example.test": { A: ["127.0.0.1"] },
    get "_acme-challenge.mx.example.test"(): ZoneRecords {
      const values = lines().filter((line) => line.startsWith("present"));
      return { TXT: values.map((line) => line.split(" ")[2] ?? ""), ttl: 1 };
    },
  };
  await using world = await open("dns-01", { zone: living, settings: `key_types = ["ecdsa"]\nhook = "${hook}"` });
  await untilServed(world.server, isFromPebble);
  const name = "_acme-challenge\\.mx\\.example\\.test";
  assert.match(lines().join("\n"), new RegExp(`^present ${name} (\\S+) present\nremove ${name} \\1 remove$`));
  execFileSync("rm", ["-r", folder]);
});

test("an authority that says no is told of, and the self-signed certificate serves on", async () => {
  const elsewhere = { "mx.example.test": { A: ["127.0.0.2"] } };
  await using world = await open("http-01", { zone: elsewhere });
  const { server } = world;
  for (let turn = 0; turn < 600 && !server.log().includes("certificate-not-obtained"); turn++) await sleep(100);
  const { value } = JSON.parse(await server.command(["status", "--json"])) as {
    value: { running: { alerts: readonly { name: string; text: string; remedy: string }[] } };
  };
  const alert = value.running.alerts.find((one) => one.name === "certificate-not-obtained");
  assert.match(alert?.text ?? "", /mx\.example\.test|127\.0\.0\.2|refused/i);
  assert.match(alert?.remedy ?? "", /port 80/);
  assert.match((await servedOn(server.ports.imaps, undefined)).subject, /mx\.example\.test/);
  assert.equal(existsSync(join(server.folder, "data/tls/acme/ecdsa.pem")), false);
});
