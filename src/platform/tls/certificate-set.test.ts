import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:net";
import { after, before, suite, test } from "node:test";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { CertificateSet } from "./certificate-set.ts";
import { makeSelfSigned } from "./self-signed.ts";
import { type KeyPair, serverTls } from "./server-tls.ts";
import { makeTicketKeys, TicketKeyRing, type TicketKeys } from "./ticket-keys.ts";
import type { OldestTls } from "./tls-policy.ts";

type Pairs = readonly [KeyPair, ...KeyPair[]];

const ECDSA_ONLY = [{ sigalgs: "ecdsa_secp256r1_sha256" }, { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }];
const RSA_ONLY = [{ sigalgs: "rsa_pss_rsae_sha256" }, { ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }];
const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

interface Met {
  readonly fingerprint: string;
  readonly version: string | null;
  readonly resumed: boolean;
  readonly session: Buffer;
}

/** A server as one thread has it: its own certificates, and keys of tickets that all share. */
class TestFront {
  readonly certificates: CertificateSet;
  readonly tickets: TicketKeyRing;
  readonly #server: Server;

  constructor(pairs: Pairs, keys: TicketKeys = makeTicketKeys(), oldest: OldestTls = "1.2") {
    this.tickets = new TicketKeyRing(keys);
    this.certificates = new CertificateSet(pairs, this.tickets);
    const tls = serverTls((name) => this.certificates.contextFor(name, oldest), "imap");
    this.#server = createServer((raw) => {
      const socket = new TLSSocket(raw, tls.socketOptions());
      socket.on("error", () => raw.destroy());
      socket.on("secure", () => socket.write("* OK\r\n"));
      socket.resume();
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  meet(options: ConnectionOptions = {}): Promise<Met> {
    const { port } = this.#server.address() as { port: number };
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    let session: Buffer = Buffer.alloc(0);
    socket.on("session", (given: Buffer) => (session = given));
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      // Tickets of TLS 1.3 come with the first octets.
      socket.once("data", () =>
        setImmediate(() => {
          const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
          // One of TLS 1.2 that was renewed is told by nothing else.
          const latest = session.length > 0 ? session : (socket.getSession() ?? session);
          resolve({
            fingerprint,
            version: socket.getProtocol(),
            resumed: socket.isSessionReused(),
            session: latest,
          });
          socket.destroy();
        }),
      );
    });
  }

  close(): void {
    this.#server.close();
  }
}

const fronts: TestFront[] = [];
async function front(...given: ConstructorParameters<typeof TestFront>): Promise<TestFront> {
  const opened = await new TestFront(...given).listen();
  fronts.push(opened);
  return opened;
}
after(() => {
  for (const opened of fronts) opened.close();
});

const fingerprintOf = ({ certificatePem }: KeyPair): string => new X509Certificate(certificatePem).fingerprint256;

let ecdsa: KeyPair;
let rsa: KeyPair;
let other: KeyPair;
before(async () => {
  ecdsa = await makeSelfSigned(["mail.example.test"], Date.now());
  rsa = await makeSelfSigned(["mail.example.test"], Date.now(), "rsa");
  other = await makeSelfSigned(["imap.example.org"], Date.now(), "rsa");
});

suite("one certificate of each key type", () => {
  for (const [index, version] of VERSIONS.entries()) {
    test(`the client gets what it can read, with and without a server name (${version})`, async () => {
      const server = await front([ecdsa, rsa, other]);
      const only = { minVersion: version, maxVersion: version };
      for (const servername of ["mail.example.test", ""]) {
        const met = async (more: ConnectionOptions = {}): Promise<string> =>
          (await server.meet({ servername, ...only, ...more })).fingerprint;
        assert.equal(await met(), fingerprintOf(ecdsa));
        assert.equal(await met(ECDSA_ONLY[index]), fingerprintOf(ecdsa));
        assert.equal(await met(RSA_ONLY[index]), fingerprintOf(rsa));
      }
      const named = await server.meet({ servername: "imap.example.org", ...only });
      assert.equal(named.fingerprint, fingerprintOf(other));
    });
  }

  test("a pair that does not fit leaves the set as it was", async () => {
    const server = await front([ecdsa]);
    assert.throws(() => server.certificates.replace([{ ...ecdsa, keyPem: rsa.keyPem }]));
    assert.equal((await server.meet()).fingerprint, fingerprintOf(ecdsa));
  });
});

suite("session tickets", () => {
  for (const version of VERSIONS) {
    const only = { minVersion: version, maxVersion: version, servername: "mail.example.test" };

    test(`a ticket of one thread is taken by another (${version})`, async () => {
      const keys = makeTicketKeys();
      const [one, two] = [await front([ecdsa], keys), await front([ecdsa], keys)];
      const { session, resumed } = await one.meet(only);
      assert.equal(resumed, false);
      assert.equal((await two.meet({ ...only, session })).resumed, true);
      const stranger = await front([ecdsa]);
      assert.equal((await stranger.meet({ ...only, session })).resumed, false);
    });

    test(`the key before the last still opens tickets, the one before that does not (${version})`, async () => {
      let keys = makeTicketKeys();
      const server = await front([ecdsa], keys);
      const { session } = await server.meet(only);
      keys = makeTicketKeys(keys);
      server.tickets.replace(keys);
      const renewed = await server.meet({ ...only, session });
      assert.equal(renewed.resumed, true);
      keys = makeTicketKeys(keys);
      server.tickets.replace(keys);
      assert.equal((await server.meet({ ...only, session })).resumed, false);
      assert.equal((await server.meet({ ...only, session: renewed.session })).resumed, true);
    });
  }

  test("keys are new each time, and only two are kept", () => {
    const first = makeTicketKeys();
    const third = makeTicketKeys(makeTicketKeys(first));
    assert.equal(third.length, 2);
    const parts = [...first, ...third].flatMap(({ name, hmacKey, aesKey }) => [name, hmacKey, aesKey]);
    const distinct = new Set(parts.map((part) => createHash("sha256").update(part).digest("hex")));
    assert.equal(distinct.size, parts.length);
  });
});

suite("the oldest version (R45)", () => {
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

  test("1.1 is refused unless a listener takes it", async () => {
    const strict = await front([ecdsa, rsa]);
    await assert.rejects(strict.meet(old), /protocol.version/i);
    const legacy = await front([ecdsa, rsa], makeTicketKeys(), "1.0");
    assert.equal((await legacy.meet(old)).version, "TLSv1.1");
    assert.equal((await legacy.meet()).version, "TLSv1.3");
  });

  test("1.2 is refused where 1.3 is the oldest", async () => {
    const newest = await front([ecdsa], makeTicketKeys(), "1.3");
    await assert.rejects(newest.meet({ maxVersion: "TLSv1.2" }), /protocol.version/i);
  });
});
