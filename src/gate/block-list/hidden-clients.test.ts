import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HiddenClients } from "./hidden-clients.ts";
import { ProtectedAddresses } from "./protected-addresses.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2030, 0, 1);
const NO_ADDRESSES = { own: [], gateways: ["192.0.2.254"], resolvers: [], proxies: [], otherMx: [] };

suite("addresses that hide others", () => {
  test("most of 30 connections in ten minutes from one private address: suspended, with one alert (R18)", () => {
    const hidden = fresh();
    const alerts = Array.from({ length: 100 }, () => hidden.arrived("172.18.0.1", START_MS));
    assert.equal(
      alerts.findIndex((alert) => alert !== undefined),
      29,
    );
    assert.equal(alerts.filter((alert) => alert !== undefined).length, 1);
    assert.match(alerts[29]?.text ?? "", /30 of 30 connections .* from 172\.18\.0\.1.*suspended/);
    assert.equal(hidden.hidesOthers("172.18.0.1", START_MS), true);
    assert.equal(hidden.hidesOthers("172.18.0.2", START_MS), false);
  });

  test("the gateway's address is no client's either, though it is public", () => {
    const hidden = fresh();
    for (let times = 0; times < 30; times++) hidden.arrived("192.0.2.254", START_MS);
    assert.equal(hidden.hidesOthers("192.0.2.254", START_MS), true);
  });

  test("a public address is a client, however often it comes; so is this machine", () => {
    const hidden = fresh();
    for (const address of ["203.0.113.5", "127.0.0.1"]) {
      for (let times = 0; times < 1000; times++) hidden.arrived(address, START_MS);
      assert.equal(hidden.hidesOthers(address, START_MS), false, address);
    }
  });

  test("a private address that is one among many, or seldom comes, is a client like others", () => {
    const many = fresh();
    for (let times = 0; times < 100; times++) {
      many.arrived(`203.0.113.${times}`, START_MS);
      many.arrived("10.0.0.5", START_MS);
    }
    assert.equal(many.hidesOthers("10.0.0.5", START_MS), false);
    const seldom = fresh();
    for (let minute = 0; minute < 500; minute++) seldom.arrived("10.0.0.5", START_MS + minute * MINUTE_MS);
    assert.equal(seldom.hidesOthers("10.0.0.5", START_MS + 500 * MINUTE_MS), false);
  });

  test("it ends ten minutes after it was last so", () => {
    const hidden = fresh();
    for (let times = 0; times < 40; times++) hidden.arrived("10.0.0.5", START_MS);
    assert.equal(hidden.hidesOthers("10.0.0.5", START_MS + 10 * MINUTE_MS - 1), true);
    assert.equal(hidden.hidesOthers("10.0.0.5", START_MS + 10 * MINUTE_MS), false);
  });

  test("eight unrelated names from one address are several clients; eight names of one domain are not", () => {
    const hidden = fresh();
    const say = (address: string, clientName: string, proven: boolean): boolean =>
      hidden.said({ address, clientName, proven }, START_MS) !== undefined;
    for (let number = 0; number < 50; number++) say("203.0.113.5", `mail-${number}.google.com`, true);
    assert.equal(hidden.hidesOthers("203.0.113.5", START_MS), false);
    const alerts = Array.from({ length: 20 }, (_, number) => say("203.0.113.6", `mx.domain${number}.com`, true));
    assert.deepEqual([alerts.indexOf(true), alerts.lastIndexOf(true)], [7, 7]);
    assert.equal(hidden.hidesOthers("203.0.113.6", START_MS), true);
  });

  test("a liar with a thousand names does not suspend the rules for itself", () => {
    const hidden = fresh();
    for (let number = 0; number < 1000; number++) {
      hidden.said({ address: "203.0.113.7", clientName: `mx.domain${number}.com`, proven: false }, START_MS);
    }
    assert.equal(hidden.hidesOthers("203.0.113.7", START_MS), false);
  });

  test("names said hours apart are nothing", () => {
    const hidden = fresh();
    for (let number = 0; number < 50; number++) {
      const clientName = `mx.domain${number}.com`;
      hidden.said({ address: "10.0.0.5", clientName, proven: false }, START_MS + number * 5 * MINUTE_MS);
    }
    assert.equal(hidden.hidesOthers("10.0.0.5", START_MS + 250 * MINUTE_MS), false);
  });
});

function fresh(): HiddenClients {
  const addresses = new ProtectedAddresses(NO_ADDRESSES);
  return new HiddenClients((address) => addresses.mayHideOthers(address));
}
