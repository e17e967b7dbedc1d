import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createServer } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { SubjectAlternativeNameExtension } from "@peculiar/x509";
import { selfSigned, type TestCertificate } from "../../../test/fakes/certificates.ts";
import { CertificateSet } from "./certificate-set.ts";
import { type ClientAuthorities, clientAuthorities, shownAddresses } from "./client-certificates.ts";
import { serverTls } from "./server-tls.ts";
import { makeTicketKeys, TicketKeyRing } from "./ticket-keys.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;
const ALICE = "alice@example.test";

const own = await selfSigned({ names: ["localhost"] });
const second = await selfSigned({ names: ["other.test"] });
const PAIRS = [
  { certificatePem: own.pem, keyPem: own.keyPem },
  { certificatePem: second.pem, keyPem: second.keyPem },
] as const;
const root = await selfSigned({ names: ["Users"], isAuthority: true });
const alice = await root.issue({ names: ["alice"], emails: [ALICE] });
const noRevocations = await root.revoke([]);

function trusting(revokedPem = "", accounts: Readonly<Record<string, string>> = {}): ClientAuthorities {
  const clients = clientAuthorities(root.pem, revokedPem, accounts);
  assert.ok(clients.ok, JSON.stringify(clients));
  return clients.value;
}

/** One listener that asks for certificates, and one beside it that does not, with the same keys of tickets. */
async function listen(t: TestContext, clients: ClientAuthorities) {
  const ring = new TicketKeyRing(makeTicketKeys());
  const set = new CertificateSet(PAIRS, ring, clients);
  const state = { clients, nowMs: Date.now() };
  const asking = serverTls((name) => set.contextFor(name, "1.2", true), "imap", {
    clientAddresses: (socket) => {
      const shown = shownAddresses(socket, state.clients, state.nowMs);
      socket.write(shown === undefined ? "none" : shown.ok ? shown.value.join(" ") : shown.problem);
      return [];
    },
  });
  const silent = serverTls((name) => set.contextFor(name, "1.2"), "imap");
  const portOf = async (tls: typeof asking): Promise<number> => {
    const server = createServer((raw) => {
      const socket = new TLSSocket(raw, tls.socketOptions());
      socket.on("error", () => raw.destroy());
      socket.on("secure", () =>
        tls.clientAddresses === undefined ? socket.write("not asked") : tls.clientAddresses(socket),
      );
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    return (server.address() as { port: number }).port;
  };
  const ports = { asking: await portOf(asking), silent: await portOf(silent) };
  return {
    state,
    /** New files. */
    replace(next: ClientAuthorities) {
      state.clients = next;
      set.replace(PAIRS, next);
    },
    /** What the server makes of a client. */
    meet: (
      certificate: TestCertificate | undefined,
      options: ConnectionOptions = {},
      where: keyof typeof ports = "asking",
    ) => meet(ports[where], certificate, options),
  };
}

interface Met {
  readonly said: string;
  readonly session: Buffer | undefined;
  readonly isResumed: boolean;
}

function meet(port: number, certificate: TestCertificate | undefined, options: ConnectionOptions): Promise<Met> {
  const identity = certificate === undefined ? {} : { cert: certificate.pem, key: certificate.keyPem };
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...identity, ...options });
  let session: Buffer | undefined;
  socket.on("session", (given: Buffer) => (session = given));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    // Tickets of TLS 1.3 come with the first octets.
    socket.once("data", (said: Buffer) =>
      setImmediate(() => {
        const met = {
          said: said.toString(),
          session: session ?? socket.getSession(),
          isResumed: socket.isSessionReused(),
        };
        socket.destroy();
        resolve(met);
      }),
    );
  });
}

const CERTIFICATES = [
  ["none", undefined, "none"],
  ["of our authority", alice, ALICE],
  ["with two addresses", await root.issue({ names: ["x"], emails: [ALICE, "a@b.test"] }), `${ALICE} a@b.test`],
  ["that is over", await root.issue({ names: ["x"], emails: [ALICE], expired: true }), "CERT_HAS_EXPIRED"],
  [
    "of an authority by the same name",
    await (await selfSigned({ names: ["Users"], isAuthority: true })).issue({ names: ["x"], emails: [ALICE] }),
    "CERT_SIGNATURE_FAILURE",
  ],
  ["of its own making", await selfSigned({ names: ["x"], emails: [ALICE] }), "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [
    "made by a user",
    await alice.issue({ names: ["x"], emails: ["admin@example.test"] }),
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ],
  ["of a server", await root.issue({ names: ["mx.example.test"] }), "NO_ADDRESS"],
  [
    "whose host name would like to be an address",
    await root.issue({
      names: ["x"],
      commonNameOnly: true,
      extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: `x, email:${ALICE}, y` }])],
    }),
    "NO_ADDRESS",
  ],
] as const;

