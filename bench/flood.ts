/**
 * The flood generator: connections over TLS, each from another address by its PROXY line, that guess three passwords of
 * names nobody has and come again from the next address. A process of its own, until its standard input ends; then it
 * says what it heard, as JSON on standard output: `node bench/flood.ts '{"port":993,…}'`.
 */
import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";

export interface Flood {
  /** IMAP with TLS from the start, behind PROXY headers. */
  readonly port: number;
  readonly connections: number;
  /** False: the same connections, which say NOOP where the others guess. What is left is the cost of guesses. */
  readonly guesses: boolean;
}

export interface FloodResult {
  readonly wrong: number;
  readonly unavailable: number;
  readonly other: number;
  readonly seconds: number;
}

const GUESSES_PER_CONNECTION = 3;
/** In place of the wait that a wrong password costs. Milliseconds. */
const NOOP_PAUSE_MS = 2000;
/** Between a connection that failed and the next. Milliseconds. */
const PAUSE_MS = 100;

async function generate(flood: Flood): Promise<FloodResult> {
  const heard = { wrong: 0, unavailable: 0, other: 0 };
  let number = 0;
  const over = new AbortController();
  const begin = performance.now();
  const one = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await session(flood, number++, heard);
      await pause(PAUSE_MS);
    }
  };
  for (let connection = 0; connection < flood.connections; connection++) void one();
  await new Promise((resolve) => process.stdin.once("end", resolve).resume());
  over.abort();
  return { ...heard, seconds: (performance.now() - begin) / 1000 };
}

/** Resolves when the connection is over. */
function session(
  { port, guesses }: Flood,
  number: number,
  heard: { wrong: number; unavailable: number; other: number },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const plain = connectPlain(port, "127.0.0.1");
  plain.write(`PROXY TCP4 ${addressOf(number)} 192.0.2.250 40000 993\r\n`);
  const socket = connect({ socket: plain, rejectUnauthorized: false });
  let said = 0;
  const say = (): void => {
    if (said++ === GUESSES_PER_CONNECTION) socket.destroy();
    else socket.write(guesses ? `a LOGIN user${number}@example.test "guess ${number} ${said}"\r\n` : "a NOOP\r\n");
  };
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    for (const line of text.split("\r\n")) {
      if (line.startsWith("a NO [AUTHENTICATIONFAILED]")) heard.wrong++;
      else if (line.startsWith("a NO [UNAVAILABLE]")) heard.unavailable++;
      else if (line.startsWith("a ") || line.startsWith("* BYE")) heard.other++;
      if (line.startsWith("* OK") || line.startsWith("a NO")) say();
      else if (line.startsWith("a OK")) setTimeout(say, NOOP_PAUSE_MS);
    }
  });
  socket.on("error", () => undefined);
  plain.on("error", () => undefined);
  plain.on("close", () => resolve());
  return promise;
}

/** Of a network of its own each, so that no limit of a network is what is measured. */
function addressOf(number: number): string {
  return `${11 + ((number >> 16) % 80)}.${(number >> 8) & 255}.${number & 255}.7`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const [, file, argument] = process.argv;
if (file === import.meta.filename && argument !== undefined)
  console.log(JSON.stringify(await generate(JSON.parse(argument) as Flood)));
