/** Worlds of mail servers that do whatever servers do, from seeds: what must hold of every attempt in all of them. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { TlsPolicySetting } from "#delivery/routing/settings.ts";
import { dane } from "../fakes/mx-table.ts";
import { RemoteWorld, type RemoteWorldOptions, recipient } from "../fakes/remote-world.ts";
import type { FakeServer } from "../fakes/smtp-network.ts";

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
const RECIPIENTS = [recipient(1, "a@peer.test"), recipient(2, "b@peer.test"), recipient(3, "c@peer.test")];
const SETTINGS: readonly TlsPolicySetting[] = ["auto", "opportunistic", "encrypt", "verify", "dane", "none"];

/** Mostly as it should be, so that attempts get far. */
function mostly(...troubles: readonly string[]): fc.Arbitrary<string | undefined> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constantFrom(...troubles));
}

const no = ["drop", "silent", "421 busy", "450 later", "550 no", "354 what?", "nonsense"] as const;

const server: fc.Arbitrary<FakeServer> = fc
  .record({
    connect: mostly("refused", "unreachable", "silent"),
    greeting: mostly(...no),
    ehlo: mostly(...no),
    starttls: mostly(...no, "220 go\n250 slipped in"),
    auth: mostly("535 wrong", ...no),
    mail: mostly(...no, "530 must issue STARTTLS first"),
    rcpt: fc.dictionary(fc.constantFrom("a@peer.test", "b@peer.test", "c@peer.test"), fc.constantFrom(...no), {
      maxKeys: 2,
    }),
    data: mostly(...no),
    final: mostly(...no, "450 later"),
    extensions: fc.subarray(["STARTTLS", "PIPELINING", "CHUNKING", "SIZE 1000", "AUTH PLAIN", "8BITMIME", "DSN"]),
    certificate: fc.constantFrom("valid", "self-signed", "wrong-name", "expired", "broken"),
    tlsa: fc.constantFrom("key-one", "key-two"),
  })
  .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as FakeServer);

const world = fc.record({
  servers: fc.tuple(server, server, server),
  tls: fc.constantFrom(...SETTINGS),
  signed: fc.boolean(),
  hasTlsa: fc.boolean(),
  mode: fc.constantFrom("enforce", "testing", undefined),
  hasLogin: fc.boolean(),
  moreWaits: fc.boolean(),
});

type World = typeof world extends fc.Arbitrary<infer Made> ? Made : never;

function optionsOf({ servers, tls, signed, hasTlsa, mode, hasLogin }: World): RemoteWorldOptions {
  const login = hasLogin ? { credentials: { username: "u", password: "secret" } } : {};
  return {
    dns: {
      "peer.test": { MX: [10, 10, 20].map((preference, i) => ({ preference, exchange: `mx${i}.peer.test` })) },
      ...Object.fromEntries(ADDRESSES.map((address, i) => [`mx${i}.peer.test`, { A: [address] }])),
      ...(hasTlsa ? { "_25._tcp.mx0.peer.test": { TLSA: [dane] } } : {}),
    },
    signed,
    servers: Object.fromEntries(ADDRESSES.map((address, i) => [address, servers[i] ?? {}])),
    route: { tls, ...login },
    ...(mode === undefined
      ? {}
      : { sts: { policy: { mode, maxAgeSeconds: 86_400, mx: ["*.peer.test"] }, problem: undefined } }),
  };
}

suite("attempts in worlds of any kind", () => {
  test("each recipient has one true result, nobody has the message twice, and no policy is broken", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (made) => {
        const it = new RemoteWorld(optionsOf(made));
        const { results, trace } = await it.send({ recipients: RECIPIENTS, moreWaits: made.moreWaits });
        it.remote.close();
        await it.passing(new Promise((resolve) => it.clock.after(60_000, () => resolve(undefined))));
        const { deliveries, inClear, open } = it.network;
        assert.deepEqual(
          it.log.lines.filter(({ event }) => event === "delivery-broken"),
          [],
        );
        assert.equal(open, 0, "a connection is left open");
        assert.deepEqual(
          results.map(({ recipientId }) => recipientId),
          [1, 2, 3],
        );
        for (const [i, { address }] of RECIPIENTS.entries()) {
          const heard = deliveries.filter((one) => one.recipients.includes(address));
          const taken = heard.filter(({ answer }) => answer.startsWith("250"));
          const unknown = heard.filter(({ answer }) => ["drop", "silent", "nonsense", "354 what?"].includes(answer));
          const outcome = results[i]?.outcome;
          const words = `${address} ${outcome}\n${trace.join("\n")}`;
          assert.equal(outcome === "delivered", taken.length === 1, words);
          assert.ok(taken.length <= 1, words);
          assert.equal(outcome === "outcome-unknown", unknown.length === 1, words);
        }
        assert.deepEqual(
          inClear.filter((line) => line.startsWith("AUTH")),
          [],
          "a password in clear",
        );
        if (["encrypt", "verify", "dane"].includes(made.tls)) {
          assert.deepEqual(
            inClear.filter((line) => line.startsWith("MAIL")),
            [],
            "mail in clear",
          );
        }
        if (made.tls === "auto" && made.mode === "enforce" && !made.signed) {
          for (const { address } of deliveries) {
            assert.equal(made.servers[ADDRESSES.indexOf(address as never)]?.certificate, "valid");
          }
        }
        if (made.tls === "dane" || (made.tls === "auto" && made.signed && made.hasTlsa)) {
          for (const one of deliveries.filter(({ address }) => address === ADDRESSES[0])) {
            assert.ok(one.isProtected && made.signed && made.servers[0].tlsa === "key-one", "DANE");
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
