import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { openPop3World } from "../../../test/fakes/pop3-world.ts";
import { PIECE_OCTETS } from "./limits.ts";

const FIRST = "Subject: one\r\n\r\nline\r\n.\r\n..two\r\n";

suite("pop3: at the client's pace", () => {
  const big = `Subject: big\r\n\r\n${".23456789\r\n".repeat((3 * PIECE_OCTETS) / 11)}`;

  test("a large message comes in pieces, and no more of it than the client takes", async (t) => {
    const world = await openPop3World(t, { messages: [big] });
    const client = await world.login({ highWaterOctets: 16 * 1024 });
    client.send("RETR 1\r\n");
    const reply = await client.until((taken) => taken.subarray(-5).toString() === "\r\n.\r\n");
    const start = `+OK ${big.length} octets\r\n`;
    assert.equal(reply.toString(), `${start}${big.replaceAll("\r\n.", "\r\n..")}.\r\n`);
    assert.ok(client.untakenOctetsPeak < 2 * PIECE_OCTETS, `${client.untakenOctetsPeak} octets were queued`);
  });

  test("later commands wait behind a client that does not read, and then it is not read either", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = await world.login({ highWaterOctets: 1 });
    client.send("STAT\r\n");
    for (let i = 0; i < 3; i++) client.send("NOOP\r\n".repeat(1000));
    assert.equal(client.paused, true);
    assert.ok(client.untakenOctetsPeak < 100);
    const replies = 3001;
    const taken = await client.until((octets) => client.lines(octets).length === replies);
    assert.equal(client.lines(taken).length, replies);
    assert.equal(client.paused, false);
  });

  test("a message that breaks off half-way never looks whole", async (t) => {
    let reads = 0;
    const world = await openPop3World(t, {
      messages: [big],
      wrap: (store) => ({
        ...store,
        readContent: (...args) => (++reads === 2 ? Promise.reject(new Error("disk")) : store.readContent(...args)),
      }),
    });
    const client = await world.login();
    client.send("RETR 1\r\n");
    const reply = await client.until(() => false);
    assert.equal(client.state, "destroyed");
    assert.doesNotMatch(reply.toString(), /\r\n\.\r\n/);
  });

  test("a message that cannot be read at all is our trouble, and the session goes on", async (t) => {
    const world = await openPop3World(t, {
      messages: [FIRST],
      wrap: (store) => ({ ...store, readContent: () => Promise.reject(new Error("disk")) }),
    });
    const client = await world.login();
    await client.check("RETR 1", "-ERR [SYS/TEMP] the message cannot be read now");
    await client.check("NOOP", "+OK nothing done");
  });

  test("what could not be removed at QUIT is told", async (t) => {
    const world = await openPop3World(t, {
      messages: [FIRST],
      wrap: (store) => ({ ...store, expunge: () => Promise.reject(new Error("disk")) }),
    });
    const client = await world.login();
    await client.check("DELE 1", "+OK message 1 deleted");
    await client.check("QUIT", "-ERR [SYS/TEMP] some deleted messages were not removed");
    assert.equal(client.state, "ended");
  });
});
