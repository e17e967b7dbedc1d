/** Commands out of order, with arguments nobody may send, or without end. */
import assert from "node:assert/strict";
import { readFolder } from "../mail.ts";
import { residentOctets } from "../resident.ts";
import type { SmtpClient } from "../smtp-client.ts";
import {
  type Attack,
  assertClosed,
  assertReply,
  assertUsable,
  connected,
  greeted,
  inTransaction,
  mailFrom,
  ready,
  seen,
  sizeOctetsMax,
  type Target,
  user,
} from "./target.ts";

/** Runs these lines; the last one's reply must be one of these. */
function lines(commands: readonly string[], ...allowed: readonly string[]): Attack {
  return async (target) => {
    const client = await inTransaction(target);
    let reply = { code: 0, text: "" };
    for (const command of commands) {
      client.send(command);
      reply = await client.next();
    }
    client.close();
    assertReply(reply, ...allowed);
    return seen(reply);
  };
}

/** One connection in a transaction for one attempt. */
async function once(target: Target, attack: (client: SmtpClient) => Promise<string>): Promise<string> {
  const client = await inTransaction(target);
  try {
    return await attack(client);
  } finally {
    client.close();
  }
}

export const commandAttacks: Readonly<Record<string, Attack>> = {
  "bdat-then-data": lines(["BDAT 5\r\nhello", "DATA\r\n"], "503"),
  "bdat-then-mail": lines(["BDAT 5\r\nhello", "MAIL FROM:<a@sender.test>\r\n"], "503"),
  "bdat-zero": lines(["BDAT 0\r\n", "NOOP\r\n"], "250"),
  // On the MX it is a message without an author like any other.
  "bdat-zero-last": lines(["BDAT 0 LAST\r\n"], "250", "554", "550 5.6.0"),
  "bdat-after-last": lines(["BDAT 12 LAST\r\nSubject: x\r\n", "BDAT 5\r\nhello"], "503"),
  "bdat-bare-lf": lines(["BDAT 18 LAST\r\nSubject: x\r\n\r\na\nb\r\n"], "550 5.6.0"),

  "bdat-over-size": async (target) => {
    const client = await inTransaction(target);
    client.send(`BDAT ${sizeOctetsMax + 1} LAST\r\n`);
    client.send(Buffer.alloc(sizeOctetsMax + 1, "Subject: x\r\n"));
    const reply = await client.next();
    client.close();
    assertReply(reply, "552 5.3.4");
    return seen(reply);
  },

  "bdat-no-rcpt": async (target) => {
    const client = await ready(target);
    client.send("BDAT 10\r\n0123456789NOOP\r\n");
    const [refused, noop] = [await client.next(), await client.next()];
    client.close();
    assertReply(refused, "503");
    assertReply(noop, "250");
    return `${seen(refused)} | NOOP: ${seen(noop)}`;
  },

  "bdat-bad-size": async (target) => {
    const results: string[] = [];
    for (const size of ["-1", "0x10", "9223372036854775808"]) {
      results.push(
        await once(target, async (client) => {
          client.send(`BDAT ${size}\r\nNOOP\r\n`);
          const reply = await client.next();
          assertReply(reply, "501");
          await assertClosed(client);
          return seen(reply);
        }),
      );
    }
    return `${results[0]}, closed`;
  },

  xclient: async (target) => {
    const client = await greeted(target);
    const replies = [await client.say("XCLIENT ADDR=192.0.2.1"), await client.say("XFORWARD ADDR=192.0.2.1")];
    client.close();
    for (const reply of replies) assertReply(reply, "500", "502");
    return replies.map(seen).join(" | ");
  },

  "proxy-line": async (target) => {
    const results: string[] = [];
    const signature = "\r\n\r\n\0\r\nQUIT\n";
    const addresses = "\xcb\x00\x71\x09\x7f\x00\x00\x01\x10\x00\x00\x19";
    for (const header of ["PROXY TCP4 203.0.113.9 127.0.0.1 4096 25\r\n", `${signature}\x21\x11\x00\x0c${addresses}`]) {
      const client = await connected(target);
      client.send(header);
      let reply = await client.next();
      if (reply.code === 220) reply = await client.next();
      assertReply(reply, "554", "0");
      if (reply.code !== 0) await assertClosed(client);
      results.push(seen(reply));
    }
    assert.doesNotMatch(target.server.log(), /"(?:clientAddress|address|client|remote)":"203\.0\.113\.9"/);
    return results.join(" | ");
  },

  "rcpt-1001": async (target) => {
    const client = await ready(target);
    await client.say(`MAIL FROM:<${mailFrom(target)}>`, 250);
    const codes = new Map<string, number>();
    for (let number = 0; number < 1001; number += 1) {
      const reply = await client.say(`RCPT TO:<user+${number}@local.test>`);
      const code = reply.text.slice(0, 9);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assertReply(reply, number < 100 ? "250" : "452 4.5.3");
    }
    await client.say("DATA", 354);
    client.send(`From: ${mailFrom(target)}\r\nSubject: to many\r\n\r\nx\r\n.\r\n`);
    await client.expect(250);
    client.close();
    return [...codes].map(([code, count]) => `${count} × ${code.trim()}`).join(", ");
  },

  "vrfy-expn-turn": async (target) => {
    const client = await ready(target);
    const results: string[] = [];
    for (const [command, code] of [
      ["VRFY user", "252"],
      ["EXPN staff", "502"],
      ["TURN", "502"],
      ["ETRN local.test", "502"],
    ] as const) {
      const reply = await client.say(command);
      assertReply(reply, code);
      results.push(seen(reply));
    }
    client.close();
    return results.join(" | ");
  },

  "size-lie": async (target) => {
    // All of it once; enough to pass the limit many times over elsewhere.
    const mebibytes = target.listener === "mx" && target.host === "127.0.0.1" ? 100 : 20;
    const client = await ready(target);
    const before = residentOctets(target.server.pid());
    await client.say(`MAIL FROM:<${mailFrom(target)}> SIZE=10`, 250);
    await client.say(`RCPT TO:<${user.user}>`, 250);
    await client.say("DATA", 354);
    const line = Buffer.from(`${"x".repeat(1022)}\r\n`.repeat(1024));
    let peak = 0;
    for (let count = 0; count < mebibytes && !client.socket.destroyed; count += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      client.socket.write(line, () => resolve());
      await promise;
      peak = Math.max(peak, residentOctets(target.server.pid()) - before);
    }
    client.send("\r\n.\r\n");
    const reply = await client.next();
    assertReply(reply, "552 5.3.4");
    client.close();
    assert.ok(peak < 64 * 1024 * 1024, `memory grew by ${peak} octets`);
    return `${seen(reply)}; memory grew by ${Math.round(peak / 1024 / 1024)} MiB`;
  },

  "size-huge": async (target) => {
    const client = await ready(target);
    const reply = await client.say(`MAIL FROM:<${mailFrom(target)}> SIZE=99999999999`);
    assertReply(reply, "552 5.3.4");
    client.close();
    return seen(reply);
  },

  "unknown-parameter": async (target) => {
    const client = await ready(target);
    const reply = await client.say(`MAIL FROM:<${mailFrom(target)}> FOO=1`);
    assertReply(reply, "555 5.5.4");
    client.close();
    return seen(reply);
  },

  "nested-mail": async (target) => {
    const client = await inTransaction(target);
    const reply = await client.say(`MAIL FROM:<${mailFrom(target)}>`);
    assertReply(reply, "503 5.5.1");
    client.close();
    return seen(reply);
  },

  "data-no-rcpt": async (target) => {
    const client = await ready(target);
    const results: string[] = [];
    results.push(seen(await client.say("DATA")));
    await client.say(`MAIL FROM:<${mailFrom(target)}>`, 250);
    results.push(seen(await client.say("DATA")));
    for (const result of results) assert.match(result, /^5(?:03|54) /);
    await assertUsable(client);
    client.close();
    return results.join(" | ");
  },

  "noop-forever": async (target) => {
    const client = await greeted(target);
    for (let count = 1; count <= 100; count += 1) {
      const reply = await client.say("NOOP");
      if (reply.code === 250) continue;
      assertReply(reply, "421");
      await assertClosed(client);
      assert.ok(count <= 22, `only after ${count} commands`);
      return `421 at the ${count}th NOOP`;
    }
    throw new Error("100 NOOPs were answered");
  },

  loop: async (target) => {
    const client = await ready(target);
    const received = "Received: from a.test by b.test; Wed, 25 Nov 2026 12:00:00 +0000\r\n".repeat(60);
    const before = (await readFolder(target.server, user)).length;
    const message = `${received}From: <${mailFrom(target)}>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\nround and round\r\n`;
    const reply = await client.transaction(mailFrom(target), [user.user], Buffer.from(message));
    assertReply(reply, "554 5.4.6");
    client.close();
    assert.equal((await readFolder(target.server, user)).length, before);
    return seen(reply);
  },
};
