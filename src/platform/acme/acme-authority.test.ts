import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { makePrivateKey } from "#platform/tls/private-key.ts";
import { AcmeAuthority } from "./acme-authority.ts";

test("an authority that cannot be reached is said to be just that, with the cause", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(typeof address === "object" && address !== null);
  const authority = new AcmeAuthority({
    directoryUrl: `https://127.0.0.1:${address.port}/dir`,
    contact: [],
    accountKeyPem: await makePrivateKey("ecdsa"),
    caPem: undefined,
    eab: { keyId: "", hmacKey: "" },
  });
  const obtained = authority.obtain({
    names: ["mail.example.com"],
    keyPem: await makePrivateKey("ecdsa"),
    challenge: "http-01",
    replaces: undefined,
    show: async () => {},
  });
  await assert.rejects(obtained, {
    message: `https://127.0.0.1:${address.port} could not be reached: connect ECONNREFUSED 127.0.0.1:${address.port}`,
  });
});
