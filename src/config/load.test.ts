import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { loadSettings, settingsFrom } from "./load.ts";
import { formatProblem } from "./problem.ts";
import type { Settings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";

const SMALL = 'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n';

const machine: Surroundings = {
  defaultGateways: () => ["192.168.1.1", "fe80::1"],
  mayBindLowPorts: () => false,
  hasIpv6: () => true,
};

/** The problems of a text, as they are printed. */
function check(source: string, expected: readonly string[], surroundings = machine): void {
  const loaded = settingsFrom(source, { file: "/etc/postern/postern.toml", shownAs: "postern.toml" }, surroundings);
  const problems = loaded.ok ? loaded.value.warnings : loaded.problem;
  assert.deepEqual(problems.map(formatProblem), expected);
}

function settings(source: string, surroundings = machine): Settings {
  const loaded = settingsFrom(source, { file: "/etc/postern/postern.toml", shownAs: "postern.toml" }, surroundings);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problem.map(formatProblem).join("\n"));
  return loaded.value.settings;
}

const HELD = "[delivery]\nhold = true\n";

suite("settings of a file", () => {
  test("a host name and a domain are enough", () => {
    const { hostname, dataDir, admin, domains, limits, listeners } = settings(SMALL);
    assert.equal(hostname, "mx1.example.com");
    assert.equal(dataDir, "/etc/postern");
    assert.equal(admin, "postmaster@example.com");
    assert.equal(domains[0]?.plusAddressSeparator, "+");
    assert.equal(limits.connectionsPerMinutePerAddress, 60);
    assert.equal(limits.connectionsPerSlash24, 60);
    assert.deepEqual(
      listeners.map(({ protocol, endpoint }) => [protocol, endpoint.kind === "tcp" ? endpoint.port : 0]),
      [
        ["smtp", 2525],
        ["submission", 2587],
        ["submission", 2465],
        ["imap", 2993],
        ["pop3", 2995],
        ["http", 2443],
      ],
    );
  });

  test("are plain data that can be sent to other threads", () => {
    const value = settings(SMALL);
    assert.deepEqual(structuredClone(value), value);
  });

  test("the usual ports are taken where the process may bind them", () => {
    const { listeners } = settings(SMALL, { ...machine, mayBindLowPorts: () => true, hasIpv6: () => false });
    assert.deepEqual(
      listeners.map(({ endpoint }) => (endpoint.kind === "tcp" ? `${endpoint.host}:${endpoint.port}` : "")),
      ["0.0.0.0:25", "0.0.0.0:587", "0.0.0.0:465", "0.0.0.0:993", "0.0.0.0:995", "0.0.0.0:443", "0.0.0.0:80"],
    );
  });

  test("an IPv6 listener leaves IPv4 to another one on its port", () => {
    const source = `${SMALL}[[listener]]\nprotocol = "smtp"\nbind = "[::]:25"\n[[listener]]\nprotocol = "smtp"\nbind = "0.0.0.0:25"\n[[listener]]\nprotocol = "imap"\nbind = "[::]:993"\n`;
    assert.deepEqual(
      settings(source).listeners.map(({ ipv6Only }) => ipv6Only),
      [true, false, false],
    );
  });

  test("U-labels become A-labels and addresses their canonical form", () => {
    const value = settings(
      'hostname = "mx.bücher.example"\nadmin = "Chef@bücher.example"\n[[domain]]\nname = "bücher.example"\n',
    );
    assert.equal(value.domains[0]?.name, "xn--bcher-kva.example");
    assert.equal(value.admin, "chef@xn--bcher-kva.example");
  });
});