suite("certificates of clients", () => {
  for (const [what, certificate, expected] of CERTIFICATES) {
    for (const version of VERSIONS) {
      test(`${what}, over ${version}: ${expected}, at first and when the session is resumed`, async (t) => {
        const { meet: come } = await listen(t, trusting());
        const options = { minVersion: version, maxVersion: version };
        const first = await come(certificate, options);
        assert.equal(first.said, expected);
        const again = await come(certificate, { ...options, session: first.session });
        assert.deepEqual([again.isResumed, again.said], [true, expected]);
      });
    }
  }

  for (const version of VERSIONS) {
    const options = { minVersion: version, maxVersion: version };
    test(`over ${version}: revoked, and a session that began before is not resumed`, async (t) => {
      const server = await listen(t, trusting(noRevocations));
      const before = await server.meet(alice, options);
      assert.equal(before.said, ALICE);
      server.replace(trusting(await root.revoke([alice])));
      const after = await server.meet(alice, { ...options, session: before.session });
      assert.deepEqual([after.isResumed, after.said], [false, "CERT_REVOKED"]);
    });

    test(`over ${version}: a session that began without being asked proves nothing where one is`, async (t) => {
      const server = await listen(t, trusting());
      const before = await server.meet(alice, options, "silent");
      assert.equal(before.said, "not asked");
      const after = await server.meet(alice, { ...options, session: before.session });
      assert.deepEqual([after.isResumed, after.said], [false, ALICE]);
    });

    test(`over ${version}: a certificate that ends while its session can be resumed is over`, async (t) => {
      const server = await listen(t, trusting());
      const before = await server.meet(alice, options);
      server.state.nowMs += 40 * 24 * 60 * 60 * 1000;
      assert.equal((await server.meet(alice, { ...options, session: before.session })).said, "CERT_HAS_EXPIRED");
    });
  }

  test("by every name that the server has, the same authorities and lists are asked", async (t) => {
    const bob = await root.issue({ names: ["bob"], emails: ["bob@example.test"] });
    const server = await listen(t, trusting(await root.revoke([bob])));
    for (const servername of ["localhost", "other.test", "unknown.test"]) {
      const said = [alice, bob].map(async (certificate) => (await server.meet(certificate, { servername })).said);
      assert.deepEqual(await Promise.all(said), [ALICE, "CERT_REVOKED"]);
    }
  });

  test("a list of revoked certificates that is out of date, or of another authority, lets nobody in", async (t) => {
    const old = await listen(t, trusting(await root.revoke([], Date.now() - 1000)));
    assert.equal((await old.meet(alice)).said, "CRL_HAS_EXPIRED");
    const foreign = await selfSigned({ names: ["Others"], isAuthority: true });
    const other = await listen(t, trusting(await foreign.revoke([])));
    assert.equal((await other.meet(alice)).said, "UNABLE_TO_GET_CRL");
  });

  test("a fingerprint names the account, whatever the certificate says, and only one of our authority", async (t) => {
    const foreign = await selfSigned({ names: ["x"], emails: [ALICE] });
    const accounts = Object.fromEntries(
      [alice, foreign].map(({ pem }) => [new X509Certificate(pem).fingerprint256, "bob@example.test"]),
    );
    const server = await listen(t, trusting("", accounts));
    assert.equal((await server.meet(alice)).said, "bob@example.test");
    assert.equal((await server.meet(foreign)).said, "DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

suite("files of clients' authorities", () => {
  for (const [what, authorities, lists] of [
    ["nothing", "", ""],
    ["no PEM", "authority", ""],
    ["a certificate of a user", alice.pem, ""],
    ["PEM with something else in it", root.pem.replace(/\n[A-Za-z0-9]{20}/, "\nAAAAAAAAAAAAAAAAAAAA"), ""],
    ["a list that is none", root.pem, "revoked: nobody"],
    ["a list that is broken", root.pem, noRevocations.replace(/\n[A-Za-z0-9]{20}/, "\nAAAAAAAAAAAAAAAAAAAA")],
  ] as const) {
    test(`${what} is a problem`, () => assert.equal(clientAuthorities(authorities, lists, {}).ok, false));
  }
  test("several authorities, each with its list, are taken", async (t) => {
    const more = await selfSigned({ names: ["More users"], isAuthority: true });
    const lists = `${noRevocations}\n${await more.revoke([])}`;
    const clients = clientAuthorities(`Users:\n${root.pem}\n${more.pem}`, lists, {});
    assert.ok(clients.ok);
    const server = await listen(t, clients.value);
    const bob = await more.issue({ names: ["bob"], emails: ["bob@example.test"] });
    assert.deepEqual([(await server.meet(alice)).said, (await server.meet(bob)).said], [ALICE, "bob@example.test"]);
  });
});
