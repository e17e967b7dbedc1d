/**
 * `npm run bench:login-flood [-- --short]`: what a flood of wrong passwords costs the mail that arrives meanwhile, and users
 * at networks they know. By turns: nothing else, connections that guess nothing, connections that guess.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { type GateServer, proxyLine, startGateServer } from "../test/peers/gate-server.ts";
import { hold, must } from "../test/peers/process.ts";
import { alice, bob } from "../test/peers/server.ts";
import type { Flood, FloodResult } from "./flood.ts";
import type { Load, LoadResult } from "./load.ts";
import { writeSection } from "./results-page.ts";
import { median } from "./rounds.ts";

const FLOODERS = 400;
/** Until the flood is under way. Milliseconds. */
const BEFORE_MS = 3000;
const HOME = "198.51.100.7";
/** Logins of the owner while mail is measured, one after the other. */
const OWNER_LOGINS = 10;
const SIZE_OCTETS = 10 * 1024;

export interface FloodFigures {
  /** Mail taken a second, over what it is without a flood. */
  readonly besideConnections: number;
  readonly besideGuesses: number;
  /** From the end of a message to its 250, 99 of 100. Milliseconds. */
  readonly p99Ms: { readonly quiet: number; readonly connections: number; readonly guesses: number };
  readonly guessesLookedAtPerSecond: number;
  readonly guessesSentAwayPerSecond: number;
  /** The owner's, at home, beside guesses; milliseconds, in the order of size. A login that failed ends the measurement. */
  readonly ownerMs: readonly number[];
}

export async function measureLoginFlood({
  rounds,
  messages,
}: {
  readonly rounds: number;
  readonly messages: number;
}): Promise<FloodFigures> {
  const off = { dnsbl: "off", spf: "off", dkim: "off", dmarc: "off", reverse_dns: "off", helo: "off" } as const;
  const server = await startGateServer({ rules: { ...off, uri_lists: "off", content: "off" } });
  try {
    await logInAtHome(server);
    await load(server, messages);
    const quiet: LoadResult[] = [];
    const connections: LoadResult[] = [];
    const guesses: LoadResult[] = [];
    const heard: FloodResult[] = [];
    const ownerMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      quiet.push(await load(server, messages));
      connections.push((await beside(server, false, () => load(server, messages))).found);
      const { found, flood } = await beside(server, true, async () => {
        const [loaded] = await Promise.all([load(server, messages), ownersLogins(server, ownerMs)]);
        return loaded;
      });
      guesses.push(found);
      heard.push(flood);
    }
    const seconds = heard.reduce((sum, flood) => sum + flood.seconds, 0);
    return {
      besideConnections: rateOf(connections) / rateOf(quiet),
      besideGuesses: rateOf(guesses) / rateOf(quiet),
      p99Ms: { quiet: p99Of(quiet), connections: p99Of(connections), guesses: p99Of(guesses) },
      guessesLookedAtPerSecond: heard.reduce((sum, { wrong }) => sum + wrong, 0) / seconds,
      guessesSentAwayPerSecond: heard.reduce((sum, { unavailable }) => sum + unavailable, 0) / seconds,
      ownerMs: ownerMs.toSorted((one, other) => one - other),
    };
  } finally {
    await server.stop();
  }
}

/** What `measure` finds while the flood runs. */
async function beside<Found>(
  server: GateServer,
  guesses: boolean,
  measure: () => Promise<Found>,
): Promise<{ readonly found: Found; readonly flood: FloodResult }> {
  const flood: Flood = { port: server.behindProxy.imap, connections: FLOODERS, guesses };
  const words = [join(import.meta.dirname, "flood.ts"), JSON.stringify(flood)];
  const child: ChildProcess = hold(spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] }));
  if (child.stdout === null || child.stdin === null) throw new Error("the flood has no pipes");
  const said = text(child.stdout);
  const ended = once(child, "exit");
  await sleep(BEFORE_MS);
  try {
    const found = await measure();
    child.stdin.end();
    return { found, flood: JSON.parse(await said.then((output) => output.split("\n")[0] ?? "")) as FloodResult };
  } finally {
    child.kill();
    await ended;
  }
}

async function load(server: GateServer, messages: number): Promise<LoadResult> {
  const options: Load = {
    port: server.ports.mx,
    connections: 10,
    messages,
    sizeOctets: SIZE_OCTETS,
    mailFrom: "sender@bench.test",
    recipients: [alice.user, bob.user],
  };
  const output = await must(process.execPath, [join(import.meta.dirname, "load.ts"), JSON.stringify(options)]);
  const result = JSON.parse(output) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} messages were refused, the first with ${result.refusal}`);
  return result;
}

async function ownersLogins(server: GateServer, tookMs: number[]): Promise<void> {
  for (let login = 0; login < OWNER_LOGINS; login++) tookMs.push(await logInAtHome(server));
}

/** @returns milliseconds from LOGIN to OK. */
async function logInAtHome(server: GateServer): Promise<number> {
  const plain = connectPlain(server.behindProxy.imap, "127.0.0.1");
  plain.write(proxyLine(HOME));
  const socket = connect({ socket: plain, rejectUnauthorized: false });
  socket.setEncoding("latin1");
  await once(socket, "data");
  const begin = performance.now();
  socket.write(`a LOGIN ${alice.user} ${alice.password}\r\n`);
  const [answer] = (await once(socket, "data")) as [string];
  const tookMs = performance.now() - begin;
  socket.destroy();
  if (!answer.includes("a OK")) throw new Error(`the owner heard: ${answer}`);
  return tookMs;
}

function rateOf(results: readonly LoadResult[]): number {
  return median(results.map(({ accepted, seconds }) => accepted / seconds));
}

function p99Of(results: readonly LoadResult[]): number {
  return median(results.map(({ p99Ms }) => p99Ms));
}

function whole(value: number | undefined): string {
  return (value ?? Number.NaN).toFixed(0);
}

export function floodLines(figures: FloodFigures): readonly string[] {
  const { besideConnections, besideGuesses, p99Ms, ownerMs } = figures;
  return [
    `mail taken beside ${FLOODERS} connections that guess nothing, over none: ${besideConnections.toFixed(2)}`,
    `mail taken beside ${FLOODERS} connections that guess passwords, over none: ${besideGuesses.toFixed(2)}`,
    `p99 to the 250 in ms: ${whole(p99Ms.quiet)}, ${whole(p99Ms.connections)} beside connections, ${whole(p99Ms.guesses)} beside guesses`,
    `guesses a second: ${whole(figures.guessesLookedAtPerSecond)} answered, ${whole(figures.guessesSentAwayPerSecond)} sent away`,
    `the owner's logins at home in ms: median ${whole(median(ownerMs))}, worst ${whole(ownerMs.at(-1))}`,
  ];
}

if (process.argv[1] === import.meta.filename) {
  const short = process.argv.includes("--short");
  const rounds = short ? 1 : 5;
  const figures = await measureLoginFlood({ rounds, messages: short ? 1000 : 5000 });
  for (const line of floodLines(figures)) console.log(line);
  if (!short)
    writeSection(
      "Mail in beside a login flood",
      `By \`npm run bench:login-flood\`, on one machine (${cpus().length} cores, ${process.arch}) that runs the generators, too; by turns, ${rounds} rounds.
Each connection of the flood comes from a network of its own, over TLS, and tries three passwords.

${floodLines(figures)
  .map((line) => `- ${line}`)
  .join("\n")}`,
    );
}
