/** Line ends, ends of data, and pipelining: where two servers that cut differently can be played against each other. */
import assert from "node:assert/strict";
import { assertArrived, newest } from "../mail.ts";
import { residentOctets } from "../resident.ts";
import { dotStuffed } from "../smtp-client.ts";
import {
  type Attack,
  assertClosed,
  assertNothingSmuggled,
  assertReply,
  assertSilent,
  assertUsable,
  connected,
  greeted,
  inTransaction,
  mailFrom,
  ready,
  seen,
  user,
  victim,
} from "./target.ts";

/** Puts a second transaction behind a false end of data. The true end must end both, once. */
function falseEnd(sequence: string, ...allowed: readonly string[]): Attack {
  return async (target) => {
    const client = await inTransaction(target);
    await client.say("DATA", 354);
    const second = `MAIL FROM:<${mailFrom(target)}>\r\nRCPT TO:<${victim.user}>\r\nDATA\r\nFrom: ${mailFrom(target)}\r\nSubject: smuggled\r\n\r\nx`;
    client.send(`From: ${mailFrom(target)}\r\nSubject: first\r\n\r\nx${sequence}${second}\r\n.\r\n`);
    const reply = await client.next();
    assertReply(reply, ...allowed);
    await assertSilent(client);
    client.close();
    await assertNothingSmuggled(target);
    return `one reply, ${seen(reply)}; nothing smuggled`;
  };
}

const bareNewline = ["550 5.6.0"] as const;

/** A line that must be answered like this and end the session. */
function closes(line: string, ...allowed: readonly string[]): Attack {
  return async (target) => {
    const client = await greeted(target);
    client.send(line);
    const reply = await client.next();
    assertReply(reply, ...allowed);
    await assertClosed(client);
    return `${seen(reply)}, closed`;
  };
}

