import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { nearest } from "./nearest.ts";
import { holdsPublicAddresses, type Network, networkHolds, parseNetwork } from "./network.ts";
import { ipv4Gateways, ipv6Gateways, mayBindLowPorts } from "./surroundings.ts";

suite("this machine", () => {
  test("default gateways are read from the kernel's tables", () => {
    const ipv4 = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
      "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0",
    ].join("\n");
    assert.deepEqual(ipv4Gateways(ipv4), ["192.168.1.1"]);
    assert.deepEqual(ipv4Gateways(""), []);
    const zero = "0".repeat(32);
    const ipv6 = [
      `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000002 00000000 00000003     eth0`,
      `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
      `fe800000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
    ].join("\n");
    assert.deepEqual(ipv6Gateways(ipv6), ["fe80::1"]);
  });

  test("low ports need CAP_NET_BIND_SERVICE, or a kernel that asks for none", () => {
    assert.equal(mayBindLowPorts("CapEff:\t0000000000000400\n", "1024\n"), true);
    assert.equal(mayBindLowPorts("CapEff:\t0000000000000000\n", "1024\n"), false);
    assert.equal(mayBindLowPorts("CapEff:\t0000000000000000\n", "0\n"), true);
    assert.equal(mayBindLowPorts("", ""), false);
  });
});

function network(text: string): Network {
  const parsed = parseNetwork(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

suite("networks", () => {
  test("are parsed strictly", () => {
    for (const wrong of [
      "",
      "1.2.3",
      "1.2.3.4/33",
      "1.2.3.4/",
      "1.2.3.4/8/8",
      "010.1.1.1",
      "::1/129",
      "fe80::1%eth0",
      "x",
    ]) {
      assert.equal(parseNetwork(wrong), undefined, wrong);
    }
    assert.deepEqual(parseNetwork("::1"), { address: "::1", prefixBits: 128, family: 6 });
  });

  test("hold their addresses, and none of the other family", () => {
    assert.equal(networkHolds(network("192.168.1.7/24"), "192.168.1.1"), true);
    assert.equal(networkHolds(network("192.168.1.7/24"), "192.168.2.1"), false);
    assert.equal(networkHolds(network("::/0"), "192.168.2.1"), false);
    assert.equal(networkHolds(network("fe80::/64"), "fe80::1"), true);
  });

  test("with one public address are told from those without", () => {
    for (const ours of [
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.7.1",
      "127.0.0.0/8",
      "100.64.0.0/10",
      "fd12::/16",
      "::1",
    ]) {
      assert.equal(holdsPublicAddresses(network(ours)), false, ours);
    }
    for (const others of ["0.0.0.0/0", "9.0.0.0/7", "172.16.0.0/11", "8.8.8.8", "2000::/3", "::/0", "fc00::/6"]) {
      assert.equal(holdsPublicAddresses(network(others)), true, others);
    }
  });
});

suite("the nearest word", () => {
  const known = ["connections_total", "connections_per_address", "hostname", "tls"];
  for (const [word, expected] of [
    ["conections_total", "connections_total"],
    ["connections-total", "connections_total"],
    ["Hostname", "hostname"],
    ["hsotname", "hostname"],
    ["tsl", "tls"],
    ["xyzzy", undefined],
    ["", undefined],
  ] as const) {
    test(`${JSON.stringify(word)} means ${expected ?? "nothing known"}`, () => {
      assert.equal(nearest(word, known), expected);
    });
  }
});
