import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { systemDialer } from "#platform/net/dialer.ts";
import { gatherMxSession } from "./mx-session.ts";

/** What a host that takes everything hears named as recipients. */
async function recipientsNamed(isQuiet: boolean): Promise<readonly string[]> {
  const named: string[] = [];
  const server = createServer((socket) => {
    socket.write("220 mx.example.com ESMTP\r\n");
    socket.on("error", () => undefined);
    socket.on("data", (octets) => {
      const line = octets.toString("latin1").trim();
      const [, recipient] = /^RCPT TO:<(.*)>$/.exec(line) ?? [];
      if (recipient !== undefined) named.push(recipient);
      socket.write(line === "QUIT" ? "221 Bye\r\n" : "250 Ok\r\n");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  assert.ok(at !== null && typeof at === "object");
  const target = { address: "127.0.0.1", port: at.port, helo: "audit.example.com" };
  const about = { domain: "example.com", testAddress: "nobody@example.org", random: "RANDOM", isQuiet };
  const facts = await gatherMxSession(systemDialer, target, about);
  assert.ok(facts.kind === "known");
  assert.equal(facts.value.from, "127.0.0.1", "where it was asked from (R06)");
  server.close();
  return named;
}

test("a quiet look names postmaster alone: nothing that a host could hold against us", async () => {
  assert.deepEqual(await recipientsNamed(true), ["postmaster@example.com"]);
});

test("a whole one names an unknown recipient and ten that would be relayed", async () => {
  assert.equal((await recipientsNamed(false)).length, 12);
});
