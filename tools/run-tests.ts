/**
 * Runs tests by group: `node --conditions=postern-source tools/run-tests.ts [GROUP] [node's own test options]`.
 *   (none)  everything that needs only npm
 *   unit    beside the source, and the tidy tests
 *   peers   against real mail programs; says which Debian packages are missing and installs none
 *   fuzz    the property tests with other inputs each time; the seed is printed, and POSTERN_PROPERTY_SEED gives it back
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { PEER_PROGRAMS, UNPACKED_PROGRAMS } from "./peer-programs.ts";

const GROUPS: Readonly<Record<string, () => readonly string[]>> = {
  all: () => globSync(["src/**/*.test.ts", "test/**/*.test.ts"], { exclude: ["test/peers/**"] }),
  unit: () => globSync(["src/**/*.test.ts", "test/tidy/*.test.ts"]),
  peers: () => globSync("test/peers/**/*.test.ts"),
  fuzz: () =>
    globSync(["src/**/*.test.ts", "test/**/*.test.ts"], { exclude: ["test/peers/**"] }).filter((file) =>
      readFileSync(file, "utf8").includes('"fast-check"'),
    ),
};

/** The environment variable that test/property-seed.ts reads. */
const PROPERTY_SEED = "POSTERN_PROPERTY_SEED";

/** Several files at once: many wait more than they work. Each file of the peer tests runs a server and programs of its own. */
const FILES_AT_ONCE = availableParallelism() + 1;
const PEER_FILES_AT_ONCE = availableParallelism();

/** A test that hangs fails instead of holding up the rest. Milliseconds; a file counts as a test. */
const TIMEOUT_MS = 180_000;
const PEER_TIMEOUT_MS = 900_000;

/** A whole group: a file whose tests are over but whose process lives on (an open server) has no other bound. The runner then says which it was. */
const GROUP_TIMEOUT_MS = 40 * 60_000;

const [first = "all", ...rest] = process.argv.slice(2);
const isGroup = Object.hasOwn(GROUPS, first);
const group = isGroup ? first : "all";
const options = isGroup ? rest : process.argv.slice(2);
if (!isGroup && !first.startsWith("-")) {
  console.error(`There is no group ${first}: ${Object.keys(GROUPS).join(", ")}.`);
  process.exit(2);
}
process.exitCode = group === "peers" && !peersAreThere() ? 1 : run(group, options);

function run(name: string, nodeOptions: readonly string[]): number {
  const files = [...(GROUPS[name]?.() ?? [])].toSorted();
  if (files.length === 0) {
    console.error(`There are no tests in the group ${name}.`);
    return 1;
  }
  if (name === "fuzz") process.env[PROPERTY_SEED] ??= String(randomInt(2 ** 31));
  const concurrency = name === "peers" ? PEER_FILES_AT_ONCE : FILES_AT_ONCE;
  const words = [
    "--conditions=postern-source",
    "--import=./test/property-seed.ts",
    "--test",
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${name === "peers" ? PEER_TIMEOUT_MS : TIMEOUT_MS}`,
    ...nodeOptions,
    ...files,
  ];
  const seed = process.env[PROPERTY_SEED];
  if (seed !== undefined) console.info(`${PROPERTY_SEED}=${seed}`);
  const { status, signal, error } = spawnSync(process.execPath, words, { stdio: "inherit", timeout: GROUP_TIMEOUT_MS });
  if (error !== undefined && !isTimeout(error)) throw error;
  if (error !== undefined) console.error(`The tests were ended after ${GROUP_TIMEOUT_MS / 60_000} minutes.`);
  if (signal !== null) console.error(`The test runner was ended by ${signal}.`);
  return error === undefined ? (status ?? 1) : 1;
}

function isTimeout(error: Error): boolean {
  return "code" in error && error.code === "ETIMEDOUT";
}

function peersAreThere(): boolean {
  const missing = Object.entries(PEER_PROGRAMS).filter(([program]) => !isInstalled(program));
  const unpacked = Object.entries(UNPACKED_PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
    console.error(`Missing: ${missing.map(([program]) => program).join(", ")}. On Debian: apt-get install ${packages}`);
  }
  for (const [program, script] of unpacked) console.error(`Missing: ${program}. On Debian: ${script}`);
  return missing.length + unpacked.length === 0;
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
