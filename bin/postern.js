#!/usr/bin/env node
/**
 * The launcher: plain JavaScript that any Node since 14 reads. Postern needs a newer one than many systems have, and
 * brings it along (the npm package `node`); this file finds it and hands over, signals and exit code included.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_MIN = 24;
const NODE_MINOR_MIN = 12;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src", "cli", "postern.ts");
const build = join(root, "dist", "cli", "postern.js");

if (existsSync(source)) {
  handOver(["--conditions=postern-source", source]);
} else if (isNewEnough(process.versions.node)) {
  import(pathToFileURL(build).href).then((command) => command.main()).catch(complain);
} else {
  handOver([build]);
}

/** @param {string[]} script what Node is to run, before the words that were typed */
function handOver(script) {
  if (isNewEnough(process.versions.node)) {
    // Becomes the program itself: same process, so that whoever ends this one has ended Postern.
    const words = [process.execPath, ...script, ...process.argv.slice(2)];
    process.execve(process.execPath, words, process.env);
  }
  const node = nodeBroughtAlong();
  if (node === undefined) {
    complain(
      `Postern needs Node ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer; this is ${process.versions.node}, and the one it brings ` +
        "along is not installed. Run `npm rebuild node` where Postern is installed, or install a newer Node.",
    );
    return;
  }
  const child = spawn(node, [...script, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", complain);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"]) {
    process.on(signal, () => {
      // A terminal has given Ctrl-C to the child as well.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
}

/** @returns {string | undefined} the executable of the `node` package, wherever npm has put it */
function nodeBroughtAlong() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("node/package.json"));
    return [join(folder, "bin", "node"), join(folder, "bin", "node.exe")].find((file) => existsSync(file));
  } catch (error) {
    return undefined;
  }
}

/** @param {string} version `24.12.0` */
function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN);
}

/** @param {unknown} problem */
function complain(problem) {
  console.error(problem instanceof Error ? problem.message : problem);
  process.exitCode = 1;
}
