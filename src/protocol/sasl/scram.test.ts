import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { type SaslExchange, type SaslOffer, type SaslStep, startSasl } from "./exchange.ts";
import { hmac, type ScramHash, type ScramKey, scramKeysOf } from "./scram-keys.ts";

const CHANNEL = Buffer.alloc(32, 7);
const BOTH: SaslOffer = {
  mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"],
  channelBinding: CHANNEL,
  tokenScope: "",
  tokenDescription: "",
};
const WITHOUT_CHANNEL: SaslOffer = { ...BOTH, mechanisms: ["SCRAM-SHA-256"], channelBinding: undefined };
const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
const IDENTITY = { accountId: 1, address: "user@example.test", credentialId: 5 };

suite("sasl SCRAM: the examples of the standards", () => {
  test("SCRAM-SHA-256 (RFC 7677 §3)", () => {
    const server = new Server("SCRAM-SHA-256", WITHOUT_CHANNEL, { password: "pencil" });
    server.serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    assert.deepEqual(
      server.play(
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "",
      ),
      [
        "keys user",
        `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=${SALT},i=4096`,
        "proof of 5",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        "accepted",
      ],
    );
  });

  test("SCRAM-SHA-1 (RFC 5802 §5)", () => {
    const salt = "QSXCR+Q6sek8bf92";
    const server = new Server("SCRAM-SHA-1", BOTH, { password: "pencil", hash: "sha1", salt });
    server.serverNonce = "3rfcNHYJY1ZVvWVs7j";
    assert.deepEqual(
      server.play(
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "",
      ),
      [
        "keys user",
        `r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=${salt},i=4096`,
        "proof of 5",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        "accepted",
      ],
    );
  });
});

suite("sasl SCRAM: the channel (RFC 5802 §6, RFC 9266)", () => {
  test("-PLUS takes the channel's own value", () =>
    check("SCRAM-SHA-256-PLUS", { header: "p=tls-exporter,,", channel: CHANNEL }, "accepted"));
  test("another channel: somebody stands between", () => {
    const other = Buffer.alloc(32, 8);
    check("SCRAM-SHA-256-PLUS", { header: "p=tls-exporter,,", channel: other }, "refused other-channel");
    check("SCRAM-SHA-256-PLUS", { header: "p=tls-exporter,," }, "refused other-channel");
  });
  test("-PLUS without a binding, and a binding without -PLUS", () => {
    for (const header of ["n,,", "y,,"]) check("SCRAM-SHA-256-PLUS", { header }, "malformed bad-message");
    check("SCRAM-SHA-256", { header: "p=tls-exporter,,", channel: CHANNEL }, "malformed bad-message");
  });
  test("a binding that we do not have", () => {
    for (const type of ["tls-unique", "tls-server-end-point", "TLS-EXPORTER"]) {
      check("SCRAM-SHA-256-PLUS", { header: `p=${type},,`, channel: CHANNEL }, "malformed bad-message");
    }
  });
  test("a client that was told there is none, while there is: a downgrade", () => {
    check("SCRAM-SHA-256", { header: "y,," }, "refused downgraded");
    check("SCRAM-SHA-256", { header: "y,,", offer: WITHOUT_CHANNEL }, "accepted");
    check("SCRAM-SHA-256", { header: "n,," }, "accepted");
  });
  test("the header that is signed is the one that was said", () =>
    check("SCRAM-SHA-256", { header: "n,,", saidAgain: "y,," }, "refused other-channel"));
});

suite("sasl SCRAM: names and passwords", () => {
  test("a wrong password", () => check("SCRAM-SHA-256", { password: "pencil " }, "refused wrong-proof"));
  test("each of several passwords", () => {
    for (const password of ["pencil", "app password"]) {
      check("SCRAM-SHA-256", { password, alsoRight: "app password" }, "accepted");
    }
  });
  test("a key of nobody lets nobody in", () => {
    check("SCRAM-SHA-256", { credentialId: undefined }, "refused wrong-proof");
    // The proof of one who assumes the keys that stand for nobody.
    check("SCRAM-SHA-256", { keysOfNobody: true }, "refused wrong-proof");
  });
  test("is not taken at the word of whoever answers, when the proof is wrong", () => {
    const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
    server.believesEverything = true;
    assert.equal(server.login({ password: "wrong" }), "refused wrong-proof");
  });
  test("acting for oneself, and for another (RFC 4422 §3.4.1)", () => {
    check("SCRAM-SHA-256", { header: "n,a=USER," }, "accepted");
    check("SCRAM-SHA-256", { header: "n,a=root," }, "refused");
  });
  test("commas and equals signs in a name (§5.1)", () => {
    const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
    assert.deepEqual(server.play("n,,n=a=2Cb=3Dc,r=x"), ["keys a,b=c", `r=x${server.serverNonce},s=${SALT},i=4096`]);
  });
});

