import assert from "node:assert/strict";
import { createSign, KeyObject } from "node:crypto";
import { suite, test } from "node:test";
import "reflect-metadata"; // @peculiar/x509 needs it
import * as x509 from "@peculiar/x509";
import type { NewPasskey, PasskeyRow } from "#store/passkey-store.ts";
import { type Answering, cborOctets, cborText, PasskeyDevice } from "../../../test/fakes/passkey-device.ts";
import { challengeIn, checkLogin, checkRegistration, loginQuestion, registrationQuestion } from "./passkeys.ts";

const PARTY = { id: "mx1.example.test", origins: ["https://mx1.example.test:2443", "https://mx1.example.test"] };
const ALICE = { id: 7, address: "alice@example.test" };
const CHALLENGE = Buffer.from("a challenge of thirty-two octets").toString("base64url");
const AT = { challenge: new Uint8Array(Buffer.from(CHALLENGE, "base64url")), known: [] };

suite("passkeys", () => {
  test("a browser is asked for one that it finds by itself, with a PIN, a finger or a face", async () => {
    const { passkey } = await registered();
    const asked = await registrationQuestion(PARTY, ALICE, { ...AT, known: [passkey] });
    assert.deepEqual(asked.rp, { id: "mx1.example.test", name: "mx1.example.test" });
    assert.deepEqual([asked.challenge, asked.user.name, asked.attestation], [CHALLENGE, ALICE.address, "none"]);
    assert.equal(asked.authenticatorSelection?.residentKey, "required");
    assert.equal(asked.authenticatorSelection.userVerification, "required");
    assert.deepEqual(ids(asked.excludeCredentials), [passkey.credentialId]);
    const again = await loginQuestion(PARTY, { ...AT, known: [passkey] });
    assert.deepEqual([again.challenge, again.rpId, again.userVerification], [CHALLENGE, PARTY.id, "required"]);
    assert.deepEqual(ids(again.allowCredentials), [passkey.credentialId]);
  });

  test("a right answer is right, at each of our ports", async () => {
    const { device, passkey } = await registered();
    assert.deepEqual([passkey.credentialId, passkey.counter, passkey.isBackedUp], [device.id, 0, false]);
    for (const origin of PARTY.origins) {
      const response = device.answer(CHALLENGE, { origin, userHandle: "7" });
      assert.equal(challengeIn(response), CHALLENGE);
      const use = await checkLogin(PARTY, { response, challenge: CHALLENGE }, passkey);
      assert.deepEqual(use, { counter: PARTY.origins.indexOf(origin) + 1, isBackedUp: false });
    }
  });

  test("what is backed up says so", async () => {
    const { device, passkey } = await registered({ flags: 0x1d });
    assert.equal(passkey.isBackedUp, true);
    const response = device.answer(CHALLENGE, { flags: 0x0d });
    assert.deepEqual(await checkLogin(PARTY, { response, challenge: CHALLENGE }, passkey), {
      counter: 1,
      isBackedUp: false,
    });
  });

  const WRONG: Readonly<Record<string, Answering>> = {
    "an origin that begins as ours": { origin: "https://mx1.example.test.evil.test" },
    "another port": { origin: "https://mx1.example.test:8443" },
    "no TLS": { origin: "http://mx1.example.test:2443" },
    "another challenge": { challenge: Buffer.from("another challenge").toString("base64url") },
    "another relying party": { rpId: "evil.test" },
    "a parent of the host": { rpId: "example.test" },
    "nobody was there": { flags: 0x04 },
    "nobody was asked for a PIN or a finger": { flags: 0x01 },
    "another type": { type: "webauthn.other" },
  };
  for (const [what, answering] of Object.entries(WRONG)) {
    test(`refused, at registration and at login: ${what}`, async () => {
      const { device, passkey } = await registered();
      const made = new PasskeyDevice(PARTY).attest(CHALLENGE, answering);
      assert.equal(await checkRegistration(PARTY, made, CHALLENGE), undefined);
      const response = device.answer(CHALLENGE, answering);
      assert.equal(await checkLogin(PARTY, { response, challenge: CHALLENGE }, passkey), undefined);
    });
  }

  test("refused: an answer of another key, of another account's owner, or to the other question", async () => {
    const { device, passkey } = await registered();
    const check = async (response: Parameters<typeof checkLogin>[1]["response"]) =>
      assert.equal(await checkLogin(PARTY, { response, challenge: CHALLENGE }, passkey), undefined);
    await check({ ...new PasskeyDevice(PARTY).answer(CHALLENGE), id: device.id, rawId: device.id });
    await check(device.answer(CHALLENGE, { userHandle: "8" }));
    await check(device.answer(CHALLENGE, { type: "webauthn.create" }));
    const crossed = device.attest(CHALLENGE, { type: "webauthn.get" });
    assert.equal(await checkRegistration(PARTY, crossed, CHALLENGE), undefined);
  });

  test("a device may sign with the new key itself; a certificate that came unasked is not read", async () => {
    const device = new PasskeyDevice(PARTY);
    const self = (signed: Buffer) => Buffer.concat([statementHead(2), cborOctets(device.sign(signed))]);
    assert.ok(await checkRegistration(PARTY, device.attest(CHALLENGE, { statement: self }), CHALLENGE));
    const { certificate, sign } = await attestationCertificate();
    const certified = (signed: Buffer) =>
      Buffer.concat([
        statementHead(3),
        cborOctets(sign(signed)),
        cborText("x5c"),
        Buffer.from([0x81]),
        cborOctets(certificate),
      ]);
    const answer = device.attest(CHALLENGE, { statement: certified });
    assert.equal(await checkRegistration(PARTY, answer, CHALLENGE), undefined);
  });

  test("refused: an ID longer than any may be (WebAuthn §7.1, step 25)", async () => {
    const answers = [1023, 1024].map((octets) => new PasskeyDevice(PARTY, octets).attest(CHALLENGE));
    const found = await Promise.all(answers.map((answer) => checkRegistration(PARTY, answer, CHALLENGE)));
    assert.deepEqual(
      found.map((passkey) => passkey !== undefined),
      [true, false],
    );
  });

  test("what is no answer at all is refused, and says no challenge", async () => {
    const { device, passkey } = await registered();
    for (const clientDataJSON of ["", "AAAA", Buffer.from("null").toString("base64url"), "e30"]) {
      const { response, ...rest } = device.answer(CHALLENGE);
      const broken = { ...rest, response: { ...response, clientDataJSON } };
      assert.equal(challengeIn(broken), undefined);
      assert.equal(await checkLogin(PARTY, { response: broken, challenge: CHALLENGE }, passkey), undefined);
      const { response: made, ...others } = device.attest(CHALLENGE);
      const garbled = { ...others, response: { ...made, attestationObject: clientDataJSON } };
      assert.equal(await checkRegistration(PARTY, garbled, CHALLENGE), undefined);
    }
  });
});

