import { strict as assert } from "node:assert";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CheckedRecord } from "#audit/wanted-records.ts";
import { settingsFrom } from "#config/load.ts";
import { judgeDisk } from "./machine-checks.ts";
import { judgeLists, judgeNat } from "./network-checks.ts";
import { giveAway, placeFile, placeFolder, userNamed } from "./place-files.ts";
import type { SetupPlan } from "./plan.ts";
import { canBeAdded, publish } from "./publish.ts";
import { unitText } from "./service.ts";
import { settingsText } from "./settings-text.ts";

const PLAN: SetupPlan = {
  domain: "example.com",
  admin: "admin@example.com",
  hostname: "mx1.example.com",
  secondMx: "mx2.example.com",
  dir: "/etc/postern",
  dataDir: "/srv/mail of us",
  bind: undefined,
  dns: "127.0.0.1",
  certificate: { kind: "acme", directory: undefined, caFile: undefined },
  publish: { kind: "by-hand" },
  user: "mail",
  isConfirmed: true,
  usesSystemd: true,
  checks: true,
};
const MACHINE = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };

function settingsOf(plan: SetupPlan) {
  const loaded = settingsFrom(settingsText(plan), { file: "/etc/postern/postern.toml", shownAs: "it" }, MACHINE);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.value.warnings, []);
  return loaded.value.settings;
}

test("the settings that are written can be read, and say what was asked for", () => {
  const settings = settingsOf(PLAN);
  assert.deepEqual(
    [settings.hostname, settings.dataDir, settings.tls.source],
    ["mx1.example.com", "/srv/mail of us", "acme"],
  );
  assert.deepEqual(settings.domains[0]?.mtaSts.mx, ["mx1.example.com", "mx2.example.com"]);
  assert.equal(settings.domains[0]?.mtaSts.mode, "enforce");
  const ports = settings.listeners.map(({ endpoint }) => (endpoint.kind === "tcp" ? endpoint.port : 0));
  assert.deepEqual(
    ports.toSorted((left, right) => left - right),
    [25, 80, 443, 465, 587, 993, 995],
  );
});

test("on one address the same ports are bound there", () => {
  const { listeners } = settingsOf({ ...PLAN, bind: "192.0.2.1" });
  assert.equal(listeners.length, 7);
  assert.ok(listeners.every(({ endpoint }) => endpoint.kind === "tcp" && endpoint.host === "192.0.2.1"));
});

test("nobody is asked to insist on a certificate that nobody vouches for", () => {
  assert.equal(settingsOf({ ...PLAN, certificate: { kind: "self-signed" } }).domains[0]?.mtaSts.mode, "none");
});

test("the unit has the user, the folders and the program of this installation, and is hardened as the packaged one", () => {
  const unit = unitText(PLAN, "/etc/postern/postern.toml");
  assert.match(unit, /^User=mail$/m);
  assert.match(unit, /^ReadWritePaths="\/srv\/mail of us"$/m);
  assert.match(unit, /^ExecStart=\S+ \S+bin\/postern\.js serve --config \/etc\/postern\/postern\.toml$/m);
  for (const line of ["NoNewPrivileges=true", "ProtectSystem=strict", "AmbientCapabilities=CAP_NET_BIND_SERVICE"]) {
    assert.ok(unit.split("\n").includes(line), line);
  }
});

test("an installation below a home is not hidden from its own service", () => {
  const unit = unitText({ ...PLAN, dataDir: join("/home", "mail/data") }, "/etc/postern/postern.toml");
  assert.match(unit, /^ProtectHome=read-only$/m);
  assert.match(unit, /^ReadWritePaths=\/home\/mail\/data$/m);
});

test("the package brings along the unit that setup writes", () => {
  const root = join(import.meta.dirname, "../../..");
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly files: readonly string[];
  };
  assert.ok(files.includes("packaging/postern.service"));
});

test("a file is made once, kept as it is, and where somebody changed it, the new one stands beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-place-"));
  const file = join(folder, "below/postern.toml");
  assert.equal(placeFile(file, "a\n", 0o640, "settings").kind, "made");
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(placeFile(file, "a\n", 0o640, "settings").remedy, undefined);
  assert.equal(existsSync(`${file}.new`), false);
  writeFileSync(file, "changed\n");
  const step = placeFile(file, "b\n", 0o640, "settings");
  assert.equal(step.kind, "kept");
  assert.match(step.remedy ?? "", /postern\.toml\.new/);
  assert.deepEqual([readFileSync(file, "utf8"), readFileSync(`${file}.new`, "utf8")], ["changed\n", "b\n"]);
  rmSync(folder, { recursive: true });
});

