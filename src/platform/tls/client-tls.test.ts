import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { after, suite, test } from "node:test";
import { TLSSocket } from "node:tls";
import type { OutgoingTls } from "#ports/dialer.ts";
import type { TlsaRecord } from "#ports/resolver.ts";
import { selfSigned, type TestCertificate } from "../../../test/fakes/certificates.ts";
import { secureAsClient } from "./client-tls.ts";

const NAME = "mx1.example.test";
const root = await selfSigned({ names: ["Root"], isAuthority: true });
const between = await root.issue({ names: ["Between"], isAuthority: true });
const leaf = await between.issue({ names: [NAME] });
const served = [leaf, between, root];
const expired = [await root.issue({ names: [NAME], expired: true }), root];
const foreign = [await selfSigned({ names: ["other.example.test"] })];

const sha256 = (octets: Uint8Array): Buffer => createHash("sha256").update(octets).digest();
const sha512 = (octets: Uint8Array): Buffer => createHash("sha512").update(octets).digest();
const tlsa = (usage: number, selector: number, matchingType: number, data: Uint8Array): TlsaRecord => ({
  usage,
  selector,
  matchingType,
  data,
});

/** What comes of a handshake with a server that shows these certificates: `verified`, `protected`, or the problem. */
async function check(
  chain: readonly TestCertificate[],
  trust: OutgoingTls["trust"],
  expected: string,
  more: Partial<OutgoingTls> = {},
): Promise<void> {
  const server = createServer((raw) => {
    const [own] = chain;
    const cert = chain.map(({ pem }) => pem).join("");
    new TLSSocket(raw, { isServer: true, cert, key: own?.keyPem, ...SERVER_PROTOCOLS }).on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const outcome = await secureAsClient(socket, { serverName: NAME, trust, timeoutMs: 2000, ...more });
  const said = outcome.ok ? (outcome.value.facts.verified ? "verified" : "protected") : outcome.problem.kind;
  if (outcome.ok) outcome.value.socket.destroy();
  server.close();
  assert.equal(said, expected);
}

const SERVER_PROTOCOLS = { ALPNProtocols: ["smtp"] };
const authorities = (names: readonly string[]): OutgoingTls["trust"] => ({
  kind: "authorities",
  names,
  authoritiesPem: root.pem,
});
const dane = (records: readonly TlsaRecord[], names: readonly string[] = [NAME]): OutgoingTls["trust"] => ({
  kind: "dane",
  records,
  names,
});

suite("TLS as a client", () => {
  test("opportunistic: any certificate will do", async () => {
    await check(served, { kind: "any" }, "protected");
    await check(expired, { kind: "any" }, "protected");
    await check(foreign, { kind: "any" }, "protected");
  });

  test("authorities: chain, name and date are compared", async () => {
    await check(served, authorities([NAME]), "verified");
    await check(served, authorities(["mx2.example.test", NAME]), "verified");
    await check(served, authorities(["mx2.example.test"]), "certificate-host-mismatch");
    await check(expired, authorities([NAME]), "certificate-expired");
    await check(foreign, authorities(["other.example.test"]), "certificate-not-trusted");
    await check([leaf], authorities([NAME]), "certificate-not-trusted");
    await check(served, { kind: "authorities", names: [NAME] }, "certificate-not-trusted");
  });

  test("a certificate that need not pass is told of, and a handshake that breaks is a problem all the same", async () => {
    await check(served, authorities([NAME]), "verified", { mustPass: false });
    await check(expired, authorities([NAME]), "protected", { mustPass: false });
    await check(served, authorities([NAME]), "validation-failure", { mustPass: false, alpn: "imap" });
  });

  test("the name must stand in subjectAltName, where a wildcard is one label", async () => {
    const wild = await root.issue({ names: ["*.example.test"] });
    await check([wild], authorities([NAME]), "verified");
    await check([wild], authorities(["a.b.example.test"]), "certificate-host-mismatch");
    const commonName = await root.issue({ names: [NAME], commonNameOnly: true });
    await check([commonName], authorities([NAME]), "certificate-host-mismatch");
  });

  test("DANE-EE(3): certificate or key, whole or hashed; neither name nor date count (RFC 7672 §3.1.1)", async () => {
    await check(served, dane([tlsa(3, 0, 0, leaf.der)]), "verified");
    await check(served, dane([tlsa(3, 0, 1, sha256(leaf.der))]), "verified");
    await check(served, dane([tlsa(3, 0, 2, sha512(leaf.der))]), "verified");
    await check(served, dane([tlsa(3, 1, 0, leaf.spki)]), "verified");
    await check(served, dane([tlsa(3, 1, 1, sha256(leaf.spki))]), "verified");
    await check(served, dane([tlsa(3, 1, 2, sha512(leaf.spki))]), "verified");
    await check(expired, dane([tlsa(3, 0, 0, expired[0]?.der ?? leaf.der)], ["elsewhere.test"]), "verified");
    await check(served, dane([tlsa(3, 1, 1, sha256(between.spki))]), "tlsa-invalid");
    await check(served, dane([tlsa(3, 1, 1, sha256(leaf.der))]), "tlsa-invalid");
  });

  test("DANE-TA(2): an authority in the chain vouches, and then name and date count", async () => {
    await check(served, dane([tlsa(2, 0, 1, sha256(root.der))]), "verified");
    await check(served, dane([tlsa(2, 1, 2, sha512(between.spki))]), "verified");
    await check(served, dane([tlsa(2, 1, 1, sha256(root.spki))], ["mx2.example.test"]), "certificate-host-mismatch");
    await check(served, dane([tlsa(2, 1, 1, sha256(leaf.spki))]), "tlsa-invalid");
    await check(expired, dane([tlsa(2, 0, 1, sha256(root.der))]), "certificate-expired");
  });

  test("DANE-TA(2) with the anchor in the DNS: the server need not send it (RFC 7671 §5.2.2)", async () => {
    await check([leaf, between], dane([tlsa(2, 0, 0, root.der)]), "verified");
    await check([leaf, between], dane([tlsa(2, 1, 0, root.spki)]), "verified");
    await check([leaf, between], dane([tlsa(2, 0, 0, expired[0]?.der ?? root.der)]), "certificate-not-trusted");
    await check([leaf], dane([tlsa(2, 1, 0, root.spki)]), "certificate-not-trusted");
  });

  test("DANE-TA(2): who is no authority cannot issue, and none issues more than it may", async () => {
    const forged = await leaf.issue({ names: ["victim.example.test"] });
    await check(
      [forged, leaf, between, root],
      dane([tlsa(2, 0, 1, sha256(root.der))], ["victim.example.test"]),
      "certificate-not-trusted",
    );
    const impostor = await root.issue({ names: ["Between"], isAuthority: true });
    const borrowed = [await impostor.issue({ names: [NAME] }), between, root];
    await check(borrowed, dane([tlsa(2, 0, 1, sha256(root.der))]), "certificate-not-trusted");
    const short = await selfSigned({ names: ["Short"], isAuthority: true, pathLength: 0 });
    const below = await short.issue({ names: ["Below"], isAuthority: true });
    const end = await below.issue({ names: [NAME] });
    await check([end, below, short], dane([tlsa(2, 0, 1, sha256(short.der))]), "certificate-not-trusted");
  });

  test("one record that fits is enough; those that are not used between mail servers are passed over", async () => {
    const wrong = tlsa(3, 1, 1, sha256(root.spki));
    await check(served, dane([wrong, tlsa(3, 1, 1, sha256(leaf.spki))]), "verified");
    await check(served, dane([tlsa(1, 0, 0, leaf.der)]), "tlsa-invalid");
    await check(served, dane([tlsa(0, 0, 0, root.der)]), "tlsa-invalid");
    await check(served, dane([tlsa(3, 2, 0, leaf.der)]), "tlsa-invalid");
    await check(served, dane([tlsa(3, 0, 3, leaf.der)]), "tlsa-invalid");
  });

  test("a server without our protocol, and one that says nothing, are problems", async () => {
    await check(served, { kind: "any" }, "validation-failure", { alpn: "imap" });
    const silent = createServer();
    after(() => silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const socket = connect((silent.address() as { port: number }).port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const outcome = await secureAsClient(socket, { serverName: NAME, trust: { kind: "any" }, timeoutMs: 30 });
    assert.deepEqual(outcome, { ok: false, problem: { kind: "validation-failure", code: "TIMEOUT" } });
    assert.ok(socket.destroyed);
  });

  test("octets in clear where the handshake should begin end the connection (RFC 3207 §5)", async () => {
    const server = createServer((raw) => raw.write("250 slipped in\r\n"));
    after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    await new Promise((resolve) => socket.once("readable", resolve));
    const outcome = await secureAsClient(socket, { serverName: NAME, trust: { kind: "any" }, timeoutMs: 1000 });
    assert.deepEqual(outcome, { ok: false, problem: { kind: "validation-failure", code: "OCTETS-IN-CLEAR" } });
    assert.ok(socket.destroyed);
  });
});
