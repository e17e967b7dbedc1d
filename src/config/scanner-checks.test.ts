import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "./load.ts";
import { formatProblem } from "./problem.ts";
import type { Settings } from "./settings.ts";

const SMALL = 'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[delivery]\nhold = true\n';

function load(source: string) {
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  return settingsFrom(SMALL + source, { file: "/p.toml", shownAs: "p.toml" }, machine);
}

/** The problems of a text, as they are printed; each only to its first full stop. */
function check(source: string, expected: readonly string[]): void {
  const loaded = load(source);
  const problems = loaded.ok ? loaded.value.warnings : loaded.problem;
  const words = problems.map((problem) => formatProblem(problem).replace(/^p\.toml:\d+: /, ""));
  assert.deepEqual(
    words.map((text) => expected.find((start) => text.startsWith(start)) ?? text),
    expected,
  );
}

function settings(source: string): Settings {
  const loaded = load(source);
  assert.ok(loaded.ok);
  return loaded.value.settings;
}

suite("settings of scanners", () => {
  test("are those of Debian's clamd, off, and no milter", () => {
    const { antivirus, milters, rules } = settings("");
    assert.deepEqual([antivirus.clamd, antivirus.whenUnavailable], ["/run/clamav/clamd.ctl", "defer"]);
    assert.deepEqual([rules.antivirus, rules.milter, milters], ["off", "enforce", []]);
  });

  test("an address is a path, or an IP address and a port; never a name, which would have to be looked up", () => {
    for (const at of ["/run/a.sock", "unix:/run/a.sock", "127.0.0.1:11332", "[::1]:11332"]) {
      check(`[[milter]]\nat = "${at}"\n`, []);
    }
    for (const at of ["localhost:11332", "a.sock", "127.0.0.1", "127.0.0.1:0", "inet:11332@127.0.0.1", ""]) {
      check(`[[milter]]\nat = "${at}"\n`, ["error: milter 1: at must be the path of a socket"]);
    }
  });

  test("a milter that sees mail of nobody, or of a listener that it cannot see, is wrong", () => {
    check('[[milter]]\nat = "/a"\nlisteners = ["imap"]\n', ["error: milter 1: listeners 1 must be one of"]);
    check('[[milter]]\nat = "/a"\nlisteners = []\n', ["error: The milter /a sees no mail"]);
  });

  test("the same milter twice is a slip", () => {
    check('[[milter]]\nat = "/a"\n[[milter]]\nat = "/a"\n', ["error: The milter /a is there twice"]);
  });

  test("messages that are taken and never scanned are told of", () => {
    const small = "[antivirus]\nmax_octets = 1000000\n";
    check(small, []);
    check(`${small}[rules]\nantivirus = "enforce"\n`, [
      "warning: Messages over antivirus.max_octets = 1000000 are deferred until their senders give up",
    ]);
    check(`${small}when_unavailable = "accept"\n[rules]\nantivirus = "shadow"\n`, [
      "warning: Messages over antivirus.max_octets = 1000000 are taken unscanned",
    ]);
  });
});
