/** The rules of TLS, on every port there is: they are one function, and this is whether every port uses it. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { freePorts } from "./ports.ts";
import { must } from "./process.ts";
import { STARTTLS } from "./served.ts";
import { alice, type ListenerName, type PosternServer, startServer } from "./server.ts";
import { dialTls, ticketOf } from "./tls-dial.ts";

interface Port {
  readonly name: string;
  readonly port: number;
  readonly starttls: "smtp" | "imap" | "pop3" | undefined;
  readonly alpn: string;
}

const ALPN: Readonly<Record<string, string>> = { imap: "imap", imaps: "imap", pop3: "pop3", pop3s: "pop3" };
const OLD = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

let server: PosternServer;
let ports: readonly Port[] = [];
let legacyPort = 0;
before(async () => {
  const [https = 0, legacy = 0] = await freePorts(2);
  legacyPort = legacy;
  server = await startServer({
    settings: [
      "[threads]\nfront = 3",
      `[[listener]]\nprotocol = "http"\nbind = "127.0.0.1:${https}"`,
      `[[listener]]\nprotocol = "imap"\nbind = "127.0.0.1:${legacy}"\nmin_tls = "1.0"`,
    ].join("\n"),
  });
  const mail = Object.entries(server.ports).map(([name, port]) => {
    return { name, port, starttls: STARTTLS[name as ListenerName], alpn: ALPN[name] ?? "smtp" };
  });
  ports = [...mail, { name: "https", port: https, starttls: undefined, alpn: "http/1.1" }];
});
after(() => server.stop());

const dial = ({ port, starttls }: Port, options: ConnectionOptions = {}): Promise<TLSSocket> =>
  dialTls(port, starttls, options);

suite("on every port", () => {
  test("TLS 1.1 is refused", async () => {
    for (const port of ports) await assert.rejects(dial(port, OLD), /protocol.version/i, port.name);
  });

  test("TLS 1.2 and 1.3 are spoken, with forward secrecy and authenticated encryption", async () => {
    for (const port of ports) {
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const socket = await dial(port, { minVersion: version, maxVersion: version });
        assert.equal(socket.getProtocol(), version, port.name);
        assert.match(socket.getCipher().name, /^(?:TLS_|ECDHE-).*(?:GCM|CHACHA20)/, port.name);
        socket.destroy();
      }
    }
  });

  test("the protocol's own name is agreed on, another one ends the handshake (ALPACA), none is fine", async () => {
    for (const port of ports) {
      const agreed = await dial(port, { ALPNProtocols: ["h2", port.alpn] });
      assert.equal(agreed.alpnProtocol, port.alpn);
      agreed.destroy();
      for (const other of ["h2", "http/1.1", "smtp", "imap", "pop3", "acme-tls/1"]) {
        if (other !== port.alpn)
          await assert.rejects(dial(port, { ALPNProtocols: [other] }), /no.application.protocol|disconnected/i);
      }
      (await dial(port)).destroy();
    }
  });

  test("renegotiation is refused", async () => {
    for (const port of ports) {
      const socket = await dial(port, { maxVersion: "TLSv1.2" });
      const refused = new Promise<string>((resolve) => {
        socket.once("error", (error) => resolve(error.message));
        socket.once("close", () => resolve("closed"));
      });
      socket.renegotiate({ rejectUnauthorized: false }, () => undefined);
      assert.match(await refused, /no.renegotiation|closed/i, port.name);
      socket.destroy();
    }
  });

  test("a ticket is taken by whatever thread the next connection meets", async () => {
    for (const port of ports) {
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const only = { minVersion: version, maxVersion: version, servername: "localhost" };
        const first = await dial(port, only);
        let session = await ticketOf(first);
        first.destroy();
        // Three threads share the port: seven connections meet them all, as good as certainly.
        for (let turn = 0; turn < 7; turn++) {
          const socket = await dial(port, { ...only, session });
          assert.equal(socket.isSessionReused(), true, `${port.name} ${version}`);
          session = await ticketOf(socket);
          socket.destroy();
        }
      }
    }
  });
});

test("openssl comes back with its ticket", async () => {
  const file = `${server.folder}/ticket`;
  const target = ["-connect", `127.0.0.1:${server.ports.imaps}`, "-servername", "localhost"];
  const input = "a LOGOUT\r\n";
  const patience = { input, patienceMs: 10_000 };
  await must("sh", ["-c", `(sleep 1; cat) | openssl s_client -quiet -sess_out ${file} ${target.join(" ")}`], patience);
  const again = await must(
    "sh",
    ["-c", `(sleep 1; cat) | openssl s_client -sess_in ${file} ${target.join(" ")}`],
    patience,
  );
  assert.match(again, /^Reused, TLSv1\.3/m);
});

suite("old devices", () => {
  test("a listener may take TLS 1.0, and who logs in there is shown, as are failed handshakes with their reason (R45)", async () => {
    const socket = await dialTls(legacyPort, undefined, OLD);
    assert.equal(socket.getProtocol(), "TLSv1.1");
    socket.write(`a LOGIN ${alice.user} ${alice.password}\r\n`);
    let text = "";
    socket.on("data", (octets: Buffer) => (text += octets.toString("latin1")));
    for (let turn = 0; turn < 500 && !/^a /m.test(text); turn++) await sleep(10);
    assert.match(text, /^a OK/m);
    socket.destroy();
    const shown = async (): Promise<string> =>
      must(process.execPath, ["bin/postern.js", "status", "--config", `${server.folder}/postern.toml`]);
    for (let turn = 0; turn < 20 && !/TLSv1\.1/.test(await shown()); turn++) await sleep(200);
    // Long lines are broken.
    const status = (await shown()).replace(/\s+/g, " ");
    assert.match(status, /1 account logged in with TLSv1\.1 in 30 days: alice@example\.test/);
    assert.match(
      status,
      new RegExp(`127\\.0\\.0\\.1:${server.ports.imaps}: handshakes failed: [^.]*\\d version-too-old`),
    );
    assert.match(status, new RegExp(`127\\.0\\.0\\.1:${server.ports.mx}: handshakes failed: [^.]*\\d other-protocol`));
    const { value } = JSON.parse(await server.command(["status", "--json"])) as {
      value: { running: { tls: { logins: readonly { version: string }[]; served: readonly unknown[] } } };
    };
    assert.ok(value.running.tls.logins.some(({ version }) => version === "TLSv1.1"));
    assert.ok(value.running.tls.served.length >= ports.length, "certificates as clients see them");
  });
});