suite("sasl SCRAM: what is no message of it", () => {
  for (const first of [
    "",
    "n,,",
    "n,,n=user",
    "n,,n=user,r=",
    "n,,n=,r=x",
    "n,,r=x,n=user",
    "n,,m=ext,n=user,r=x",
    "n,,n=us=er,r=x",
    "n,,n=us=2cer,r=x",
    "n,,n=user,r=x y",
    "n,,n=us\0er,r=x",
    "N,,n=user,r=x",
    "p=,,n=user,r=x",
    "n,b=user,n=user,r=x",
    `n,,n=user,r=${"x".repeat(513)}`,
    `n,,n=${"x".repeat(3000)},r=x`,
    "\u0000alice\u0000secret",
  ]) {
    test(`first: ${JSON.stringify(first.slice(0, 40))}`, () => {
      const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
      assert.match(server.play(first).join(), /^malformed (?:bad-message|empty|too-long)$/);
    });
  }
  for (const final of [
    "",
    "=",
    "c=biws,r=xS",
    "c=biws,r=xS,p=",
    "c=biws,r=xS,p=AA",
    "c=biws,r=xT,p=AAAA",
    "c=biws,r=x,p=AAAA",
    "c=biw,r=xS,p=AAAA",
    "r=xS,c=biws,p=AAAA",
    "c=biws,r=xS,p=AAAA,y=z",
    "e=other-error",
  ]) {
    test(`final: ${JSON.stringify(final)}`, () => {
      const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
      server.serverNonce = "S";
      assert.equal(server.play("n,,n=user,r=x", final).at(-1), "malformed bad-message");
    });
  }
  test("a proof of the wrong length is a wrong one", () => {
    const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
    server.serverNonce = "S";
    assert.equal(server.play("n,,n=user,r=x", "c=biws,r=xS,p=AAAA").at(-1), "refused wrong-proof");
  });
  test("something behind the server's last word", () => {
    const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
    assert.equal(server.login({ password: "pencil", confirmation: "x" }), "malformed bad-message");
  });
  test("no octets throw, and none let anybody in", () => {
    const response = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom("n,,n=user,r=x", "c=biws,r=xS,p=AAAA", "", "*").map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(response, { maxLength: 4 }), (responses) => {
        const server = new Server("SCRAM-SHA-256", BOTH, { password: "pencil" });
        server.serverNonce = "S";
        assert.equal(server.play(...responses).includes("accepted"), false);
      }),
      { numRuns: 200 },
    );
  });
});

interface Attempt {
  readonly offer?: SaslOffer;
  readonly header?: string;
  readonly saidAgain?: string;
  readonly channel?: Uint8Array;
  readonly password?: string;
  readonly alsoRight?: string;
  readonly credentialId?: number | undefined;
  readonly keysOfNobody?: boolean;
  readonly confirmation?: string;
}

/** Logs in with `pencil` unless told otherwise, to a server that knows it, and compares the end. */
function check(mechanism: string, attempt: Attempt, expected: string): void {
  const credentialId = "credentialId" in attempt ? attempt.credentialId : 5;
  const server = new Server(mechanism, attempt.offer ?? BOTH, {
    password: "pencil",
    credentialId,
    alsoRight: attempt.alsoRight,
  });
  if (attempt.keysOfNobody === true) server.keys = [{ credentialId: undefined, ...zeroKeys() }];
  assert.equal(server.login({ password: "pencil", ...attempt }), expected);
}

/** Both ends of an exchange: the server's under test, and whoever answers it. */
class Server {
  readonly #exchange: SaslExchange;
  readonly #hash: ScramHash;
  readonly #salt: Buffer;
  keys: readonly ScramKey[];
  serverNonce = "server-part";
  believesEverything = false;
  #why = "";

