/** Every relay vector and every attack of test/vectors over real sockets, on each SMTP listener, over IPv4 and IPv6. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { commandAttacks } from "./attacks/commands.ts";
import { endurance, slowLoris } from "./attacks/endurance.ts";
import { framing } from "./attacks/framing.ts";
import { type Attack, greeted, seen, sizeOctetsMax, type Target, user, victim } from "./attacks/target.ts";
import { tlsAttacks } from "./attacks/tls.ts";
import { type PosternServer, startServer } from "./server.ts";

interface RelayVector {
  readonly id: string;
  readonly what: string;
  readonly mailFrom: string;
  readonly rcptTo: string;
  readonly expect: string;
}

interface AttackVector {
  readonly id: string;
  readonly what: string;
  readonly expect: string;
}

function vectors(name: string): readonly unknown[] {
  const file = join(import.meta.dirname, "../vectors", name);
  return (JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly unknown[] }).vectors;
}

const settings = {
  domains: [{ name: "local.test" }, { name: "relay.test", role: "secondary" }],
  accounts: { [user.user]: user.password, [victim.user]: victim.password },
  // One user sends dozens of odd messages in a minute.
  rules: { sending: "off" },
} as const;

const deadlineMs = 3000;
let server: PosternServer;
/** Its deadlines are short, so that what takes minutes by nature takes seconds. */
let hurried: PosternServer;
before(async () => {
  server = await startServer({ ...settings, limits: { message_size_octets_max: sizeOctetsMax } });
  hurried = await startServer({
    ...settings,
    limits: {
      pre_authentication_timeout_ms: deadlineMs,
      command_total_timeout_ms: deadlineMs,
      command_timeout_ms: deadlineMs,
      command_timeout_under_load_ms: deadlineMs,
    },
  });
});
after(async () => {
  await server.stop();
  await hurried.stop();
});

function targets(on: PosternServer): readonly Target[] {
  return (["mx", "submission", "submissions"] as const).flatMap((listener) =>
    (["127.0.0.1", "::1"] as const).map((host) => ({ server: on, listener, host })),
  );
}

suite("relay vectors", () => {
  for (const vector of vectors("relay.json") as readonly RelayVector[]) {
    test(`${vector.id}: ${vector.what}`, async (t) => {
      const tries = targets(server).flatMap((target) =>
        (target.listener === "submissions" ? [true] : [false, true]).map(async (inTls) => {
          const outcome = await relay(vector, target, inTls);
          return `${target.listener} ${target.host}${inTls ? " TLS" : ""}: ${outcome}`;
        }),
      );
      for (const outcome of await Promise.all(tries)) t.diagnostic(outcome);
    });
  }
});

/** Plays a vector without logging in; what was seen. */
async function relay(vector: RelayVector, target: Target, inTls: boolean): Promise<string> {
  const client = await greeted(target);
  if (inTls && target.listener !== "submissions") await client.startTls(server.ca);
  const own = target.host === "::1" ? "IPv6:::1" : "127.0.0.1";
  const command = (verb: string, path: string): string =>
    Buffer.from(path.startsWith("RAW:") ? path.slice(4) : `${verb}:<${path}>`.replace("{ip}", own)).toString("latin1");
  const mail = await client.say(command("MAIL FROM", vector.mailFrom));
  const rcpt = await client.say(command("RCPT TO", vector.rcptTo));
  client.close();
  const shown = `MAIL ${seen(mail)} | RCPT ${seen(rcpt)}`;
  if (target.listener === "mx") assertRelayReplies(vector, mail.code, rcpt.code, shown);
  else {
    assert.ok([530, 501, 553, 555].includes(mail.code), `submission without login: ${shown}`);
    assert.ok(rcpt.code >= 500 || rcpt.code === 0, `submission without login: ${shown}`);
  }
  return shown;
}

function codes(text: string | undefined): readonly string[] {
  return text?.match(/\d{3}/g) ?? [];
}

/** `550`, `501 at MAIL`, `550, or 503/555 at MAIL`, `501 or 550 or 553`. */
function assertRelayReplies({ expect }: RelayVector, mail: number, rcpt: number, shown: string): void {
  const parts = expect.split(", or ");
  const atMail = codes(parts.find((part) => part.endsWith("at MAIL")));
  const atRcpt = codes(parts.find((part) => !part.endsWith("at MAIL")));
  if (mail !== 250) assert.ok(atMail.includes(`${mail}`), `MAIL: expected ${expect}, got ${shown}`);
  else assert.ok(atRcpt.includes(`${rcpt}`), `expected ${expect}, got ${shown}`);
}

suite("attacks", () => {
  const attacks: Readonly<Record<string, Attack>> = { ...framing, ...tlsAttacks, ...commandAttacks, ...endurance };
  const slow = slowLoris(deadlineMs);
  for (const vector of vectors("smtp-attacks.json") as readonly AttackVector[]) {
    test(`${vector.id}: ${vector.what}`, async (t) => {
      const attack = vector.id === "slow-loris" ? slow : attacks[vector.id];
      assert.ok(attack, "nobody tries this vector");
      const wrong: string[] = [];
      for (const target of targets(vector.id === "slow-loris" ? hurried : server)) {
        const where = `${target.listener} ${target.host}`;
        try {
          t.diagnostic(`${where}: ${await attack(target)}`);
        } catch (error) {
          wrong.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      assert.equal(wrong.join("\n"), "", `expected: ${vector.expect}`);
    });
  }
});