export const framing: Readonly<Record<string, Attack>> = {
  pregreet: async (target) => {
    const client = await connected(target);
    client.send("EHLO early.test\r\n");
    const reply = await client.next();
    // Submission ports see mail programs, which have an excuse: there the line may also be answered in order.
    if (target.listener !== "mx" && reply.code === 220) {
      await client.expect(250);
      client.close();
      return "answered in order";
    }
    assertReply(reply, "554 5.5.0");
    await assertClosed(client);
    return `${seen(reply)}, closed`;
  },

  "pipeline-before-ehlo-reply": async (target) => {
    const client = await connected(target);
    await client.expect(220);
    client.send(`EHLO early.test\r\nMAIL FROM:<${mailFrom(target)}>\r\nRCPT TO:<${user.user}>\r\n`);
    const replies = [await client.next(), await client.next(), await client.next()];
    client.close();
    assert.ok(
      replies.slice(1).every(({ code }) => code === 0 || code >= 500),
      replies.map(seen).join(" | "),
    );
    return replies.map(seen).join(" | ");
  },

  "pipeline-after-helo": async (target) => {
    const client = await connected(target);
    await client.expect(220);
    await client.say("HELO old.test", 250);
    client.send(`MAIL FROM:<${mailFrom(target)}>\r\nNOOP\r\n`);
    const [mail, noop] = [await client.next(), await client.next()];
    client.close();
    if (target.listener === "mx") assertReply(mail, "250", "503", "554");
    else assertReply(mail, "530", "503", "554");
    assertReply(noop, "250", "503", "0");
    return `${seen(mail)} | ${seen(noop)}`;
  },

  "data-and-body-together": async (target) => {
    const client = await inTransaction(target);
    client.send(`DATA\r\nSubject: x\r\n\r\nNOOP\r\nRCPT TO:<${victim.user}>\r\n.\r\n`);
    const reply = await client.next();
    assertReply(reply, "503", "554");
    await assertClosed(client);
    return `${seen(reply)}, closed`;
  },

  "eod-lf-dot-lf": falseEnd("\n.\n", ...bareNewline),
  "eod-lf-dot-cr": falseEnd("\n.\r", ...bareNewline),
  "eod-cr-dot-lf": falseEnd("\r.\n", ...bareNewline),
  "eod-cr-dot-cr": falseEnd("\r.\r", ...bareNewline),
  "eod-lf-dot-crlf": falseEnd("\n.\r\n", ...bareNewline),
  "eod-cr-dot-crlf": falseEnd("\r.\r\n", ...bareNewline),
  "eod-crlf-dot-lf": falseEnd("\r\n.\n", ...bareNewline),
  "eod-crlf-dot-cr-crlf": falseEnd("\r\n.\r\r\n", ...bareNewline),
  "eod-crlf-dot-nul-crlf": falseEnd("\r\n.\0\r\n", "250", "550", "554"),

  "eod-split": async (target) => {
    const end = "\r\n.\r\n";
    const client = await ready(target);
    for (let cut = 1; cut < end.length; cut += 1) {
      await client.say(`MAIL FROM:<${mailFrom(target)}>`, 250);
      await client.say(`RCPT TO:<${user.user}>`, 250);
      await client.say("DATA", 354);
      client.send(`From: ${mailFrom(target)}\r\nSubject: cut ${cut}\r\n\r\nx${end.slice(0, cut)}`);
      await assertSilent(client);
      client.send(end.slice(cut));
      await client.expect(250);
      await assertUsable(client);
    }
    client.close();
    return "ended once at each of 4 places";
  },

  "bare-lf-command": closes("NOOP\n", "500 5.5.2"),
  "bare-cr-command": closes("NO\rOP\r\n", "500 5.5.2"),
  "nul-command": closes("NO\0OP\r\n", "501"),

  "long-command": async (target) => {
    const tail = "\r\nMAIL FROM:<tail@sender.test>";
    const client = await greeted(target);
    const short = await client.say(`NOOP ${"x".repeat(30_000)}MAIL FROM:<tail@sender.test>`);
    assertReply(short, "500 5.5.2");
    await assertUsable(client);
    client.send(`NOOP ${"x".repeat(100_000)}${tail}\r\n`);
    const long = await client.next();
    assertReply(long, "500 5.5.2");
    await assertClosed(client);
    return `${seen(short)}, usable; 100,000 octets: ${seen(long)}, closed`;
  },

  "no-crlf": async (target) => {
    const before = residentOctets(target.server.pid());
    const client = await greeted(target);
    client.send(Buffer.alloc(1024 * 1024, "x"));
    const reply = await client.next();
    assertReply(reply, "421", "500");
    await assertClosed(client);
    const grown = residentOctets(target.server.pid()) - before;
    assert.ok(grown < 32 * 1024 * 1024, `memory grew by ${grown} octets`);
    return `${seen(reply)}, closed`;
  },

  "long-text-line": async (target) => {
    const results: string[] = [];
    for (const length of [999, 500_000]) {
      const message = `From: <${mailFrom(target)}>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${length}@sender.test>\r\n\r\n${"x".repeat(length)}\r\n`;
      const client = await ready(target);
      const reply = await client.transaction(mailFrom(target), [user.user], Buffer.from(message));
      client.close();
      assertReply(reply, "250", "550 5.6.0");
      if (reply.code === 250) assertArrived(await newest(target.server, user), message);
      results.push(`${length} octets: ${reply.code}`);
    }
    return results.join(", ");
  },

  http: async (target) => {
    const results: string[] = [];
    for (const line of ["GET / HTTP/1.1", "POST / HTTP/1.1", "Subject: hello"]) {
      const client = await connected(target);
      await client.expect(220);
      client.send(`${line}\r\nHost: mx\r\n\r\nEHLO x.test\r\n`);
      const reply = await client.next();
      assertReply(reply, "554", "221");
      await assertClosed(client);
      results.push(seen(reply));
    }
    return `${results[0]}, closed at the first line`;
  },

  "8bit-ehlo": async (target) => {
    const client = await connected(target);
    await client.expect(220);
    const reply = await client.say("EHLO h\xc3\xa4.test");
    assertReply(reply, "501");
    client.close();
    return seen(reply);
  },

  "8bit-mail": async (target) => {
    const client = await ready(target);
    const mail = await client.say("MAIL FROM:<h\xc3\xa4@sender.test>");
    assertReply(mail, "553 5.6.7");
    await client.say(`MAIL FROM:<${mailFrom(target)}>`, 250);
    const rcpt = await client.say("RCPT TO:<h\xc3\xa4@local.test>");
    assertReply(rcpt, "553 5.6.7");
    client.close();
    return `${seen(mail)} | ${seen(rcpt)}`;
  },

  "bad-utf8": async (target) => {
    const client = await ready(target);
    const reply = await client.say("MAIL FROM:<h\xc3@sender.test> SMTPUTF8");
    assertReply(reply, "501", "553");
    client.close();
    return seen(reply);
  },

  "rst-mid-data": async (target) => {
    const client = await inTransaction(target);
    await client.say("DATA", 354);
    client.send(dotStuffed(Buffer.from("Subject: cut off\r\n\r\nhalf")).subarray(0, -5));
    await client.silence(50);
    client.reset();
    const other = await greeted(target);
    await assertUsable(other);
    other.close();
    const last = await newest(target.server, user).catch(() => Buffer.alloc(0));
    assert.ok(!last.includes("cut off"), "half a message was stored");
    return "nothing stored, the server goes on";
  },
};
