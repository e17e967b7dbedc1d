/** DANE and MTA-STS as they are met outside: zones signed by Knot, validated by Unbound, TLS by OpenSSL, policies over HTTPS. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:https";
import { after, suite, test } from "node:test";
import { createRemoteDelivery } from "#delivery/remote/remote-delivery.ts";
import { MtaSts } from "#delivery/tls-policy/mta-sts.ts";
import { TlsResults } from "#delivery/tls-policy/tls-results.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock as clock } from "#platform/system-clock.ts";
import { systemRandom as random } from "#platform/system-random.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import { selfSigned } from "../fakes/certificates.ts";
import { FakeLog } from "../fakes/log.ts";
import { LoopbackSmtp } from "../fakes/loopback-smtp.ts";
import { mappedDialer } from "../fakes/mapped-dialer.ts";
import { jobTo, ROUTE, recipient } from "../fakes/remote-world.ts";
import { serveZones } from "./signed-zones.ts";

const sha256 = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex");

const root = await selfSigned({ names: ["Root"], isAuthority: true });
const alone = await selfSigned({ names: ["whatever.test"], expired: true });
const chained = await root.issue({ names: ["mx3.peer.test"] });
const elsewhere = await root.issue({ names: ["mx8.peer.test"] });
const named = await root.issue({ names: ["mx6.peer.test"] });
const site = await root.issue({ names: ["mta-sts.sts.peer.test", "mta-sts.trial.peer.test"] });
const chain = { ...chained, pem: chained.pem + root.pem };
const elsewhereChain = { ...elsewhere, pem: elsewhere.pem + root.pem };

const extensions = ["STARTTLS", "PIPELINING"];
const servers = {
  alone: await LoopbackSmtp.open({ extensions, certificate: alone }),
  chained: await LoopbackSmtp.open({ extensions, certificate: chain }),
  elsewhere: await LoopbackSmtp.open({ extensions, certificate: elsewhereChain }),
  named: await LoopbackSmtp.open({ extensions, certificate: named }),
  plain: await LoopbackSmtp.open(),
};

const zones = await serveZones({
  signed: {
    "peer.test": [
      "null MX 0 .",
      "good MX 10 mx1",
      "alias CNAME good",
      "mxalias MX 10 other",
      "other CNAME mx1",
      // The records stand at the end of the alias alone; at both, and the alias's are of no use; at the alias alone.
      "behind MX 10 behind-mx",
      "behind-mx CNAME mx2",
      "first MX 10 first-mx",
      "first-mx CNAME mx8",
      "mx8 A 192.0.2.8",
      `_25._tcp.mx8 TLSA 2 0 1 ${sha256(root.der)}`,
      `_25._tcp.first-mx TLSA 3 1 1 ${"00".repeat(32)}`,
      "own MX 10 own-mx",
      "own-mx CNAME mx5",
      `_25._tcp.own-mx TLSA 3 1 1 ${sha256(root.spki)}`,
      "leaves MX 10 leaving-mx",
      "leaving-mx CNAME mx.loose.test.",
      `_25._tcp.leaving-mx TLSA 3 1 1 ${sha256(alone.spki)}`,
      "bad MX 10 mx2",
      "bad MX 20 mx1",
      "worse MX 10 mx2",
      "anchored MX 10 mx3",
      "dark MX 10 mx4",
      "free MX 10 mx5",
      "clear MX 10 mx7",
      "sts MX 10 mx6",
      "trial MX 10 mx5",
      "mx1 A 192.0.2.1",
      `_25._tcp.mx1 TLSA 3 1 1 ${sha256(alone.spki)}`,
      "mx2 A 192.0.2.1",
      `_25._tcp.mx2 TLSA 3 1 1 ${sha256(root.spki)}`,
      "mx3 A 192.0.2.3",
      `_25._tcp.mx3 TLSA 2 0 1 ${sha256(root.der)}`,
      "mx4 A 192.0.2.1",
      "mx5 A 192.0.2.1",
      "mx6 A 192.0.2.6",
      "mx7 A 192.0.2.7",
      `_25._tcp.mx7 TLSA 3 1 1 ${sha256(alone.spki)}`,
      '_mta-sts.sts TXT "v=STSv1; id=1;"',
      "mta-sts.sts A 127.0.0.1",
      '_mta-sts.trial TXT "v=STSv1; id=1;"',
      "mta-sts.trial A 127.0.0.1",
    ].join("\n"),
  },
  unsigned: { "loose.test": `@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx TLSA 3 1 1 ${sha256(root.spki)}` },
  bogus: { "forged.test": "@ MX 10 mx\nmx A 192.0.2.1" },
  refused: ["_tcp.mx4.peer.test"],
});

let policy = "";
const https = createServer({ cert: site.pem, key: site.keyPem }, (_request, response) => {
  response.writeHead(200, { "content-type": "text/plain" }).end(policy);
});
await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));

after(async () => {
  https.closeAllConnections();
  https.close();
  await zones[Symbol.asyncDispose]();
  for (const server of Object.values(servers)) await server[Symbol.asyncDispose]();
});

const log = new FakeLog();
const resolver = createDnsClient({ servers: [zones.server], timeoutMs: 5000, clock, random, log });
const tlsResults = new TlsResults();

/** With nothing remembered of policies. */
async function check(domain: string, expected: string, tls?: string): Promise<void> {
  const port = (https.address() as { port: number }).port;
  const remote = createRemoteDelivery({
    settings: { hostname: "mx.own.test", fallback: ROUTE, routes: new Map(), addressFamily: "both", chunking: true },
    resolver,
    dialer: mappedDialer(systemDialer, {
      "192.0.2.1": servers.alone.port,
      "192.0.2.3": servers.chained.port,
      "192.0.2.6": servers.named.port,
      "192.0.2.7": servers.plain.port,
      "192.0.2.8": servers.elsewhere.port,
    }),
    clock,
    random,
    log,
    mtaSts: new MtaSts({
      resolver,
      https: createHttpsClient({ resolver, clock, authoritiesPem: root.pem, port }),
      clock,
      log,
      memory: { load: async () => [], save: async () => undefined },
    }),
    tlsResults,
    nextHops: { loginRefused: () => undefined, loginWorks: () => undefined },
    isOwnAddress: () => false,
    authoritiesPem: root.pem,
  });
  const job = jobTo({ destination: domain, recipients: [recipient(1, `bob@${domain}`)] });
  const report = await remote.attempt(job, new AbortController().signal);
  remote.close();
  const words = report.results.map(({ outcome, reply }) => `${outcome} ${reply.code ?? reply.enhanced} ${reply.stage}`);
  assert.equal(words.join(), expected, report.trace.join("\n"));
  if (tls !== undefined) assert.ok(report.host?.tls?.endsWith(tls), report.host?.tls);
}