suite("a file with every table", () => {
  const source = `hostname = "mx1.example.com"
data_dir = "/var/lib/postern"
admin = "admin@example.com"
[[domain]]
name = "example.com"
[[domain]]
name = "backup.example"
role = "secondary"
primary_host = "mx1.backup.example"
[[listener]]
protocol = "smtp"
bind = "0.0.0.0:25"
tls = "starttls"
proxy_from = ["192.0.2.1", "2001:db8::/64"]
[[listener]]
protocol = "http"
bind = "0.0.0.0:80"
tls = "none"
[tls]
source = "acme"
certificate = ""
key = ""
[dns]
servers = ["127.0.0.1:5300", "::1"]
timeout_ms = 3000
[[list]]
profile = "spamhaus-zen"
key = "secret"
[[list]]
zone = "dnsbl.example.net"
kind = "address"
answers = { "127.0.0.2" = { means = "spam", weight = 4 } }
[rules]
dnsbl = "enforce"
greylist = "off"
[greylist]
delay_minutes = 10
[limits]
connections_total = 1000
connections_per_address = 20
connections_per_minute_per_address = 60
message_size_octets_max = 52428800
recipients_per_transaction = 100
[relay]
trusted_networks = ["10.9.8.0/24"]
[threads]
front = 2
[delivery]
outbound = true
relay_host = "smtp.example.net"
hold = false
[accounts]
default_quota_octets = 1073741824
[store]
url = "sqlite:"
`;

  test("is taken, without a word about any of it", () => {
    const { tls, relay, lists, domains, store } = settings(source);
    assert.deepEqual(tls, { source: "acme", certificates: [] });
    assert.deepEqual(relay.trustedNetworks, ["10.9.8.0/24"]);
    assert.deepEqual(lists[1]?.answers, { "127.0.0.2": { means: "spam", weight: 4 } });
    assert.deepEqual(domains[1], {
      name: "backup.example",
      role: "secondary",
      primaryHost: "mx1.backup.example",
      plusAddressSeparator: "+",
      catchAll: "",
      mtaSts: { mode: "testing", maxAgeSeconds: 604_800, mx: ["mx1.example.com"] },
    });
    assert.deepEqual(store, { url: "sqlite:", blobs: "file:", bus: "" });
    const loaded = settingsFrom(source, { file: "/x", shownAs: "x" }, machine);
    assert.ok(loaded.ok);
    assert.deepEqual(
      loaded.value.warnings.map(({ line, message }) => `${line} ${message}`),
      [],
    );
  });
});

