import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { GenericSign } from "./evidence.ts";
import { genericName } from "./generic-name.ts";

const ADDRESS = "203.0.113.45";

function check(name: string, weight: number, signs: readonly GenericSign[], address = ADDRESS): void {
  assert.deepEqual(genericName(name, address), { name, weight, signs }, name);
}

function checkServer(name: string, address = ADDRESS): void {
  assert.equal(genericName(name, address), undefined, name);
}

test("names made from the whole address", () => {
  for (const name of [
    "203-0-113-45.isp.example.com",
    "45.113.0.203.isp.example.com",
    "host203x0x113x45.example.net",
    "ip-203-0-113-45.eu-west-1.compute.example.net",
    "h203000113045.example.net",
    "xcb00712d.example.net",
    "n2d7100cb.example.net",
    "c-113-45-203-0.example.net",
  ]) {
    check(name, 2, ["holds-the-address"]);
  }
});

test("names that say what kind of line it is", () => {
  check("pd9e2f1c3.dip0.line.example.de", 2, ["dynamic-word"]);
  check("dsl-pool-7.example.com", 2.5, ["access-line-word", "customer-word"]);
  check("203-0-113-45.dynamic.example.com", 3, ["holds-the-address", "dynamic-word"]);
  check("cpe-203-0-113-45.nyc.res.example.com", 3, ["holds-the-address", "access-line-word", "customer-word"]);
  check("pool-203-0-113-45.city.fios.example.net", 3, ["holds-the-address", "access-line-word", "customer-word"]);
  check("dslb-203-000-113-045.pools.example.de", 3, ["holds-the-address", "access-line-word", "customer-word"]);
  check("lfbn-par-1-113-45.w203-0.abo.example.fr", 3, ["holds-the-address", "customer-word"]);
  check("broadband-user.example.org", 1, ["customer-word"]);
});

test("half an address, or hardly anything but digits, is a weak sign", () => {
  check("h113-45.example.com", 0.5, ["holds-half-the-address"]);
  check("h45-113.example.com", 0.5, ["holds-half-the-address"]);
  check("4915123456.example.com", 0.5, ["numbers"]);
});

test("what speaks for a server counts against it: hosting companies name servers by address, too", () => {
  check("static-203-0-113-45.isp.example.com", 0.5, ["holds-the-address", "server-word"]);
  check("static.45.113.0.203.clients.example.de", 1.5, ["holds-the-address", "customer-word", "server-word"]);
  checkServer("mta-113-45.example.com");
  checkServer("mail.cable.example.com");
});

test("mail servers as they are really called are none", () => {
  for (const name of [
    "mail.example.com",
    "mx1.example.co.uk",
    "example.com",
    "mail-wr1-f53.google.com",
    "mail-db8eur05on2113.outbound.protection.outlook.com",
    "a8-50.smtp-out.eu-west-1.amazonses.com",
    "o1.ptr1234.sendgrid.net",
    "m69-12.mailgun.net",
    "mta-83-222.sparkpostmail.com",
    "mail203.atl101.mcdlv.net",
    "mout.kundenserver.de",
    "relay7-d.mail.gandi.net",
    "vps-1a2b3c4d.vps.ovh.net",
    "out3-smtp.messagingengine.com",
    "sonic310-21.consmr.mail.ne1.yahoo.com",
    "lists.debian.org",
    "box.example.email",
  ]) {
    checkServer(name);
  }
});

test("the provider's own name says nothing about a host: words count below the registered domain", () => {
  checkServer("mail.cable.com");
  checkServer("mx.dynamic.co.uk");
  checkServer("pool.de");
});

test("IPv6 addresses in names: all of it, or an interface ID that is no small number", () => {
  const address = "2001:db8:1:2:a1b2:c3d4:e5f6:789";
  check("2001-0db8-0001-0002-a1b2-c3d4-e5f6-0789.isp.example.com", 2, ["holds-the-address"], address);
  check("a1b2-c3d4-e5f6-789.isp.example.com", 2, ["holds-the-address"], address);
  check("dynamic-a1b2c3d4e5f60789.isp.example.com", 3, ["holds-the-address", "dynamic-word"], address);
  checkServer("mx-0-0-0-1.example.com", "2001:db8::1");
  checkServer("mail.example.com", address);
});

test("a name of a machine inside a network is looked at as a whole", () => {
  check("dhcp-12.lan", 2, ["dynamic-word"]);
});

test("a weight is half a point to three, whatever the name, and no name makes it throw", () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
  const word = fc.constantFrom("dyn", "dsl", "pool", "mail", "static", "203-0-113-45", "113-45", "2030113");
  fc.assert(
    fc.property(fc.array(fc.oneof(label, word), { maxLength: 6 }), fc.string(), (labels, noise) => {
      for (const name of [labels.join("."), labels.join("-"), noise]) {
        const weight = genericName(name, ADDRESS)?.weight ?? 0.5;
        assert.ok(weight >= 0.5 && weight <= 3, name);
      }
    }),
    { numRuns: 200 },
  );
});