const TAKEN = "delivered 250 final-dot";

suite("DANE with Knot and Unbound (RFC 7672)", () => {
  test("a certificate that a record vouches for is enough, however old and whatever its name", () =>
    check("good.peer.test", TAKEN, "verified (DANE)"));

  test("a record that does not fit sends us to the next MX, and defers where there is none", async () => {
    await check("bad.peer.test", TAKEN, "verified (DANE)");
    await check("worse.peer.test", "deferred 4.7.5 tls");
  });

  test("an authority in the DNS vouches for the host's name", () =>
    check("anchored.peer.test", TAKEN, "verified (DANE)"));

  test("where the records cannot be had, the host gets nothing", () => check("dark.peer.test", "deferred 4.7.5 tls"));

  test("where records are and TLS is not, nothing is sent in clear", async () => {
    await check("clear.peer.test", "deferred 4.7.4 ehlo");
    assert.equal(servers.plain.messages.length, 0);
  });

  test("a signed zone that says there are none leaves us free", () =>
    check("free.peer.test", TAKEN, "AES_256_GCM_SHA384"));

  test("records of a zone that is not signed bind nobody", () => check("loose.test", TAKEN, "AES_256_GCM_SHA384"));

  test("a zone whose signatures do not fit says nothing: deferred", () => check("forged.test", "deferred 4.4.3 dns"));

  test("behind an MX that is a CNAME the records of its end count, then its own (RFC 7672 §2.2.2)", async () => {
    await check("behind.peer.test", "deferred 4.7.5 tls");
    await check("first.peer.test", TAKEN, "verified (DANE)");
    await check("own.peer.test", "deferred 4.7.5 tls");
  });

  test("an alias that leads out of the signed zones is held to its own records", () =>
    check("leaves.peer.test", TAKEN, "verified (DANE)"));

  test("CNAMEs of the domain and of its MX are followed (R63), and a null MX is final", async () => {
    await check("alias.peer.test", TAKEN, "verified (DANE)");
    await check("mxalias.peer.test", TAKEN, "verified (DANE)");
    await check("null.peer.test", "failed 556 dns");
    await check("gone.peer.test", "failed 5.1.2 dns");
  });
});

function policyOf(mode: string, mx: string): string {
  return `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400\n`;
}

suite("MTA-STS over HTTPS (RFC 8461)", () => {
  test("enforce: a certificate of a known authority for a host that is named", async () => {
    policy = policyOf("enforce", "*.peer.test");
    await check("sts.peer.test", TAKEN, "verified (MTA-STS)");
  });

  test("enforce: a host that is not named, and a certificate that does not pass, get nothing", async () => {
    policy = policyOf("enforce", "mx1.peer.test");
    await check("sts.peer.test", "deferred 4.7.5 tls");
    policy = policyOf("enforce", "*.peer.test");
    await check("trial.peer.test", "deferred 4.7.5 tls");
  });

  test("testing: goes on, and counts what was wrong for the report", async () => {
    policy = policyOf("testing", "*.peer.test");
    await check("trial.peer.test", TAKEN, "AES_256_GCM_SHA384");
    const counted = tlsResults.results().find((one) => one.domain === "trial.peer.test" && one.policy === "sts");
    assert.deepEqual(
      counted?.details.map(({ type }) => type),
      ["certificate-expired"],
    );
  });

  test("a policy that is none binds nobody", async () => {
    policy = "<html>";
    await check("trial.peer.test", TAKEN, "AES_256_GCM_SHA384");
  });
});
