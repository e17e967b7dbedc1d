/** Where an attack is tried, and the steps that most of them begin with. */
import assert from "node:assert/strict";
import { readFolder } from "../mail.ts";
import type { PosternServer } from "../server.ts";
import { SmtpClient, type SmtpReply } from "../smtp-client.ts";

export const user = { user: "user@local.test", password: "correct-horse-battery-5" };
/** Gets nothing by right: what lies in its folder was smuggled. */
export const victim = { user: "victim@local.test", password: "staple-paper-lantern-6" };

/** Size limit of the server under attack. */
export const sizeOctetsMax = 16 * 1024 * 1024;

export interface Target {
  readonly server: PosternServer;
  readonly listener: "mx" | "submission" | "submissions";
  readonly host: "127.0.0.1" | "::1";
}

/** Tries it, and says what was seen. Throws when the server did wrong. */
export type Attack = (target: Target) => Promise<string>;

export function endpoint({ server, listener, host }: Target) {
  const clear = { port: server.ports[listener], host };
  return listener === "submissions" ? { ...clear, ca: server.ca } : clear;
}

/** Connected, without the greeting. */
export function connected(target: Target): Promise<SmtpClient> {
  return SmtpClient.connect(endpoint(target));
}

/** Greeted, and said EHLO. */
export function greeted(target: Target): Promise<SmtpClient> {
  return SmtpClient.greet(endpoint(target));
}

/** May send: on the submission listeners behind TLS and logged in. */
export async function ready(target: Target): Promise<SmtpClient> {
  const client = await greeted(target);
  if (target.listener === "submission") await client.startTls(target.server.ca);
  if (target.listener !== "mx") await client.logIn(user);
  return client;
}

/** A reverse-path that the listener takes. */
export function mailFrom({ listener }: Target): string {
  return listener === "mx" ? "sender@sender.test" : user.user;
}

/** In a transaction with one recipient. */
export async function inTransaction(target: Target): Promise<SmtpClient> {
  const client = await ready(target);
  await client.say(`MAIL FROM:<${mailFrom(target)}>`, 250);
  await client.say(`RCPT TO:<${user.user}>`, 250);
  return client;
}

/** Asserts the reply's code, and the enhanced one where that is given: `552 5.3.4`. */
export function assertReply(reply: SmtpReply, ...allowed: readonly string[]): void {
  const fits = allowed.some((wanted) => {
    const [code = "", enhanced] = wanted.split(" ");
    return `${reply.code}` === code && (enhanced === undefined || reply.text.includes(` ${enhanced} `));
  });
  assert.ok(fits, `expected ${allowed.join(" or ")}, got ${reply.code}: ${reply.text}`);
}

/** Asserts that the server ends the connection and says nothing more. */
export async function assertClosed(client: SmtpClient): Promise<void> {
  const { heard, closed } = await client.silence(3000);
  assert.equal(heard, "", "it went on talking");
  assert.ok(closed, "the connection stayed open");
}

/** Asserts that the connection goes on as if nothing had happened. */
export async function assertUsable(client: SmtpClient): Promise<void> {
  await client.say("NOOP", 250);
}

/** Asserts that nothing more comes. */
export async function assertSilent(client: SmtpClient): Promise<void> {
  const { heard } = await client.silence(100);
  assert.equal(heard, "", "it went on talking");
}

/** What a reply was, short. */
export function seen(reply: SmtpReply): string {
  return reply.code === 0 ? "closed" : (reply.text.split("\r\n").at(-1)?.slice(0, 70).trim() ?? "");
}

export async function assertNothingSmuggled(target: Target): Promise<void> {
  assert.equal((await readFolder(target.server, victim)).length, 0, "a second message came out of the first");
}
