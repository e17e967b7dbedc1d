/** Memory does not follow what clients send or how many there are. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapConnection } from "../imap-scripts/connection.ts";
import { residentOctets } from "./resident.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";
import { deliver, SmtpClient } from "./smtp-client.ts";

const mebibyte = 1024 * 1024;

let server: PosternServer;
before(async () => {
  server = await startServer({
    limits: {
      message_size_octets_max: 60 * mebibyte,
      imap_connections_per_account: 5000,
      imap_connections_per_address: 10_000,
    },
  });
  // Once through everything, so that what is loaded once is there before anything is measured.
  for (let count = 0; count < 20; count += 1)
    await deliver(
      server.ports.mx,
      [alice.user],
      `From: a@elsewhere.test\r\nSubject: warm\r\n\r\n${"x\r\n".repeat(200_000)}`,
    );
  (await idleConnection()).close();
});
after(() => server.stop());

async function idleConnection(): Promise<ImapConnection> {
  const connection = await ImapConnection.open({ host: "127.0.0.1", port: server.ports.imaps, ca: server.ca });
  await connection.ok(`LOGIN ${bob.user} ${bob.password}`);
  await connection.ok("SELECT INBOX");
  connection.send("i1 IDLE\r\n");
  await connection.next();
  return connection;
}

/** The highest resident set above that at the beginning, while something runs. */
async function growth(work: () => Promise<void>): Promise<number> {
  const beginning = residentOctets(server.pid());
  const watch = { running: true };
  const done = work().finally(() => {
    watch.running = false;
  });
  let peak = beginning;
  while (watch.running) {
    peak = Math.max(peak, residentOctets(server.pid()));
    await sleep(50);
  }
  await done;
  return peak - beginning;
}

/** Writes with backpressure: the sender must not be what fills memory. */
async function write(client: SmtpClient, octets: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.socket.write(octets, (error) => (error ? reject(error) : resolve()));
  await promise;
}

async function sendLarge(octets: number): Promise<void> {
  const client = await SmtpClient.greet({ port: server.ports.mx });
  await client.say("MAIL FROM:<sender@elsewhere.test>", 250);
  await client.say(`RCPT TO:<${alice.user}>`, 250);
  await client.say("DATA", 354);
  await write(client, Buffer.from("From: <sender@elsewhere.test>\r\nSubject: large\r\n\r\n"));
  const lines = Buffer.from(`${"x".repeat(1022)}\r\n`.repeat(64));
  for (let sent = 0; sent < octets; sent += lines.length) await write(client, lines);
  await write(client, Buffer.from(".\r\n"));
  await client.expect(250);
  client.close();
}

test("20 clients that send 50 MiB each at once take less than 100 MiB (R89)", async (t) => {
  const grown = await growth(async () => {
    await Promise.all(Array.from({ length: 20 }, () => sendLarge(50 * mebibyte)));
  });
  t.diagnostic(`${Math.round(grown / mebibyte)} MiB`);
  assert.ok(grown < 100 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
});

test("2,000 idle IMAP connections inside TLS take less than 300 MiB", async (t) => {
  const connections: ImapConnection[] = [];
  const grown = await growth(async () => {
    while (connections.length < 2000)
      connections.push(...(await Promise.all(Array.from({ length: 20 }, () => idleConnection()))));
  });
  t.diagnostic(`${Math.round(grown / mebibyte)} MiB, ${Math.round(grown / 2000 / 1024)} KiB a connection`);
  await deliver(server.ports.mx, [bob.user], "From: a@elsewhere.test\r\nSubject: news\r\n\r\nfor all of them\r\n");
  for (const connection of connections) {
    const told = await connection.next();
    assert.match(told.text, /^1 EXISTS$/i);
    connection.close();
  }
  assert.ok(grown < 300 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
});
