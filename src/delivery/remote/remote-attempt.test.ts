/** What the queue learns of an attempt, and what is asked of it on the way. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dane, enforcing, ONE, SIX, TLS, TWO, twoMx, withTlsa } from "../../../test/fakes/mx-table.ts";
import { RemoteWorld, type RemoteWorldOptions, recipient } from "../../../test/fakes/remote-world.ts";
import { SLICE_OCTETS } from "./limits.ts";

suite("an attempt", () => {
  test("hosts of equal preference take turns by lot (RFC 5321 §5.1)", async () => {
    const firsts = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const equal = [10, 10].map((preference, i) => ({
        preference,
        exchange: i === 0 ? "one.peer.test" : "two.peer.test",
      }));
      const world = new RemoteWorld({
        dns: twoMx({ "peer.test": { MX: equal } }),
        servers: { [ONE]: {}, [TWO]: {} },
        seed: `${seed}`,
      });
      await world.send();
      firsts.add(world.network.tried.join(" "));
    }
    assert.deepEqual([...firsts].toSorted(), [ONE, TWO]);
  });

  test("keeps the other server's own words, whole and harmless (R67)", async () => {
    const rcpt = "550-5.1.1 The address you reached is not here.\n550 5.1.1 See https://peer.test/why \u001b[1m";
    const world = new RemoteWorld({ dns: twoMx(), servers: { [ONE]: { rcpt } } });
    const { results } = await world.send();
    assert.deepEqual(results[0]?.reply, {
      code: 550,
      enhanced: "5.1.1",
      text: "The address you reached is not here.\nSee https://peer.test/why ?[1m",
      byHost: "one.peer.test",
      stage: "rcpt",
    });
  });

  test("asks before the final dot, for those that were accepted", async () => {
    const asked: number[][] = [];
    const world = new RemoteWorld({ dns: twoMx(), servers: { [ONE]: { rcpt: { "b@peer.test": "550 who?" } } } });
    await world.send({
      recipients: [recipient(7, "a@peer.test"), recipient(8, "b@peer.test"), recipient(9, "c@peer.test")],
      beforeFinalDot: async (ids) => {
        asked.push([...ids]);
        assert.equal(world.network.deliveries.length, 0);
        return true;
      },
    });
    assert.deepEqual(asked, [[7, 9]]);
    assert.equal(world.network.deliveries.length, 1);
  });

  test("the message arrives as it was, behind DATA and in chunks", async () => {
    for (const extensions of [[], ["PIPELINING"], ["CHUNKING"], ["PIPELINING", "CHUNKING"]]) {
      const world = new RemoteWorld({ dns: twoMx(), servers: { [ONE]: { extensions } } });
      await world.send();
      assert.deepEqual(
        world.network.deliveries.map(({ message }) => message),
        ["Subject: Hi\r\n\r\n.Hello\r\n"],
        extensions.join(),
      );
    }
  });

  test("wherever its last slice ends it may end once, and that is asked before the last octets leave", async () => {
    for (const extensions of [["PIPELINING"], ["PIPELINING", "CHUNKING"]]) {
      for (const octets of [
        SLICE_OCTETS - 1,
        SLICE_OCTETS,
        SLICE_OCTETS + 1,
        16 * SLICE_OCTETS,
        17 * SLICE_OCTETS + 7,
      ]) {
        const message = Buffer.from(`${"x".repeat(octets - 2)}\r\n`);
        const world = new RemoteWorld({ dns: twoMx(), servers: { [ONE]: { extensions } } });
        let asked = 0;
        await world.send({
          sizeOctets: message.length,
          read: async (start, end) => message.subarray(start, end),
          beforeFinalDot: async () => {
            asked++;
            assert.equal(world.network.deliveries.length, 0);
            return true;
          },
        });
        assert.equal(asked, 1);
        assert.deepEqual(
          world.network.deliveries.map((one) => one.message === message.toString()),
          [true],
          `${octets}`,
        );
      }
    }
  });

  test("says whom it spoke to, how protected, and whether reports are that host's affair", async () => {
    const world = new RemoteWorld({
      dns: withTlsa(),
      signed: true,
      servers: { [ONE]: { ...TLS, extensions: ["STARTTLS", "DSN"], tlsa: "key-one" } },
    });
    const { host, startedAtMs, endedAtMs } = await world.send();
    const tls = "TLSv1.3 TLS_AES_256_GCM_SHA384, verified (DANE)";
    assert.deepEqual(host, { name: "one.peer.test", address: ONE, tls, dsn: true });
    assert.ok(endedAtMs >= startedAtMs);
  });

  test("waits ten minutes for the answer to the final dot, and not for ever (R65)", async () => {
    const world = new RemoteWorld({ dns: twoMx(), servers: { [ONE]: { final: "silent" } } });
    const { startedAtMs, endedAtMs } = await world.send();
    assert.ok(endedAtMs - startedAtMs >= 10 * 60_000 && endedAtMs - startedAtMs < 11 * 60_000);
  });

  test("a connection that is kept goes to the same hosts under the same policy alone", async () => {
    const world = new RemoteWorld({
      dns: twoMx({ "other.test": { MX: [{ preference: 10, exchange: "one.peer.test" }] } }),
      servers: { [ONE]: {} },
    });
    await world.send({ moreWaits: true });
    await world.send({ moreWaits: true });
    assert.equal(world.network.tried.length, 1);
    await world.send({ destination: "other.test", recipients: [recipient(1, "x@other.test")] });
    assert.equal(world.network.tried.length, 2);
    world.clock.advance(6000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(world.network.open, 0);
  });

  test("to a next hop of the settings it is kept for all domains", async () => {
    const world = new RemoteWorld({ dns: {}, servers: { [ONE]: {} }, route: { host: ONE, tls: "none" } });
    await world.send({ moreWaits: true });
    await world.send({ moreWaits: true, destination: "other.test", recipients: [recipient(1, "x@other.test")] });
    assert.equal(world.network.tried.length, 1);
  });

  test("results of TLS are counted for the domain's report (RFC 8460)", async () => {
    const dns = twoMx();
    await checkCounts({ dns, servers: { [ONE]: TLS } }, ["no-policy-found 1/0 "]);
    await checkCounts({ dns, servers: { [ONE]: {} } }, ["no-policy-found 0/1 starttls-not-supported"]);
    await checkCounts({ dns, ...enforcing("enforce", "*.peer.test"), servers: { [ONE]: TLS } }, ["sts 1/0 "]);
    await checkCounts(
      {
        dns,
        ...enforcing("enforce", "*.peer.test"),
        servers: { [ONE]: { ...TLS, certificate: "expired" }, [TWO]: TLS },
      },
      ["sts 1/1 certificate-expired"],
    );
    await checkCounts({ dns, ...enforcing("testing", "mx.peer.test"), servers: { [ONE]: TLS } }, [
      "sts 0/1 validation-failure",
    ]);
    await checkCounts(
      { dns: withTlsa([dane]), signed: true, servers: { [ONE]: { ...TLS, tlsa: "another" }, [TWO]: TLS } },
      ["tlsa 0/1 tlsa-invalid", "no-policy-found 1/0 "],
    );
    await checkCounts({ dns: withTlsa("server-failure"), signed: true, servers: { [ONE]: TLS } }, [
      "tlsa 0/1 dnssec-invalid",
    ]);
    await checkCounts({ dns, route: { tls: "encrypt" }, servers: { [ONE]: TLS } }, []);
  });

  test("a report about TLS goes where that is broken, and the next report does not tell of it (RFC 8460 §5.3.1)", async () => {
    const broken: readonly RemoteWorldOptions[] = [
      { dns: withTlsa([dane]), signed: true, servers: { [ONE]: { ...TLS, tlsa: "another" } } },
      { dns: withTlsa("server-failure"), signed: true, servers: { [ONE]: TLS } },
      { dns: twoMx(), ...enforcing("enforce", "elsewhere.test"), servers: { [ONE]: TLS } },
      { dns: twoMx(), servers: { [ONE]: {} } },
    ];
    for (const options of broken) {
      const world = new RemoteWorld(options);
      const { results } = await world.send({ origin: "tls-report" });
      assert.equal(results[0]?.outcome, "delivered");
      assert.deepEqual(world.tlsResults.results(), []);
    }
    const bySettings = new RemoteWorld({ dns: twoMx(), route: { tls: "encrypt" }, servers: { [ONE]: {} } });
    assert.equal((await bySettings.send({ origin: "tls-report" })).results[0]?.outcome, "deferred");
  });

  test("the trace says what was tried, in order", async () => {
    const world = new RemoteWorld({
      dns: twoMx({ "one.peer.test": { AAAA: [SIX] } }),
      servers: { [SIX]: { greeting: "421 busy" } },
    });
    const { trace } = await world.send();
    assert.equal(trace[0], `one.peer.test[${SIX}]: one.peer.test refused at greeting — 421 busy`);
    assert.equal(trace[1], `two.peer.test[${TWO}]: no connection (EHOSTUNREACH)`);
  });
});

const sts = (mx: string): unknown => ({
  domain: "peer.test",
  lines: ["version: STSv1", "mode: enforce", "max_age: 86400", `mx: ${mx}`],
  mx: [mx],
});

test("what a connection was held to is counted with it (RFC 8460 §4.4)", async () => {
  const records: readonly RemoteWorldOptions[] = [
    { dns: withTlsa([dane]), signed: true, servers: { [ONE]: { ...TLS, tlsa: "key-one" } } },
    { dns: withTlsa([{ ...dane, usage: 1 }]), signed: true, servers: { [ONE]: TLS } },
    { dns: twoMx(), ...enforcing("enforce", "*.peer.test"), servers: { [ONE]: TLS } },
    { dns: twoMx(), ...enforcing("enforce", "elsewhere.test"), servers: { [ONE]: TLS } },
    { dns: twoMx(), servers: { [ONE]: TLS } },
  ];
  const said: unknown[] = [];
  for (const options of records) {
    const world = new RemoteWorld(options);
    await world.send();
    said.push(world.tlsResults.results().map(({ domain, applied }) => [domain, applied])[0]);
  }
  const hex = Buffer.from(dane.data).toString("hex").toUpperCase();
  assert.deepEqual(said, [
    ["peer.test", { domain: "one.peer.test", lines: [`3 1 1 ${hex}`], mx: [] }],
    ["peer.test", { domain: "one.peer.test", lines: [`1 1 1 ${hex}`], mx: [] }],
    ["peer.test", sts("*.peer.test")],
    ["peer.test", sts("elsewhere.test")],
    ["peer.test", undefined],
  ]);
});

async function checkCounts(options: RemoteWorldOptions, expected: readonly string[]): Promise<void> {
  const world = new RemoteWorld(options);
  await world.send();
  const counted = world.tlsResults.results().map(({ policy, successes, failures, details }) => {
    return `${policy} ${successes}/${failures} ${details.map(({ type }) => type).join()}`;
  });
  assert.deepEqual(counted, expected);
}
