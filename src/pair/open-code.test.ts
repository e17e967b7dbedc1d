import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CODE_LIFE_MS, CODE_TRIES_MAX } from "./limits.ts";
import { OpenCode } from "./open-code.ts";
import { pairingProof } from "./pairing-proof.ts";

const FINGERPRINTS = { joining: "aa".repeat(32), inviting: "bb".repeat(32) };
const WRONG = "00".repeat(32);

function opened(): { readonly code: OpenCode; readonly proof: string; readonly wait: (ms: number) => void } {
  let nowMs = 1000;
  const random = { bytes: (length: number) => new Uint8Array(length).fill(7) };
  const code = new OpenCode({ clock: { now: () => nowMs }, random });
  const { secret } = code.make();
  return { code, proof: pairingProof("joining", { secret, ...FINGERPRINTS }), wait: (ms) => void (nowMs += ms) };
}

suite("a pairing code", () => {
  test("counts once", () => {
    const { code, proof } = opened();
    assert.notEqual(code.use(proof, FINGERPRINTS), undefined);
    assert.equal(code.use(proof, FINGERPRINTS), undefined);
    assert.equal(code.isOpen, false);
  });

  test("is over after a quarter of an hour", () => {
    const { code, proof, wait } = opened();
    wait(CODE_LIFE_MS);
    assert.equal(code.isOpen, false);
    assert.equal(code.use(proof, FINGERPRINTS), undefined);
  });

  test("is void after some wrong tries", () => {
    const { code, proof } = opened();
    for (let tries = 0; tries < CODE_TRIES_MAX; tries++) assert.equal(code.use(WRONG, FINGERPRINTS), undefined);
    assert.equal(code.use(proof, FINGERPRINTS), undefined);
  });

  test("is bound to the keys of both: a proof sent on by a third is none", () => {
    const { code, proof } = opened();
    assert.equal(code.use(proof, { ...FINGERPRINTS, joining: "cc".repeat(32) }), undefined);
    assert.equal(code.use(proof, { ...FINGERPRINTS, inviting: "cc".repeat(32) }), undefined);
    assert.notEqual(code.use(proof, FINGERPRINTS), undefined);
  });
});
