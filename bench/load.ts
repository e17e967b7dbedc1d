/**
 * The load generator: persistent SMTP connections that send one message after the other, each step after the reply to the
 * one before, and count the 250 behind the end of data. Runs as a process of its own, so that it shares no event loop with
 * anything: `node bench/load.ts '{"port":2525,…}'`, the result as JSON on standard output.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly messages: number;
  readonly sizeOctets: number;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** A file with letters to send in place of made-up ones: `{ mailFrom, octets }` as JSON, one a line; no dot begins a line. */
  readonly lettersFile?: string;
  /** A PROXY line and a name for each connection, by turns; the letters are theirs, by turns. */
  readonly clients?: readonly { readonly address: string; readonly name: string }[];
}

export interface LoadResult {
  readonly accepted: number;
  readonly refused: number;
  /** Of the first refusal. */
  readonly refusal: string;
  readonly seconds: number;
  /** From the last octet of a message to its 250. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** Replies of one connection, one at a time: the last line of each. */
class Replies {
  readonly #socket: Socket;
  #pending = "";
  #take: ((reply: string) => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#pending += text;
      this.#hand();
    });
    socket.on("close", () => {
      this.#pending += "421 closed\r\n";
      this.#hand();
    });
    socket.on("error", () => undefined);
  }

  /** Sends, and gives the reply. */
  say(octets: string | Buffer): Promise<string> {
    this.#socket.write(octets);
    return this.next();
  }

  end(): void {
    this.#socket.end("QUIT\r\n");
  }

  next(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#take = resolve;
    this.#hand();
    return promise;
  }

  #hand(): void {
    if (this.#take === null) return;
    const last = /^\d{3} .*\r\n/m.exec(this.#pending);
    if (last === null) return;
    const take = this.#take;
    this.#take = null;
    this.#pending = this.#pending.slice(last.index + last[0].length);
    take(last[0]);
  }
}

/** Every message differs, as real ones do: nothing may be stored once for all of them. */
function message(load: Load, number: number): Buffer {
  const id = number.toString().padStart(12, "0");
  const head = `From: <${load.mailFrom}>\r\nTo: <${load.recipients[0]}>\r\nSubject: Message ${id}\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${id}.${process.pid}@bench.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n`;
  const line = `${id} The quick brown fox jumps over the lazy dog and runs.\r\n`;
  const body = line.repeat(Math.ceil((load.sizeOctets - head.length) / line.length));
  return Buffer.from(`${(head + body).slice(0, load.sizeOctets - 2)}\r\n.\r\n`);
}

interface Mail {
  readonly mailFrom: string;
  readonly octets: Buffer;
}

function mailOf(load: Load): (number: number) => Mail {
  if (load.lettersFile === undefined) {
    return (number) => ({ mailFrom: load.mailFrom, octets: message(load, number) });
  }
  const letters = readFileSync(load.lettersFile, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): Mail => {
      const { mailFrom, octets } = JSON.parse(line) as { mailFrom: string; octets: string };
      return { mailFrom, octets: Buffer.from(`${octets}.\r\n`, "latin1") };
    });
  return (number) => letters[number % letters.length] ?? { mailFrom: "", octets: Buffer.from(".\r\n") };
}

async function greeted({ port, clients = [] }: Load, number: number): Promise<Replies> {
  const socket = connect(port, "127.0.0.1");
  const replies = new Replies(socket);
  await once(socket, "connect");
  const client = clients[number % clients.length];
  if (client !== undefined) socket.write(`PROXY TCP4 ${client.address} 192.0.2.250 40000 25\r\n`);
  await replies.next();
  await replies.say(`EHLO ${client?.name ?? "bench.test"}\r\n`);
  return replies;
}

/** Runs the load to its end. The clock starts when all connections are greeted. */
async function generate(load: Load): Promise<LoadResult> {
  const mail = mailOf(load);
  const connections = await Promise.all(Array.from({ length: load.connections }, (_, number) => greeted(load, number)));
  const outcome = { accepted: 0, refused: 0, refusal: "" };
  const waitsMs: number[] = [];
  let next = 0;
  const begin = performance.now();
  const clients = load.clients?.length;
  const send = async (replies: Replies, connection: number): Promise<void> => {
    for (let sent = 0; next < load.messages; sent += 1) {
      // Letters lie in the order of clients: each sends its own.
      const number = clients === undefined ? next : (connection % clients) + clients * sent;
      next += 1;
      const { reply, waitMs } = await transaction(
        replies,
        mail(number),
        load.recipients[number % load.recipients.length] ?? "",
      );
      if (waitMs !== null) waitsMs.push(waitMs);
      if (reply.startsWith("250")) outcome.accepted += 1;
      else {
        outcome.refused += 1;
        outcome.refusal ||= reply.trimEnd();
        if (reply.startsWith("421")) return;
      }
    }
  };
  await Promise.all(connections.map(send));
  const seconds = (performance.now() - begin) / 1000;
  for (const connection of connections) connection.end();
  waitsMs.sort((a, b) => a - b);
  const quantile = (part: number): number => waitsMs[Math.floor((waitsMs.length - 1) * part)] ?? 0;
  return { ...outcome, seconds, medianMs: quantile(0.5), p99Ms: quantile(0.99) };
}

async function transaction(
  replies: Replies,
  { mailFrom, octets }: Mail,
  recipient: string,
): Promise<{ readonly reply: string; readonly waitMs: number | null }> {
  await replies.say(`MAIL FROM:<${mailFrom}>\r\n`);
  await replies.say(`RCPT TO:<${recipient}>\r\n`);
  const go = await replies.say("DATA\r\n");
  if (!go.startsWith("354")) {
    if (!go.startsWith("421")) await replies.say("RSET\r\n");
    return { reply: go, waitMs: null };
  }
  const sentAtMs = performance.now();
  const reply = await replies.say(octets);
  return { reply, waitMs: performance.now() - sentAtMs };
}

const [, file, argument] = process.argv;
if (file === import.meta.filename && argument !== undefined)
  console.log(JSON.stringify(await generate(JSON.parse(argument) as Load)));
