import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { AuthorityKeyIdentifierExtension, X509CertificateGenerator } from "@peculiar/x509";
import { renewalId } from "./renewal-id.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

async function certificate(serialNumber: string, keyId?: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: "CN=example.com",
    keys,
    signingAlgorithm: algorithm,
    extensions: keyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(keyId)],
  });
  return made.toString("pem");
}

test("names a certificate by its authority's key and its number (the example of RFC 9773 §4.1)", async () => {
  const pem = await certificate("0087654321", "69885b6b87464041e1b37b847ba0ae2cde01c8d4");
  assert.equal(renewalId(pem), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
});

test("a certificate that does not name its authority's key has no such name", async () => {
  assert.equal(renewalId(await certificate("01")), undefined);
});
