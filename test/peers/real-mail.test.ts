/** Real people's messages, odd and broken ones, in and out again: every octet stays. And messages made to break readers. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, suite, test } from "node:test";
import { servedMeanwhile } from "./attacks/endurance.ts";
import { user } from "./attacks/target.ts";
import { assertArrived, readFolder } from "./mail.ts";
import { monsters } from "./monsters.ts";
import { peerData } from "./peer-data.ts";
import { Pop3Client } from "./pop3-client.ts";
import { type PosternServer, startServer } from "./server.ts";
import { SmtpClient, type SmtpReply } from "./smtp-client.ts";

interface RealMessage {
  readonly name: string;
  /** As sent, in latin1: every LF has its CR, and the last line its end. */
  readonly octets: string;
}

function realMessages(): readonly RealMessage[] {
  const folder = join(peerData, "messages");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:eml|msg)$/.test(name) || basename(name) === "sample_output_multipart")
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(folder, name), "latin1").replace(/(?<!\r)\n/g, "\r\n");
      return { name, octets: text.endsWith("\r\n") ? text : `${text}\r\n` };
    });
}

const messages = realMessages();

/** The standards let a server refuse these, and ours does: RFC 5321 §2.3.8 and smuggling, RFC 5322 §3.5. */
function mayBeRefused(octets: string): boolean {
  return /\r(?!\n)|\0/.test(octets);
}

/**
 * What is passed on of a message: no mbox line in front, no field that only the last server may write (RFC 5321 §4.4), and
 * an empty line in front of a message that begins with text, lest it should continue a trace field.
 */
function passedOn(octets: string): string {
  const text = octets.replace(/^>?From .*\r\n/, "");
  const headerEnd = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n");
  const header = headerEnd < 0 ? text : text.slice(0, headerEnd + (headerEnd > 0 ? 2 : 0));
  const fields = header.match(/[^\r\n]*\r\n(?:[ \t].*\r\n)*/g) ?? [];
  const kept = fields.filter((field) => !/^(?:return-path|x-spam-[^:]*|x-postern-[^:]*?)[ \t]*:/i.test(field)).join("");
  const begin = text === "" || text.startsWith("\r\n") || /^[!-9;-~]+[ \t]*:/.test(kept) ? "" : "\r\n";
  return begin + kept + text.slice(header.length);
}

let server: PosternServer;
before(async () => {
  server = await startServer({
    domains: [{ name: "local.test" }],
    accounts: { [user.user]: user.password },
    // Some of these messages are made to trip filters: here their octets are looked at, and all in one folder.
    rules: { author: "shadow", content: "shadow", uri_lists: "shadow", dmarc: "shadow" },
  });
});
after(() => server.stop());

let open: SmtpClient | null = null;

/** Sends on one connection for as long as the server keeps it. */
async function send(octets: string): Promise<SmtpReply> {
  open ??= await SmtpClient.greet({ port: server.ports.mx });
  const client = open;
  const mail = await client.say("MAIL FROM:<sender@sender.test>");
  if (mail.code === 0 || mail.code === 421) {
    open = null;
    return send(octets);
  }
  await client.say(`RCPT TO:<${user.user}>`, 250);
  await client.say("DATA", 354);
  client.send(Buffer.concat([stuffed(octets), Buffer.from(".\r\n")]));
  return client.next();
}

function stuffed(octets: string): Buffer {
  return Buffer.from(octets.replace(/(^|\r\n)\./g, "$1.."), "latin1");
}

suite("real messages", () => {
  const stored: RealMessage[] = [];

  test("are stored; refused are only those with a bare CR or a NUL", async (t) => {
    const refused = new Map<string, string[]>();
    for (const message of messages) {
      const reply = await send(message.octets);
      if (reply.code === 250) stored.push(message);
      else {
        const shown = reply.text.slice(0, 60);
        refused.set(shown, [...(refused.get(shown) ?? []), message.name]);
      }
    }
    const mayBe = messages.filter(({ octets }) => mayBeRefused(octets)).map(({ name }) => name);
    t.diagnostic(`${messages.length} messages, ${stored.length} stored`);
    for (const [reply, names] of refused) t.diagnostic(`${names.length} × ${reply}`);
    assert.ok(messages.length > 480, "the messages are not all there");
    const wrongly = [...refused].flatMap(([reply, names]) =>
      names.filter((name) => !mayBe.includes(name) || !reply.startsWith("550")).map((name) => `${name}: ${reply}`),
    );
    assert.deepEqual(wrongly, []);
  });

  test("come back over IMAP, octet for octet behind the trace fields", async () => {
    assertAllArrived(await readFolder(server, user));
  });

  test("come back over POP3, octet for octet behind the trace fields", async () => {
    const client = await Pop3Client.logIn(server.ports.pop3s, server.ca, user);
    assertAllArrived(await client.retrieveAll());
    client.close();
  });

  function assertAllArrived(arrived: readonly Buffer[]): void {
    assert.ok(stored.length > 0);
    assert.equal(arrived.length, stored.length);
    const changed: string[] = [];
    for (const [index, { name, octets }] of stored.entries()) {
      try {
        assertArrived(arrived[index] ?? Buffer.alloc(0), passedOn(octets), name);
      } catch (error) {
        changed.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
      }
    }
    assert.deepEqual(changed, []);
  }
});

suite("messages made to break readers", () => {
  /** A guard against hangs, not a measurement. */
  const hangMs = 2000;

  for (const { name, content } of monsters) {
    test(`${name}: stored or refused while another client is served`, async (t) => {
      const octets = content("sender@sender.test");
      const held = (await readFolder(server, user)).length;
      let reply: SmtpReply = { code: 0, text: "" };
      let tookMs = 0;
      const longestMs = await servedMeanwhile(server, async () => {
        const client = await SmtpClient.greet({ port: server.ports.mx });
        const begin = performance.now();
        reply = await client.transaction("sender@sender.test", [user.user], octets);
        tookMs = performance.now() - begin;
        client.close();
      });
      t.diagnostic(
        `${reply.text.slice(0, 60)} after ${Math.round(tookMs)} ms; others waited ${Math.round(longestMs)} ms`,
      );
      assert.ok([250, 550, 552, 554].includes(reply.code), reply.text);
      assert.ok(tookMs < hangMs, `answered after ${Math.round(tookMs)} ms`);
      assert.ok(longestMs < hangMs, `others waited ${Math.round(longestMs)} ms`);
      const now = await readFolder(server, user);
      assert.equal(now.length, reply.code === 250 ? held + 1 : held);
      if (reply.code === 250) assertArrived(now.at(-1) ?? Buffer.alloc(0), octets.toString("latin1"), name);
    });
  }
});