function ids(listed: readonly { readonly id: string }[] | undefined): readonly string[] | undefined {
  return listed?.map(({ id }) => id);
}

/** Of an attestation statement in CBOR, up to its signature: ES256. */
function statementHead(entries: number): Buffer {
  return Buffer.concat([Buffer.from([0xa0 | entries]), cborText("alg"), Buffer.from([0x26]), cborText("sig")]);
}

async function registered(answering: Answering = {}): Promise<{ device: PasskeyDevice; passkey: PasskeyRow }> {
  const device = new PasskeyDevice(PARTY);
  const made: NewPasskey | undefined = await checkRegistration(PARTY, device.attest(CHALLENGE, answering), CHALLENGE);
  assert.ok(made);
  const row = { id: 1, accountId: ALICE.id, name: "phone", createdAtMs: 0, lastUsedMs: null };
  return { device, passkey: { ...made, ...row } };
}

/** Such a one as manufacturers put into devices (WebAuthn §8.2.1). */
async function attestationCertificate() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: "C=DE, O=Maker, OU=Authenticator Attestation, CN=Device",
    notBefore: new Date("2020-01-01"),
    notAfter: new Date("2120-01-01"),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(false)],
  });
  const key = KeyObject.from(keys.privateKey);
  return {
    certificate: Buffer.from(made.rawData),
    sign: (octets: Buffer) => createSign("sha256").update(octets).sign(key),
  };
}