for (const [what, entries, expected] of [
  ["one that is not there", undefined, "made"],
  ["an empty one", [], "kept"],
  ["a disk of its own", ["lost+found"], "kept"],
  ["one of an earlier run", ["store.sqlite", "anything"], "kept"],
  ["one of others", ["spool", "mail"], "fail"],
] as const) {
  test(`the data folder: ${what} is ${expected === "fail" ? "left alone" : expected}`, () => {
    const parent = mkdtempSync(join(tmpdir(), "postern-place-"));
    const folder = join(parent, "data");
    if (entries !== undefined) mkdirSync(folder);
    for (const entry of entries ?? []) writeFileSync(join(folder, entry), "");
    assert.equal(placeFolder(folder, "data").kind, expected);
    rmSync(parent, { recursive: true });
  });
}

test("to give a folder away does not follow links", () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-place-"));
  mkdirSync(join(folder, "blobs"));
  const loop = join(folder, "blobs/loop");
  symlinkSync(folder, loop);
  const { uid, gid } = statSync(folder);
  giveAway(folder, { userId: uid, groupId: gid });
  assert.ok(lstatSync(loop).isSymbolicLink());
  rmSync(folder, { recursive: true });
});

test("a user is found by its whole name", () => {
  const passwd = "root:x:0:0::/:/bin/sh\npostern-old:x:7:8::/:/bin/sh\npostern:x:990:991::/:/bin/false\n";
  assert.deepEqual(userNamed("postern", passwd), { userId: 990, groupId: 991 });
  assert.equal(userNamed("poster", passwd), undefined);
});

const RECORD: CheckedRecord = {
  name: "example.com",
  type: "TXT",
  value: "v=spf1 mx -all",
  why: "",
  isOptional: false,
  state: "different",
  found: [],
};

for (const [what, record, expected] of [
  ["what is missing", { state: "missing" }, true],
  ["what is there", { state: "there" }, false],
  ["what could not be asked for", { state: "unknown" }, false],
  ["SPF beside a proof of ownership", { found: ["site-verification=1"] }, true],
  ["SPF beside another SPF", { found: ["V=SPF1 -all"] }, false],
  ["another address", { type: "A", value: "192.0.2.1", found: ["192.0.2.2"] }, false],
  ["another MX", { type: "MX", value: "10 mx1.example.com", found: ["10 old.example.com"] }, false],
  ["a PTR, which is not ours to set", { type: "PTR", state: "missing" }, false],
] as const satisfies readonly (readonly [string, Partial<CheckedRecord>, boolean])[]) {
  test(`${what} is ${expected ? "" : "not "}added to the zone`, () => {
    assert.equal(canBeAdded({ ...RECORD, ...record }), expected);
  });
}

for (const [what, addresses, expected] of [
  ["a name that leads here", { named: ["192.0.2.1"], own: ["192.0.2.1"], wanted: ["192.0.2.1"] }, "pass"],
  ["a name that leads in front of NAT", { named: ["192.0.2.1"], own: ["10.0.0.5"], wanted: ["192.0.2.1"] }, "warn"],
  ["no name yet, a public address", { named: [], own: ["192.0.2.1"], wanted: ["192.0.2.1"] }, "pass"],
  ["no name, private addresses alone", { named: [], own: ["10.0.0.5"], wanted: [] }, "warn"],
  ["a name that could not be asked for", { named: [], own: ["10.0.0.5"], wanted: [], unasked: "timed-out" }, "unknown"],
] as const) {
  test(`${what}: ${expected}`, () => assert.equal(judgeNat(addresses, "mx1.example.com").kind, expected));
}

for (const [kinds, expected] of [
  [["healthy", "healthy"], "pass"],
  [["healthy", "could-not-check"], "unknown"],
  [["refuses-us", "could-not-check"], "warn"],
  [["dead"], "warn"],
  [["lists-the-world"], "warn"],
] as const) {
  test(`block lists that are ${kinds.join(" and ")}: ${expected}`, () => {
    assert.equal(judgeLists(kinds.map((kind) => ({ title: "List", kind }))).kind, expected);
  });
}

test("a full disk stops setup, a small one is told of", () => {
  const GIB = 1024 ** 3;
  assert.deepEqual(
    [10 * GIB, GIB, 1].map((free) => judgeDisk("/data", free).kind),
    ["pass", "warn", "fail"],
  );
});

test("the hook is run once a record that can be added, without a shell between, and its failure is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-hook-"));
  const [program, said] = [join(folder, "hook"), join(folder, "said")];
  writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" >> ${said}\n`, { mode: 0o755 });
  const records: readonly CheckedRecord[] = [
    { ...RECORD, state: "missing", value: "v=spf1 mx -all; $(id)" },
    { ...RECORD, state: "there", name: "there.example.com" },
  ];
  const step = await publish(records, "example.com", { kind: "hook", program });
  assert.equal(step.kind, "made");
  assert.equal(readFileSync(said, "utf8"), "publish|example.com|TXT|v=spf1 mx -all; $(id)|");
  writeFileSync(program, "#!/bin/sh\necho no such zone >&2\nexit 3\n", { mode: 0o755 });
  const failure = await publish(records, "example.com", { kind: "hook", program });
  assert.deepEqual([failure.kind, /ended with 3: no such zone/.test(failure.says)], ["fail", true]);
  rmSync(folder, { recursive: true });
});
