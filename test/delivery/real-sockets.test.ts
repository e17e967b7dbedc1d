/** Delivery to other servers over real sockets and real TLS. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { thisMachine } from "#config/surroundings.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { AttemptReport, DeliveryJob } from "#queue/attempt.ts";
import { openRemoteDelivery } from "../../src/threads/remote-delivery.ts";
import { selfSigned } from "../fakes/certificates.ts";
import { FakeLog } from "../fakes/log.ts";
import { LoopbackSmtp } from "../fakes/loopback-smtp.ts";
import { jobTo } from "../fakes/remote-world.ts";

const certificate = await selfSigned({ names: ["localhost"] });
const TLS = { extensions: ["STARTTLS", "PIPELINING", "AUTH PLAIN"], certificate };

interface Course {
  readonly job?: Partial<DeliveryJob>;
  readonly signal?: AbortSignal;
}

/** Sends by the settings `[delivery]` and what is under it. */
async function send(
  delivery: string,
  { job = {}, signal = new AbortController().signal }: Course = {},
): Promise<AttemptReport> {
  const remote = open(delivery);
  try {
    return await remote.attempt(jobTo(job), signal);
  } finally {
    remote.close();
  }
}

function open(delivery: string) {
  const text = `hostname = "mx.own.test"\n[[domain]]\nname = "own.test"\n[delivery]\n${delivery}\n`;
  const loaded = settingsFrom(text, { file: "/nonexistent/postern.toml", shownAs: "postern.toml" }, thisMachine);
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problem));
  return openRemoteDelivery(loaded.value.settings, {
    clock: systemClock,
    random: systemRandom,
    log: new FakeLog(),
    nextHops: { loginRefused: () => undefined, loginWorks: () => undefined },
  });
}

function check(report: AttemptReport, expected: string): void {
  const words = report.results.map(({ outcome, reply }) => `${outcome} ${reply.code ?? reply.enhanced} ${reply.stage}`);
  assert.equal(words.join(", "), expected, report.trace.join("\n"));
}

