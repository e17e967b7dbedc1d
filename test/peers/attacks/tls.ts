/** The border between clear text and TLS, and what belongs on which side of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { readFolder } from "../mail.ts";
import type { SmtpClient } from "../smtp-client.ts";
import { type Attack, assertReply, connected, endpoint, greeted, mailFrom, seen, type Target, user } from "./target.ts";

/** On implicit TLS there is no border to attack: STARTTLS has to be refused whatever it comes with. */
async function refusedInside(target: Target, line = "STARTTLS"): Promise<string> {
  const client = await greeted(target);
  const reply = await client.say(line);
  assertReply(reply, "503", "554", "502", "501");
  client.close();
  return `inside TLS: ${seen(reply)}`;
}

/** A TLS client for a port; `null` when the handshake succeeds, otherwise the error's code. */
async function handshakeError(port: number, host: string, options: ConnectionOptions): Promise<string | null> {
  const socket = connectTls({ port, host, servername: "localhost", ...options });
  try {
    const [, error] = await Promise.race([
      once(socket, "secureConnect").then(() => [socket, null] as const),
      once(socket, "close").then(() => [socket, new Error("closed")] as const),
    ]);
    return error === null ? null : error.message;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

function clearEnd(socket: Socket): Duplex {
  const duplex = new Duplex({
    read() {
      socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, () => done());
    },
    // The end of TLS is not the end of the connection: what comes after it is the attack.
    final(done) {
      done();
    },
  });
  socket.on("data", (octets: Buffer) => duplex.push(octets));
  socket.on("error", () => undefined);
  socket.on("close", () => duplex.destroy());
  return duplex;
}

async function credentialInLog(target: Target, client: SmtpClient, line: string): Promise<string> {
  const reply = await client.say(line);
  await client.silence(100);
  client.close();
  const token = line.split(" ")[2] ?? "";
  for (const secret of [token, user.password])
    assert.ok(!target.server.log().includes(secret), "the credential is in the log");
  return seen(reply);
}

const plainToken = Buffer.from(`\0${user.user}\0${user.password}`).toString("base64");

export const tlsAttacks: Readonly<Record<string, Attack>> = {
  "starttls-injection": async (target) => {
    if (target.listener === "submissions") return refusedInside(target);
    const client = await greeted(target);
    client.send("STARTTLS\r\nNOOP\r\n");
    const reply = await client.next();
    if (reply.code === 0) return "connection dropped";
    assertReply(reply, "220", "501", "503", "554");
    const { heard, closed } = await client.silence(300);
    assert.equal(heard, "", "the NOOP was answered in the clear");
    if (closed) return `${seen(reply)}, dropped`;
    await client.handshake(target.server.ca);
    const after = await client.silence(300);
    client.close();
    assert.equal(after.heard, "", "the NOOP was answered inside TLS");
    return `${seen(reply)}; the NOOP never answered`;
  },

  "mail-after-tls-without-ehlo": async (target) => {
    const client = target.listener === "submissions" ? await connected(target) : await greeted(target);
    if (target.listener === "submissions") await client.expect(220);
    else {
      await client.say("STARTTLS", 220);
      await client.handshake(target.server.ca);
    }
    const reply = await client.say(`MAIL FROM:<${mailFrom(target)}>`);
    assertReply(reply, "503", ...(target.listener === "mx" ? [] : ["530"]));
    client.close();
    return seen(reply);
  },

  "second-starttls": async (target) => {
    const client = await greeted(target);
    if (target.listener !== "submissions") await client.startTls(target.server.ca);
    const reply = await client.say("STARTTLS");
    assertReply(reply, "503", "554");
    client.close();
    return seen(reply);
  },

  "starttls-argument": async (target) => {
    if (target.listener === "submissions") return refusedInside(target, "STARTTLS x");
    const client = await greeted(target);
    const reply = await client.say("STARTTLS x");
    assertReply(reply, "501");
    client.close();
    return seen(reply);
  },

  "starttls-mid-transaction": async (target) => {
    if (target.listener === "submissions") return refusedInside(target);
    const client = await greeted(target);
    const mail = await client.say(`MAIL FROM:<${mailFrom(target)}>`);
    if (target.listener === "submission") {
      assertReply(mail, "530");
      client.close();
      return `no transaction in the clear: ${seen(mail)}`;
    }
    const reply = await client.say("STARTTLS");
    assertReply(reply, "503");
    client.close();
    return seen(reply);
  },

  "auth-before-tls": async (target) => {
    const client = await greeted(target);
    if (target.listener === "submissions") {
      client.close();
      return "there is no clear text on this listener";
    }
    const reply = await credentialInLog(target, client, `AUTH PLAIN ${plainToken}`);
    if (target.listener === "submission") assert.match(reply, /^530 5\.7\.0 |^538 5\.7\.11 /);
    else assert.match(reply, /^50[23] /);
    return `${reply}; the credential in no log`;
  },

  "auth-on-25": async (target) => {
    if (target.listener !== "mx") return "not port 25";
    const results: string[] = [];
    for (const inTls of [false, true]) {
      const client = await greeted(target);
      if (inTls) await client.startTls(target.server.ca);
      const ehlo = await client.say("EHLO client.test", 250);
      assert.doesNotMatch(ehlo.text, /AUTH/i);
      results.push(await credentialInLog(target, client, `AUTH PLAIN ${plainToken}`));
    }
    for (const result of results) assert.match(result, /^50[23] /);
    return results.join(" | ");
  },

  "tls-on-plain": async (target) => {
    if (target.listener === "submissions") {
      const clear = connectPlain({ port: target.server.ports.submissions, host: target.host });
      clear.write("EHLO client.test\r\nNOOP\r\n");
      const heard: Buffer[] = [];
      clear.on("data", (octets) => heard.push(octets));
      clear.on("error", () => undefined);
      await once(clear, "close");
      assert.doesNotMatch(Buffer.concat(heard).toString("latin1"), /^\d{3} /m, "clear text was answered");
      return "clear text on the TLS port: closed";
    }
    const error = await handshakeError(target.server.ports[target.listener], target.host, { ca: target.server.ca });
    assert.ok(error !== null, "the handshake succeeded");
    const again = await greeted(target);
    again.close();
    return "closed; the next connection is served";
  },

  "alpn-mismatch": async (target) => {
    const options = { ca: target.server.ca, ALPNProtocols: ["http/1.1"] };
    const results: string[] = [];
    for (const name of ["submissions", "imaps", "pop3s"] as const) {
      const error = await handshakeError(target.server.ports[name], target.host, options);
      assert.match(error ?? "handshake succeeded", /NO_APPLICATION_PROTOCOL/);
      results.push(name);
    }
    if (target.listener !== "submissions") {
      const client = await greeted(target);
      await client.say("STARTTLS", 220);
      const error = await handshakeError(0, "", { ...options, socket: client.socket });
      assert.match(error ?? "handshake succeeded", /NO_APPLICATION_PROTOCOL/);
      results.push("STARTTLS");
    }
    return `no_application_protocol on ${results.join(", ")}`;
  },

  renegotiation: async (target) => {
    const client = target.listener === "submissions" ? null : await greeted(target);
    await client?.say("STARTTLS", 220);
    const where = client === null ? endpoint(target) : { socket: client.socket };
    const socket = connectTls({ ...where, ca: target.server.ca, servername: "localhost", maxVersion: "TLSv1.2" });
    await once(socket, "secureConnect");
    const { promise, resolve } = Promise.withResolvers<string | null>();
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", () => resolve("closed"));
    socket.renegotiate({ rejectUnauthorized: true }, (error) => resolve(error === null ? null : error.message));
    const outcome = await promise;
    socket.destroy();
    assert.ok(outcome !== null, "the server negotiated again");
    return `refused: ${outcome.slice(0, 60)}`;
  },

  "bdat-tls-closed": async (target) => {
    const plain = connectPlain({ port: target.server.ports[target.listener], host: target.host });
    await once(plain, "connect");
    if (target.listener !== "submissions") {
      await once(plain, "data");
      for (const line of ["EHLO client.test", "STARTTLS"]) {
        plain.write(`${line}\r\n`);
        await once(plain, "data");
      }
    }
    const before = (await readFolder(target.server, user)).length;
    const socket = connectTls({ socket: clearEnd(plain), ca: target.server.ca, servername: "localhost" });
    socket.on("error", () => undefined);
    await once(socket, "secureConnect");
    const login = target.listener === "mx" ? [] : [`AUTH PLAIN ${plainToken}`];
    const lines = ["EHLO client.test", ...login, `MAIL FROM:<${mailFrom(target)}>`, `RCPT TO:<${user.user}>`];
    if (target.listener === "submissions") await once(socket, "data");
    for (const line of lines) {
      socket.write(`${line}\r\n`);
      await once(socket, "data");
    }
    socket.write(`BDAT 100 LAST\r\n${"x".repeat(50)}`);
    socket.end();
    await once(socket, "finish");
    plain.write(`${"y".repeat(50)}\r\nNOOP\r\n`);
    const closed = plain.closed || (await Promise.race([once(plain, "close").then(() => true), later(3000)]));
    plain.destroy();
    assert.ok(closed, "the connection stayed open");
    assert.equal((await readFolder(target.server, user)).length, before, "a message was delivered");
    return "closed, nothing delivered";
  },
};

async function later(ms: number): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  setTimeout(() => resolve(false), ms);
  return promise;
}
