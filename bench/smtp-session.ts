/**
 * Messages a second through the SMTP session alone: no sockets, no store, one core. Small messages command by command as
 * most servers send them, the same pipelined, and megabytes a second of one large message.
 * `node --conditions=postern-source bench/smtp-session.ts`
 */
import { Buffer } from "node:buffer";
import { type Reply, reply } from "#mail/reply.ts";
import { NO_SASL } from "#protocol/sasl/exchange.ts";
import { formatReply } from "#protocol/smtp/reply-format.ts";
import { ServerSession } from "#protocol/smtp/server-session.ts";
import type { Event, Input } from "#protocol/smtp/session-events.ts";
import type { SessionSettings } from "#protocol/smtp/session-settings.ts";

const SECONDS = 2;
const LARGE_OCTETS = 32 * 1024 * 1024;
const READ_OCTETS = 64 * 1024;
const OK = reply(250, "2.0.0", "Ok");

const settings: SessionSettings = {
  protocol: "smtp",
  hostname: "mx.example.com",
  tls: "starttls",
  credentialChannel: () => "never",
  sasl: () => NO_SASL,
  authenticationRequired: false,
  messageSizeOctetsMax: 52_428_800,
  recipientsMax: 100,
  errorsMax: 20,
  authenticationFailuresMax: 3,
  probeRecipients: 10,
  probeUnknownMax: 5,
};

const body = `From: a@sender.example\r\nTo: user@example.com\r\nSubject: x\r\n\r\n${"A line of text, as long as most.\r\n".repeat(30)}.\r\n`;
const segments = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));
const envelope = ["MAIL FROM:<bounce+1234@sender.example> SIZE=1200\r\n", "RCPT TO:<user@example.com>\r\n", "DATA\r\n"];
const separately = segments([...envelope, body]);
const pipelined = segments([envelope.join(""), body]);

function rate(message: readonly Buffer[]): number {
  const driver = new Driver();
  for (let i = 0; i < 20_000; i++) driver.send(message);
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < SECONDS * 1000) {
    for (let i = 0; i < 100; i++) driver.send(message);
    count += 100;
  }
  return Math.round(count / ((performance.now() - start) / 1000));
}

function throughput(line: string): number {
  const driver = new Driver();
  const octets = Buffer.alloc(LARGE_OCTETS, line);
  const reads: Buffer[] = [];
  for (let at = 0; at < octets.length; at += READ_OCTETS) reads.push(octets.subarray(at, at + READ_OCTETS));
  const end = Buffer.from("\r\n.\r\n");
  driver.send([...segments(envelope), ...reads, end]);
  const start = performance.now();
  driver.send([...segments(envelope), ...reads, end]);
  return Math.round(LARGE_OCTETS / 1e6 / ((performance.now() - start) / 1000));
}

/** Says yes to everything, and formats each reply as a connection would. */
class Driver {
  readonly #session = new ServerSession(settings);
  written = 0;

  constructor() {
    this.#give({ kind: "greet" });
    this.send([Buffer.from("EHLO client.example\r\n")]);
  }

  send(reads: readonly Buffer[]): void {
    for (const octets of reads) this.#give({ kind: "octets", octets });
  }

  #give(first: Input): void {
    let input: Input | undefined = first;
    while (input !== undefined) {
      const events = this.#session.handle(input);
      input = undefined;
      for (const event of events) input = this.#meet(event) ?? input;
    }
  }

  #meet(event: Event): Input | undefined {
    switch (event.kind) {
      case "reply":
        this.#write(event.reply);
        return undefined;
      case "client-name":
      case "sender":
      case "recipient":
      case "login":
        return { kind: "answer", reply: OK };
      case "message-end":
        return { kind: "message-answer", replies: [OK] };
      case "sasl":
        throw new Error("nobody logs in here");
      case "clear-password":
      case "message-octets":
      case "message-begin":
      case "message-abandoned":
      case "start-tls":
      case "signal":
      case "close":
        return undefined;
    }
  }

  #write(said: Reply): void {
    if (said.code >= 400) throw new Error(said.text);
    this.written += formatReply(said).length;
  }
}

console.log(`command by command  ${rate(separately).toLocaleString("en")} messages/s`);
console.log(`pipelined           ${rate(pipelined).toLocaleString("en")} messages/s`);
console.log(`large message       ${throughput("A line of text of the usual length, with an end.\r\n")} MB/s`);
console.log(`every line dotted   ${throughput("..\r\n")} MB/s`);