suite("delivery over real sockets", () => {
  test("a relay host with STARTTLS and a login", async () => {
    await using server = await LoopbackSmtp.open(TLS);
    const login = 'relay_username = "u"\nrelay_password = "p"';
    const report = await send(`relay_host = "127.0.0.1:${server.port}"\n${login}\ntls = "encrypt"`);
    check(report, "delivered 250 final-dot");
    assert.match(report.host?.tls ?? "", /^TLSv1\.3 TLS_/);
    assert.deepEqual(server.messages.map(String), ["Subject: Hi\r\n\r\n..Hello\r\n.\r\n"]);
    assert.deepEqual(server.commands.slice(0, 4), [
      "EHLO mx.own.test",
      "STARTTLS",
      "EHLO mx.own.test",
      "AUTH PLAIN AHUAcA==",
    ]);
  });

  test("a password goes to nobody whose certificate does not pass", async () => {
    await using server = await LoopbackSmtp.open(TLS);
    const login = 'relay_username = "u"\nrelay_password = "p"';
    check(await send(`relay_host = "127.0.0.1:${server.port}"\n${login}`), "deferred 4.7.5 tls");
    assert.deepEqual(server.commands, ["EHLO mx.own.test", "STARTTLS"]);
  });

  test("a broken handshake: in clear where nothing asks for TLS, and nowhere else (R48)", async () => {
    const breaking = { ...TLS, replies: { STARTTLS: "220 go\nno TLS here" } };
    await using server = await LoopbackSmtp.open({
      extensions: TLS.extensions,
      replies: { STARTTLS: "220 go" },
      intercept: dropAt("STARTTLS"),
    });
    check(await send(`relay_host = "127.0.0.1:${server.port}"`), "delivered 250 final-dot");
    assert.equal(server.connections, 2);
    check(await send(`relay_host = "127.0.0.1:${server.port}"\ntls = "encrypt"`), "deferred 4.7.5 tls");
    await using injecting = await LoopbackSmtp.open(breaking);
    check(await send(`relay_host = "127.0.0.1:${injecting.port}"`), "deferred 4.7.5 tls");
    assert.equal(injecting.messages.length, 0);
  });

  test("a large message goes through a narrow door whole, and never all at once", async () => {
    await using server = await LoopbackSmtp.open({ slow: true });
    const message = Buffer.from(".a line that begins with a dot\r\n".repeat(200_000));
    let ahead = 0;
    const report = await send(`relay_host = "127.0.0.1:${server.port}"`, {
      job: {
        sizeOctets: message.length,
        read: async (start, end) => {
          ahead = Math.max(ahead, end - start);
          return message.subarray(start, end);
        },
      },
    });
    check(report, "delivered 250 final-dot");
    const expected = Buffer.concat([
      Buffer.from(message.toString("latin1").replaceAll(/^\./gm, "..")),
      Buffer.from(".\r\n"),
    ]);
    assert.equal(hash(server.messages[0] ?? Buffer.alloc(0)), hash(expected));
    assert.equal(ahead, 64 * 1024);
  });

  test("LMTP over a socket of this machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "postern-lmtp-"));
    const path = join(folder, "lmtp");
    await using server = await LoopbackSmtp.open({ at: { path } });
    check(
      await send(`[[route]]\ndomain = "peer.test"\nprotocol = "lmtp"\nhost = "unix:${path}"`),
      "delivered 250 final-dot",
    );
    assert.equal(server.commands[0], "LHLO mx.own.test");
    rmSync(folder, { recursive: true });
  });

  test("who is stopped stops: before the final dot the message waits, behind it nobody knows", async () => {
    for (const [silentAt, expected] of [
      ["RCPT", "deferred 4.3.2 local"],
      [".", "outcome-unknown 4.4.2 final-dot"],
    ] as const) {
      const stopping = new AbortController();
      await using server = await LoopbackSmtp.open({ replies: { [silentAt]: null } });
      const sending = send(`relay_host = "127.0.0.1:${server.port}"`, { signal: stopping.signal });
      while (silentAt === "." ? server.messages.length === 0 : server.commands.length < 3) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      stopping.abort();
      check(await sending, expected);
    }
  });

  test("the final dot is not sent when the queue says no", async () => {
    await using server = await LoopbackSmtp.open();
    const report = await send(`relay_host = "127.0.0.1:${server.port}"`, {
      job: { beforeFinalDot: async () => false },
    });
    check(report, "deferred 4.3.2 local");
    assert.equal(server.messages.length, 0);
  });

  test("a message that cannot be read waits", async () => {
    await using server = await LoopbackSmtp.open();
    check(await send(`relay_host = "127.0.0.1:${server.port}"`, { job: { read: cannotRead } }), "deferred 4.3.2 local");
    assert.equal(server.messages.length, 0);
  });

  test("more messages for the same hosts go over the same connection", async () => {
    await using server = await LoopbackSmtp.open();
    const remote = open(`relay_host = "127.0.0.1:${server.port}"`);
    const signal = new AbortController().signal;
    for (let i = 0; i < 3; i++)
      check(await remote.attempt(jobTo({ moreWaits: true }), signal), "delivered 250 final-dot");
    assert.equal(server.connections, 1);
    assert.equal(server.messages.length, 3);
    remote.close();
    while (server.commands.at(-1) !== "QUIT") await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("a connection that was kept and has died is replaced by a new one", async () => {
    let dies = false;
    await using server = await LoopbackSmtp.open({
      intercept: (line, socket) => {
        if (dies && line.startsWith("MAIL")) socket.destroy();
        const died = dies && line.startsWith("MAIL");
        if (died) dies = false;
        return died;
      },
    });
    const remote = open(`relay_host = "127.0.0.1:${server.port}"`);
    const signal = new AbortController().signal;
    check(await remote.attempt(jobTo({ moreWaits: true }), signal), "delivered 250 final-dot");
    dies = true;
    check(await remote.attempt(jobTo({}), signal), "delivered 250 final-dot");
    assert.equal(server.connections, 2);
    remote.close();
  });

  test("a server that never stops talking is left at once, whatever it says", async () => {
    for (const [flood, expected] of [
      ["x".repeat(1024 * 1024), "deferred 4.4.2 greeting"],
      ["220-more\r\n".repeat(100_000), "deferred 4.4.2 greeting"],
      [`220-${"x".repeat(1000)}\r\n`.repeat(5000), "deferred 4.4.2 greeting"],
      ["220 peer\r\n".repeat(100_000), "deferred 4.4.2 greeting"],
      ["\0".repeat(1024 * 1024), "deferred 4.4.2 greeting"],
    ] as const) {
      const server = createServer((socket) => socket.on("error", () => undefined).end(flood));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      check(await send(`relay_host = "127.0.0.1:${port}"`), expected);
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("a connection that is reset in the middle of the message leaves it waiting, and the server alive", async () => {
    await using server = await LoopbackSmtp.open({
      intercept: (line, socket) => {
        if (line === "DATA") socket.write("354 go\r\n");
        if (line.startsWith("a line")) socket.resetAndDestroy();
        return line === "DATA" || line.startsWith("a line");
      },
    });
    const block = Buffer.from("a line of text\r\n".repeat(4096));
    const octets = 64 * block.length;
    const report = await send(`relay_host = "127.0.0.1:${server.port}"`, {
      job: { sizeOctets: octets, read: async (start) => (start < octets ? block : block.subarray(0, 0)) },
    });
    check(report, "deferred 4.4.2 data");
  });

  test("comes from the address that the settings name", async () => {
    let from: string | undefined;
    await using server = await LoopbackSmtp.open({
      intercept: (_line, socket) => {
        from = socket.remoteAddress;
        return false;
      },
    });
    check(
      await send(`relay_host = "127.0.0.1:${server.port}"\nsource_addresses = ["127.0.0.7", "::1"]`),
      "delivered 250 final-dot",
    );
    assert.equal(from, "127.0.0.7");
  });
});

/** Ends the connection after the usual reply, where the handshake should begin. */
function dropAt(verb: string): (line: string, socket: { end(text: string): void }) => boolean {
  return (line, socket) => {
    if (line !== verb) return false;
    socket.end("220 go\r\n");
    return true;
  };
}

function hash(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

function cannotRead(): Promise<Uint8Array> {
  return Promise.reject(new Error("EIO"));
}
