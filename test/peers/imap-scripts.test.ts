/**
 * Scripts of other people that say what an IMAP server must answer. Those that need a capability which the server does not
 * announce are listed, not counted. Dovecot, for which they were written, shows that the interpreter is right.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { capabilities, runScript, type Target } from "../imap-scripts/run.ts";
import { startDovecot } from "./dovecot.ts";
import { imapScripts } from "./peer-data.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

const scripts = imapScripts();

interface Host {
  readonly target: Target;
  readonly stop: () => Promise<void>;
}

/** Debian's Dovecot has no `CONTEXT=SORT`, and URLAUTH only with a setting it does not ship. */
const dovecotLacks = ["sort-partial", "urlauth", "urlauth-binary", "urlauth2"];

async function dovecot(): Promise<Host> {
  const server = await startDovecot(
    new Map([
      [alice.user, alice.password],
      [bob.user, bob.password],
    ]),
  );
  const endpoint = { host: "127.0.0.1", port: server.imapsPort, ca: server.ca };
  return { target: { endpoint, first: alice, second: bob, mailbox: "imaptest" }, stop: () => server.stop() };
}

async function postern(): Promise<Host> {
  const server: PosternServer = await startServer();
  const endpoint = { host: "127.0.0.1", port: server.ports.imaps, ca: server.ca };
  return { target: { endpoint, first: alice, second: bob, mailbox: "imaptest" }, stop: () => server.stop() };
}

/** Plays every script that the host can; the names of the others. */
function playAll(name: string, start: () => Promise<Host>, expectedToLack: readonly string[] | null): void {
  suite(name, () => {
    let host: Host;
    before(async () => {
      host = await start();
    });
    after(() => host.stop());
    test("plays every script whose capabilities it announces", async (t) => {
      const announced = await capabilities(host.target);
      const lacking: string[] = [];
      for (const { script, messages } of scripts) {
        if (script.capabilities.every((capability) => announced.has(capability)))
          await t.test(script.name, () => runScript(script, messages, host.target));
        else lacking.push(script.name);
      }
      t.diagnostic(`${scripts.length - lacking.length} of ${scripts.length} played; without: ${lacking.join(", ")}`);
      if (expectedToLack !== null) assert.deepEqual(lacking, expectedToLack);
      assert.ok(lacking.length < scripts.length / 2, "hardly anything was played");
    });
  });
}

playAll("Dovecot", dovecot, dovecotLacks);
playAll("Postern", postern, null);