suite("problems of a file", () => {
  test("what is missing is named", () => {
    check("", [
      'postern.toml:1: error: hostname is missing. Add it: it must be a full host name such as "mx1.example.com".',
      "postern.toml:1: error: domain is missing. Add it: it must be an array of tables, each under a header in double brackets.",
    ]);
  });

  test("an unknown key names the nearest known one, or its table", () => {
    check(
      `${SMALL}[limits]\nconection_total = 5\nhold = true\nxyzzy_plugh = 1\n[dnss]\n`,
      [
        "postern.toml:5: error: limits.conection_total is not a setting in [limits]. Did you mean connections_total?",
        "postern.toml:6: error: limits.hold is not a setting in [limits]. It belongs in [delivery].",
        `postern.toml:7: error: limits.xyzzy_plugh is not a setting in [limits]. Known there: ${limitKeys()}.`,
        "postern.toml:8: error: dnss is not a setting at the top of the file. Did you mean dns?",
      ].toSorted(byLine),
    );
  });

  test("wrong types and values are told together, with their lines", () => {
    check(
      `hostname = "mx1"\n[[domain]]\nname = "exa mple"\n[limits]\nconnections_total = "many"\nerrors_per_session = 0\n`,
      [
        'postern.toml:1: error: hostname must be a full host name such as "mx1.example.com", not "mx1". Change it; docs/settings.md tells what it does.',
        'postern.toml:3: error: domain 1: name must be a domain name such as "example.com", not "exa mple". Change it; docs/settings.md tells what it does.',
        'postern.toml:5: error: limits.connections_total must be a whole number from 10 to 100,000, not "many". Change it, or take the line out for the default, 1000.',
        "postern.toml:6: error: limits.errors_per_session must be a whole number from 1 to 1,000, not 0. Change it, or take the line out for the default, 20.",
      ],
    );
  });

  test("a text that is not TOML is told with its line", () => {
    check('hostname = "mx1.example.com\n', [
      "postern.toml:1: error: This is not TOML: control characters are not allowed in strings. Texts stand in quotes, tables under [name], arrays of tables under [[name]].",
    ]);
  });

  test("the key of a DNS list is never shown", () => {
    const source = `${SMALL}${HELD}[[list]]\nprofile = "spamhaus-zen"\nkey = 12345678\n`;
    const loaded = settingsFrom(source, { file: "/x", shownAs: "x" }, machine);
    assert.ok(!loaded.ok);
    assert.match(formatProblem(loaded.problem[0]!), /list 1: key must be a text/);
    assert.doesNotMatch(loaded.problem.map(formatProblem).join("\n"), /12345678/);
  });

  test("what has no effect in this version is a warning", () => {
    check(`${SMALL}${HELD}[store]\nbus = "redis://x"\n`, [
      "postern.toml:7: warning: store.bus has no effect in this version. It is kept for a later version; nothing to do.",
    ]);
  });

  test("a limit above the one it is part of is refused", () => {
    check(
      `${SMALL}${HELD}[limits]\nconnections_total = 50\n`,
      [
        "postern.toml:7: error: limits.connections_per_slash24 is 60, more than connections_total, which is 50. Lower it, or raise connections_total.",
        "postern.toml:7: error: limits.connections_per_slash48 is 60, more than connections_total, which is 50. Lower it, or raise connections_total.",
      ].map((line) => line.replace(":7:", ":6:")),
    );
  });

  test("a catch-all or an administrator on another server is refused", () => {
    check(
      `hostname = "mx1.example.com"\nadmin = "a@other.test"\n[[domain]]\nname = "example.com"\ncatch_all = "b@other.test"\n${HELD}`,
      [
        'postern.toml:2: error: admin is "a@other.test", which is in none of the domains here. Name an account or alias of this server: alerts must not depend on other servers.',
        "postern.toml:5: error: catch_all of example.com is b@other.test, which is in none of the domains here. Name an account of this server.",
      ],
    );
  });

  test("other stores are an error, not a warning: mail must not go elsewhere than meant", () => {
    check(`${SMALL}${HELD}[store]\nurl = "postgres://db/postern"\n`, [
      'postern.toml:7: error: store.url "postgres://db/postern" is not in this version. Set url = "sqlite:".',
    ]);
  });
});

const listener = (bind: string, more: string) => `${SMALL}${HELD}[[listener]]\nbind = "${bind}"\n${more}\n`;

suite("listeners", () => {
  for (const protocol of ["smtp", "submission", "imap", "pop3"]) {
    test(`${protocol} without TLS is refused, on loopback too`, () => {
      check(listener("127.0.0.1:1234", `protocol = "${protocol}"\ntls = "none"`), [
        `postern.toml:9: error: tls = "none" would let passwords and mail for ${protocol} cross the wire in clear. Set tls = "starttls" or "implicit".`,
      ]);
    });
  }

  test("lmtp without TLS is taken on loopback and on a socket only", () => {
    check(listener("127.0.0.1:24", 'protocol = "lmtp"'), []);
    check(listener("[::1]:24", 'protocol = "lmtp"'), []);
    check(listener("unix:/run/postern/lmtp", 'protocol = "lmtp"'), []);
    check(listener("192.0.2.1:24", 'protocol = "lmtp"'), [
      'postern.toml:6: error: 192.0.2.1:24 without TLS is open to other machines. Bind to 127.0.0.1, [::1] or unix:/path, or set tls = "implicit".',
    ]);
  });

  test("two listeners on one port are told", () => {
    check(`${listener("127.0.0.1:25", 'protocol = "smtp"')}[[listener]]\nprotocol = "imap"\nbind = "127.0.0.1:25"\n`, [
      "postern.toml:11: error: 127.0.0.1:25 is taken by listener 1. Change one of them.",
    ]);
  });
});