  constructor(
    mechanism: string,
    offer: SaslOffer,
    known: {
      readonly password: string;
      readonly hash?: ScramHash;
      readonly salt?: string;
      readonly credentialId?: number | undefined;
      readonly alsoRight?: string | undefined;
    },
  ) {
    const exchange = startSasl(mechanism, offer);
    assert.ok(exchange);
    this.#exchange = exchange;
    this.#hash = known.hash ?? "sha256";
    this.#salt = Buffer.from(known.salt ?? SALT, "base64");
    const credentialId = "credentialId" in known ? known.credentialId : 5;
    const passwords = [known.password, ...(known.alsoRight === undefined ? [] : [known.alsoRight])];
    this.keys = passwords.map((password) => ({
      credentialId,
      ...scramKeysOf(this.#salted(password), this.#hash),
    }));
  }

  /** What the server says to each message, and what it asks. */
  play(...messages: readonly (string | Uint8Array)[]): string[] {
    const said: string[] = [];
    for (const message of messages) {
      let step = this.#exchange.step(typeof message === "string" ? Buffer.from(message) : message);
      while (step.kind === "question") {
        said.push(this.#question(step));
        step = this.#answer(step);
      }
      said.push(this.#said(step));
    }
    return said;
  }

  /** Logs in as a client that does its sums by itself; the last word of the server. */
  login(attempt: Attempt): string {
    const { header = "n,,", saidAgain = header, channel = new Uint8Array(0), password = "" } = attempt;
    const bare = "n=user,r=client-part";
    const serverFirst = this.play(`${header}${bare}`).at(-1) ?? "";
    if (!serverFirst.startsWith("r=")) return serverFirst;
    const binding = Buffer.concat([Buffer.from(saidAgain), channel]).toString("base64");
    const withoutProof = `c=${binding},r=client-part${this.serverNonce}`;
    const keys = attempt.keysOfNobody === true ? zeroKeys() : undefined;
    const clientKey = keys?.storedKey ?? hmac(this.#hash, this.#salted(password), "Client Key");
    const storedKey = keys?.storedKey ?? scramKeysOf(this.#salted(password), this.#hash).storedKey;
    const signature = hmac(this.#hash, storedKey, `${bare},${serverFirst},${withoutProof}`);
    const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] ?? 0))).toString("base64");
    const last = this.play(`${withoutProof},p=${proof}`).at(-1) ?? "";
    return last.startsWith("v=") ? (this.play(attempt.confirmation ?? "").at(-1) ?? "") : last;
  }

  #salted(password: string): Buffer {
    return pbkdf2Sync(password, this.#salt, 4096, this.#hash === "sha256" ? 32 : 20, this.#hash);
  }

  #question({ question }: Extract<SaslStep, { kind: "question" }>): string {
    if (question.about === "scram-keys") return `keys ${question.username}`;
    if (question.about !== "scram-proof") return question.about;
    return question.proof.right ? `proof of ${question.proof.credentialId}` : `no proof: ${question.proof.why}`;
  }

  #answer({ question }: Extract<SaslStep, { kind: "question" }>): SaslStep {
    if (question.about === "scram-keys") {
      const { keys, serverNonce: nonce } = this;
      return this.#exchange.answer({ kind: "scram-keys", salt: this.#salt, iterations: 4096, keys, nonce });
    }
    assert.ok(question.about === "scram-proof");
    const { proof } = question;
    this.#why = proof.right ? "" : ` ${proof.why}`;
    const isRight = proof.right || this.believesEverything;
    return this.#exchange.answer(isRight ? { kind: "accepted", identity: IDENTITY } : { kind: "refused" });
  }

  #said(step: Exclude<SaslStep, { kind: "question" }>): string {
    if (step.kind === "challenge") return Buffer.from(step.octets).toString();
    const { outcome } = step;
    if (outcome.kind === "malformed") return `malformed ${outcome.reason}`;
    return outcome.kind === "refused" ? `refused${this.#why}` : outcome.kind;
  }
}

function zeroKeys(): Pick<ScramKey, "storedKey" | "serverKey"> {
  return { storedKey: new Uint8Array(32), serverKey: new Uint8Array(32) };
}
