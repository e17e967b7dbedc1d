/** Clients that are slow, and messages that are large where nobody expects it. Others must be served meanwhile. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapConnection } from "../../imap-scripts/connection.ts";
import { monsters } from "../monsters.ts";
import type { PosternServer } from "../server.ts";
import { SmtpClient } from "../smtp-client.ts";
import { type Attack, assertReply, endpoint, greeted, mailFrom, ready, seen, type Target, user } from "./target.ts";

/** A guard against hangs, not a measurement: one step of another client must not take longer. */
const hangMs = 2000;

/** Asks over IMAP for as long as something else runs; the longest wait for an answer, in ms. */
export async function servedMeanwhile(server: PosternServer, during: () => Promise<void>): Promise<number> {
  const connection = await ImapConnection.open({ host: "127.0.0.1", port: server.ports.imaps, ca: server.ca });
  await connection.ok(`LOGIN ${user.user} ${user.password}`);
  const watch = { running: true };
  const other = during().finally(() => {
    watch.running = false;
  });
  let longest = 0;
  do {
    const begin = performance.now();
    await connection.ok("NOOP");
    longest = Math.max(longest, performance.now() - begin);
    await sleep(10);
  } while (watch.running);
  await other;
  connection.close();
  return longest;
}

export const endurance: Readonly<Record<string, Attack>> = {
  "headers-many": async (target) => {
    const results: string[] = [];
    for (const { name, content } of monsters) {
      const message = content(mailFrom(target));
      let tookMs = 0;
      const longest = await servedMeanwhile(target.server, async () => {
        const client = await ready(target);
        const begin = performance.now();
        const reply = await client.transaction(mailFrom(target), [user.user], message);
        tookMs = performance.now() - begin;
        client.close();
        assertReply(reply, "250", "550", "552", "554");
        results.push(`${name}: ${seen(reply).slice(0, 9)}`);
      });
      assert.ok(tookMs < 2 * hangMs, `${name}: answered after ${Math.round(tookMs)} ms`);
      assert.ok(longest < hangMs, `${name}: another client waited ${Math.round(longest)} ms`);
    }
    return results.join("; ");
  },
};

/** Connections that are opened at the same time, so that opening them all takes seconds and not minutes. */
const openedAtOnce = 100;

async function manyGreeted(target: Target, count: number): Promise<readonly SmtpClient[]> {
  const clients: SmtpClient[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(openedAtOnce, count - clients.length) }, async () => {
      const client = await SmtpClient.connect(endpoint(target));
      await client.expect(220);
      return client;
    });
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

/** For a server whose deadline for one command is `deadlineMs`. */
export function slowLoris(deadlineMs: number): Attack {
  return async (target) => {
    // All of them once; enough to see that a listener has deadlines elsewhere.
    const connections = target.listener === "mx" && target.host === "127.0.0.1" ? 2000 : 100;
    const slow = await manyGreeted(target, connections);
    const letters = "NOOP with a very long tail ".repeat(100);
    let cut = 0;
    for (let step = 0; cut < connections; step += 1) {
      assert.ok(step * 500 < deadlineMs * 5, `${connections - cut} of ${connections} still hold on`);
      for (const client of slow) if (client.socket.writable) client.socket.write(letters[step % letters.length] ?? "x");
      await sleep(500);
      const other = await greeted(target);
      await other.say("NOOP", 250);
      other.close();
      cut = slow.filter((client) => client.socket.closed || client.socket.readableEnded).length;
    }
    for (const client of slow) client.close();
    return `all ${connections} cut, others served`;
  };
}
