import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { selfSigned } from "../../test/fakes/certificates.ts";
import { tlsaValues } from "./tlsa-values.ts";

test("a certificate of one's own is named by its key, one that is renewed with a new key by nothing", async () => {
  const { pem, spki } = await selfSigned({ names: ["mx.example.com"] });
  const value = `3 1 1 ${createHash("sha256").update(spki).digest("hex")}`;
  assert.deepEqual(tlsaValues("files", [pem]), [value]);
  assert.deepEqual(tlsaValues("self-signed", [pem]), [value]);
  assert.deepEqual(tlsaValues("acme", [pem]), []);
});
