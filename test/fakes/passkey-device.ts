/** What a browser and its authenticator answer, made of one ES256 key. It can answer wrongly in every way. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";

export interface Answering {
  readonly origin?: string;
  readonly challenge?: string;
  readonly rpId?: string;
  readonly type?: string;
  /** 1: somebody is there, 4: and was recognised. */
  readonly flags?: number;
  readonly counter?: number;
  readonly userHandle?: string;
  /** In CBOR; `fmt` is `packed` then. */
  readonly statement?: (signed: Buffer) => Buffer;
}

interface Party {
  readonly id: string;
  readonly origins: readonly string[];
}

/** AAGUID of nobody. */
const AAGUID = Buffer.alloc(16);

export class PasskeyDevice {
  readonly #party: Party;
  readonly #private: KeyObject;
  readonly #cose: Buffer;
  readonly #id: Buffer;
  readonly id: string;
  #uses = 0;

  constructor(party: Party, idOctets = 32) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    this.#party = party;
    this.#private = privateKey;
    this.#id = randomBytes(idOctets);
    this.id = this.#id.toString("base64url");
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    this.#cose = Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      cborOctets(Buffer.from(x, "base64url")),
      Buffer.from([0x22]),
      cborOctets(Buffer.from(y, "base64url")),
    ]);
  }

  attest(challenge: string, answering: Answering = {}): RegistrationResponseJSON {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.#id.length);
    const head = this.#head(0x40 | (answering.flags ?? 0x05), answering.counter ?? 0, answering.rpId);
    const data = Buffer.concat([head, AAGUID, length, this.#id, this.#cose]);
    const client = this.#clientData("webauthn.create", challenge, answering);
    const { statement } = answering;
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      cborText("fmt"),
      cborText(statement === undefined ? "none" : "packed"),
      cborText("attStmt"),
      statement?.(Buffer.concat([data, digest(client)])) ?? Buffer.from([0xa0]),
      cborText("authData"),
      cborOctets(data),
    ]);
    return {
      ...this.#answer(),
      response: {
        clientDataJSON: client.toString("base64url"),
        attestationObject: attestation.toString("base64url"),
        transports: ["internal"],
      },
    };
  }

  answer(challenge: string, answering: Answering = {}): AuthenticationResponseJSON {
    const data = this.#head(answering.flags ?? 0x05, answering.counter ?? ++this.#uses, answering.rpId);
    const client = this.#clientData("webauthn.get", challenge, answering);
    const { userHandle } = answering;
    return {
      ...this.#answer(),
      response: {
        clientDataJSON: client.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: this.sign(Buffer.concat([data, digest(client)])).toString("base64url"),
        ...(userHandle === undefined ? {} : { userHandle: Buffer.from(userHandle).toString("base64url") }),
      },
    };
  }

  sign(octets: Buffer): Buffer {
    return sign("sha256", octets, this.#private);
  }

  #answer() {
    return { id: this.id, rawId: this.id, type: "public-key", clientExtensionResults: {} } as const;
  }

  #head(flags: number, counter: number, rpId = this.#party.id): Buffer {
    const end = Buffer.alloc(5);
    end.writeUInt8(flags);
    end.writeUInt32BE(counter, 1);
    return Buffer.concat([digest(Buffer.from(rpId)), end]);
  }

  #clientData(type: string, challenge: string, answering: Answering): Buffer {
    const { origin = this.#party.origins[0] } = answering;
    return Buffer.from(
      JSON.stringify({ type: answering.type ?? type, challenge: answering.challenge ?? challenge, origin }),
    );
  }
}

function digest(octets: Buffer): Buffer {
  return createHash("sha256").update(octets).digest();
}

/** Up to 65,535 octets. */
export function cborOctets(octets: Buffer): Buffer {
  const { length } = octets;
  const head = length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), octets]);
}

/** Up to 23 octets. */
export function cborText(word: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | word.length]), Buffer.from(word)]);
}
