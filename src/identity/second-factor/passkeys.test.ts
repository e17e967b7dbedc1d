import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { suite, test } from "node:test";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { type Passkey, PasskeyDesk } from "./passkeys.ts";

const PARTY = { id: "mx1.example.test", origin: "https://mx1.example.test", name: "Postern" };
const ALICE = { id: 7, address: "alice@example.test" };

suite("passkeys", () => {
  test("one is registered, and logs in again and again", async () => {
    const { desk, device, passkey } = await registered();
    let known = passkey;
    for (let time = 1; time <= 3; time++) {
      const { challenge, allowCredentials } = await desk.askToLogIn(ALICE.id, [known]);
      assert.deepEqual(
        allowCredentials?.map(({ id }) => id),
        [device.id],
      );
      const loggedIn = await desk.logIn(ALICE.id, device.answer(challenge), [known]);
      assert.ok(loggedIn.ok);
      assert.equal(loggedIn.value.counter, known.counter + 1);
      known = loggedIn.value;
    }
  });

  const WRONG: Readonly<Record<string, Answering>> = {
    "another origin": { origin: "https://mx1.example.test.evil.test" },
    "another challenge": { challenge: Buffer.from("another challenge").toString("base64url") },
    "another relying party": { rpId: "evil.test" },
    "nobody was asked for a PIN or a finger": { flags: 0x01 },
    "another type": { type: "webauthn.other" },
  };
  for (const [what, answering] of Object.entries(WRONG)) {
    test(`refused, at registration and at login: ${what}`, async () => {
      const { desk, device, passkey } = await registered();
      const asked = await desk.askToRegister(ALICE, []);
      check(await desk.register(ALICE.id, new Device().attest(asked.challenge, answering)), "wrong-answer");
      const { challenge } = await desk.askToLogIn(ALICE.id, [passkey]);
      check(await desk.logIn(ALICE.id, device.answer(challenge, answering), [passkey]), "wrong-answer");
    });
  }

  test("refused: a counter that stands still or goes back, as that of a copy does", async () => {
    const { desk, device, passkey } = await registered();
    for (const counter of [4, 5]) {
      const { challenge } = await desk.askToLogIn(ALICE.id, [passkey]);
      const answer = device.answer(challenge, { counter });
      check(await desk.logIn(ALICE.id, answer, [{ ...passkey, counter: 5 }]), "wrong-answer");
    }
  });

  test("refused: an answer a second time, right or wrong the first time", async () => {
    const { desk, device, passkey } = await registered();
    const first = await desk.askToLogIn(ALICE.id, [passkey]);
    const answer = device.answer(first.challenge);
    assert.ok((await desk.logIn(ALICE.id, answer, [passkey])).ok);
    check(await desk.logIn(ALICE.id, answer, [passkey]), "no-challenge");
    const second = await desk.askToLogIn(ALICE.id, [passkey]);
    check(await desk.logIn(ALICE.id, answer, [passkey]), "wrong-answer");
    check(await desk.logIn(ALICE.id, device.answer(second.challenge), [passkey]), "no-challenge");
  });

  test("refused: too late, for another account, for another purpose, with another device or key", async () => {
    const { desk, clock, device, passkey } = await registered();
    const late = await desk.askToLogIn(ALICE.id, [passkey]);
    clock.advance(300_001);
    check(await desk.logIn(ALICE.id, device.answer(late.challenge), [passkey]), "no-challenge");
    const asked = await desk.askToLogIn(ALICE.id, [passkey]);
    check(await desk.logIn(8, device.answer(asked.challenge), [passkey]), "no-challenge");
    check(await desk.register(ALICE.id, device.attest(asked.challenge)), "no-challenge");
    const other = new Device();
    const again = await desk.askToLogIn(ALICE.id, [passkey]);
    check(await desk.logIn(ALICE.id, other.answer(again.challenge), [passkey]), "no-such-passkey");
    const forged = await desk.askToLogIn(ALICE.id, [passkey]);
    const answer = { ...other.answer(forged.challenge), id: device.id, rawId: device.id };
    check(await desk.logIn(ALICE.id, answer, [passkey]), "wrong-answer");
  });
});

async function registered() {
  const clock = new FakeClock();
  const desk = new PasskeyDesk(PARTY, { clock, random: new FakeRandom() });
  const device = new Device();
  const { challenge } = await desk.askToRegister(ALICE, []);
  const passkey = await desk.register(ALICE.id, device.attest(challenge));
  assert.ok(passkey.ok);
  assert.deepEqual([passkey.value.id, passkey.value.counter, passkey.value.transports], [device.id, 0, ["internal"]]);
  return { desk, clock, device, passkey: passkey.value satisfies Passkey };
}

function check(result: unknown, problem: string): void {
  assert.deepEqual(result, { ok: false, problem });
}

interface Answering {
  readonly origin?: string;
  readonly challenge?: string;
  readonly rpId?: string;
  readonly type?: string;
  /** 1: somebody is there, 4: and was recognised. */
  readonly flags?: number;
  readonly counter?: number;
}

/** An authenticator with one ES256 key. */
class Device {
  readonly #private: KeyObject;
  readonly #cose: Buffer;
  readonly #id = createHash("sha256").update(String(Math.random())).digest();
  readonly id = this.#id.toString("base64url");
  #uses = 0;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#private = privateKey;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    this.#cose = Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      coordinate(x),
      Buffer.from([0x22]),
      coordinate(y),
    ]);
  }

  attest(challenge: string, answering: Answering = {}): RegistrationResponseJSON {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.#id.length);
    const data = Buffer.concat([
      this.#head(0x40 | (answering.flags ?? 0x05), 0, answering.rpId),
      Buffer.alloc(16),
      length,
      this.#id,
      this.#cose,
    ]);
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      text("fmt"),
      text("none"),
      text("attStmt"),
      Buffer.from([0xa0]),
      text("authData"),
      Buffer.from([0x58, data.length]),
      data,
    ]);
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData("webauthn.create", challenge, answering).toString("base64url"),
        attestationObject: attestation.toString("base64url"),
        transports: ["internal"],
      },
    };
  }

  answer(challenge: string, answering: Answering = {}): AuthenticationResponseJSON {
    const data = this.#head(answering.flags ?? 0x05, answering.counter ?? ++this.#uses, answering.rpId);
    const client = clientData("webauthn.get", challenge, answering);
    const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: client.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: sign("sha256", signed, this.#private).toString("base64url"),
      },
    };
  }

  #head(flags: number, counter: number, rpId = PARTY.id): Buffer {
    const end = Buffer.alloc(5);
    end.writeUInt8(flags);
    end.writeUInt32BE(counter, 1);
    return Buffer.concat([createHash("sha256").update(rpId).digest(), end]);
  }
}

function clientData(type: string, challenge: string, answering: Answering): Buffer {
  const { origin = PARTY.origin } = answering;
  return Buffer.from(
    JSON.stringify({ type: answering.type ?? type, challenge: answering.challenge ?? challenge, origin }),
  );
}

function coordinate(base64url: string): Buffer {
  return Buffer.concat([Buffer.from([0x58, 32]), Buffer.from(base64url, "base64url")]);
}

/** CBOR, up to 23 octets. */
function text(word: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | word.length]), Buffer.from(word)]);
}
