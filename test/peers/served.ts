/** Which certificate a port serves, and a session that lives on while it changes. */
import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect } from "node:tls";
import { alice, type ListenerName, type PosternServer } from "./server.ts";
import { dialTls } from "./tls-dial.ts";

export const STARTTLS: Readonly<Record<ListenerName, "smtp" | "imap" | "pop3" | undefined>> = {
  mx: "smtp",
  submission: "smtp",
  submissions: undefined,
  imaps: undefined,
  pop3s: undefined,
  imap: "imap",
  pop3: "pop3",
};

export async function servedOn(
  port: number,
  starttls: "smtp" | "imap" | "pop3" | undefined,
  options: ConnectionOptions = {},
): Promise<X509Certificate> {
  const socket = await dialTls(port, starttls, options);
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  assert.ok(certificate !== undefined);
  return certificate;
}

/** By listener, `https` among them where there is a port for it. */
export async function servedEverywhere(
  server: PosternServer,
  httpsPort?: number,
): Promise<Readonly<Record<string, X509Certificate>>> {
  const found: Record<string, X509Certificate> = {};
  for (const [name, port] of Object.entries(server.ports)) {
    found[name] = await servedOn(port, STARTTLS[name as ListenerName]);
  }
  if (httpsPort !== undefined) found["https"] = await servedOn(httpsPort, undefined);
  return found;
}

/** Waits until every port serves a certificate of which this is true. */
export async function untilServed(
  server: PosternServer,
  isWanted: (certificate: X509Certificate) => boolean,
  { httpsPort, patienceMs = 60_000 }: { readonly httpsPort?: number; readonly patienceMs?: number } = {},
): Promise<Readonly<Record<string, X509Certificate>>> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    const found = await servedEverywhere(server, httpsPort);
    if (Object.values(found).every(isWanted)) return found;
    if (Date.now() > untilMs) {
      const served = Object.entries(found).map(([name, { issuer, validTo }]) => `${name}: ${issuer} until ${validTo}`);
      assert.fail(`not served everywhere:\n${served.join("\n")}\n${server.log()}`);
    }
    await sleep(500);
  }
}

export interface LivingSession {
  /** Fails when the session that was opened at first is not there any more. */
  readonly mustAnswer: () => Promise<void>;
  readonly close: () => void;
}

/** An IMAP session that is logged in. */
export async function openSession(port: number): Promise<LivingSession> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  let text = "";
  let count = 0;
  socket.on("data", (octets: Buffer) => (text += octets.toString("latin1")));
  socket.on("error", () => undefined);
  const ask = async (command: string): Promise<void> => {
    const tag = `t${++count}`;
    socket.write(`${tag} ${command}\r\n`);
    for (let turn = 0; !text.includes(`${tag} OK`); turn++) {
      assert.ok(!socket.closed && turn < 1000, `${command}: ${text}`);
      await sleep(10);
    }
  };
  await ask(`LOGIN ${alice.user} ${alice.password}`);
  return { mustAnswer: () => ask("NOOP"), close: () => socket.destroy() };
}