const trusted = (network: string, more = "") => `${SMALL}${HELD}[relay]\ntrusted_networks = ["${network}"]\n${more}`;

suite("trusted networks (relay control)", () => {
  test("small private networks are taken", () => {
    check(trusted("10.1.2.0/24"), []);
    check(trusted("fd00:1:2:3::/64"), []);
  });

  test("wider than /24 or /64 needs a second setting (R02)", () => {
    check(trusted("10.0.0.0/23"), [
      "postern.toml:7: error: relay.trusted_networks has 10.0.0.0/23, wider than /24. List smaller networks, or set allow_wide_networks = true if all of it is yours.",
    ]);
    check(trusted("fd00::/63"), [
      "postern.toml:7: error: relay.trusted_networks has fd00::/63, wider than /64. List smaller networks, or set allow_wide_networks = true if all of it is yours.",
    ]);
    check(trusted("10.0.0.0/23", "allow_wide_networks = true\n"), []);
  });

  test("public addresses need a second setting (R02)", () => {
    check(trusted("8.8.8.8/32"), [
      "postern.toml:7: error: relay.trusted_networks has 8.8.8.8/32, which holds public addresses. Let those hosts log in instead, or set allow_wide_networks = true if all of it is yours.",
    ]);
    check(trusted("8.8.8.8/32", "allow_wide_networks = true\n"), []);
  });

  test("the default gateway is refused whatever else is set (R01)", () => {
    check(trusted("192.168.1.0/24", "allow_wide_networks = true\n"), [
      "postern.toml:7: error: relay.trusted_networks holds 192.168.1.1, the default gateway, in 192.168.1.0/24: behind masquerading every client has that address. List the hosts that are meant, without the gateway.",
    ]);
    check(trusted("0.0.0.0/0", "allow_wide_networks = true\n"), [
      "postern.toml:7: error: relay.trusted_networks holds 192.168.1.1, the default gateway, in 0.0.0.0/0: behind masquerading every client has that address. List the hosts that are meant, without the gateway.",
    ]);
  });
});

suite("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-settings-"));

  test("a missing file says how to get one", async () => {
    const loaded = await loadSettings(join(folder, "none.toml"), machine);
    assert.ok(!loaded.ok);
    assert.match(formatProblem(loaded.problem[0]!), /There are no settings here. Name the file with --config/);
  });

  test("a missing certificate is told with its file", async () => {
    const path = join(folder, "postern.toml");
    writeFileSync(path, `${SMALL}${HELD}[tls]\nsource = "files"\ncertificate = "chain.pem"\nkey = "postern.toml"\n`);
    const loaded = await loadSettings(path, machine);
    assert.ok(!loaded.ok);
    assert.deepEqual(loaded.problem.map(formatProblem), [
      `${path}:8: error: The file of tls.certificate, ${folder}/chain.pem, is not there. Correct the name.`,
    ]);
  });

  test("several certificates are an array of tables", async () => {
    const path = join(folder, "several.toml");
    writeFileSync(
      path,
      `${SMALL}${HELD}[tls]\nsource = "files"\n[[tls.certificate]]\ncertificate = "postern.toml"\nkey = "postern.toml"\n`,
    );
    const loaded = await loadSettings(path, machine);
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.value.settings.tls.certificates, [
      { certificateFile: `${folder}/postern.toml`, keyFile: `${folder}/postern.toml` },
    ]);
  });
});

function byLine(left: string, right: string): number {
  return Number(left.split(":")[1]) - Number(right.split(":")[1]);
}

function limitKeys(): string {
  return Object.keys(settings(SMALL).limits)
    .map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .join(", ");
}
