import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Surroundings } from "#config/surroundings.ts";
import { httpsPort, relyingParty, webSettings } from "./web-slices.ts";

const machine: Surroundings = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };

function loaded(more: string) {
  const source = `hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n${more}`;
  const settings = settingsFrom(source, { file: "/x", shownAs: "x" }, machine);
  assert.ok(settings.ok, JSON.stringify(settings));
  return settings.value.settings;
}

test("mail programs are told the ports that others reach, TLS from the first octet first (RFC 8314)", () => {
  const { services } = webSettings(loaded(""));
  assert.deepEqual(
    services.map(({ protocol, port, tls }) => `${protocol} ${port} ${tls}`),
    ["imap 993 implicit", "pop3 995 implicit", "submission 465 implicit", "submission 587 starttls"],
  );
});

function listener(bind: string): string {
  return `[[listener]]\nprotocol = "imap"\nbind = "${bind}"\n`;
}

test("a port for this machine alone is told only where there is no other", () => {
  const both = webSettings(loaded(listener("127.0.0.1:2993") + listener("0.0.0.0:993")));
  assert.deepEqual(
    both.services.map(({ port }) => port),
    [993],
  );
  const alone = webSettings(loaded(listener("127.0.0.1:2993") + listener("[::1]:2993")));
  assert.deepEqual(
    alone.services.map(({ port }) => port),
    [2993],
  );
});

test("the policy names the host itself unless the settings name others", () => {
  assert.deepEqual(webSettings(loaded("")).domains[0]?.mtaSts.mx, ["mx1.example.com"]);
  const set = webSettings(loaded('mta_sts_mx = ["mx1.example.com", "*.example.net"]\n'));
  assert.deepEqual(set.domains[0]?.mtaSts.mx, ["mx1.example.com", "*.example.net"]);
});

test("http leads to the port for HTTPS", () => {
  assert.equal(httpsPort(loaded("")), 443);
  assert.equal(httpsPort(loaded('[[listener]]\nprotocol = "http"\nbind = "0.0.0.0:80"\ntls = "none"\n')), undefined);
});

function https(bind: string): string {
  return `[[listener]]\nprotocol = "http"\nbind = "${bind}"\ntls = "implicit"\n`;
}

test("passkeys are bound to the host's name, and made at each port of HTTPS", () => {
  assert.deepEqual(relyingParty(loaded("")), { id: "mx1.example.com", origins: ["https://mx1.example.com"] });
  const several = loaded(https("0.0.0.0:8443") + https("[::]:8443") + https("0.0.0.0:443"));
  assert.deepEqual(relyingParty(several)?.origins, ["https://mx1.example.com:8443", "https://mx1.example.com"]);
  const none = loaded('[[listener]]\nprotocol = "http"\nbind = "0.0.0.0:80"\ntls = "none"\n');
  assert.equal(relyingParty(none), undefined);
});
