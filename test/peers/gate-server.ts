/** A server behind a proxy on this machine: every client is where its PROXY header says. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { RaisedAlert } from "#threads/alert.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { freePorts } from "./ports.ts";
import { type PosternServer, type ServerOptions, startServer } from "./server.ts";
import { SmtpClient, type SmtpReply } from "./smtp-client.ts";

const PROXIED = { mx: "smtp", submission: "submission", imap: "imap", pop3: "pop3" } as const;

export interface GateServer extends PosternServer {
  /** Listeners that believe a PROXY header from this machine; `imap` and `pop3` speak TLS from the start. */
  readonly behindProxy: Readonly<Record<keyof typeof PROXIED, number>>;
}

export async function startGateServer(options: ServerOptions = {}): Promise<GateServer> {
  const names = Object.keys(PROXIED) as (keyof typeof PROXIED)[];
  const free = await freePorts(names.length);
  const behindProxy = Object.fromEntries(
    names.map((name, index) => [name, free[index] ?? 0]),
  ) as GateServer["behindProxy"];
  const listeners = names.map(
    (name) => `[[listener]]
protocol = "${PROXIED[name]}"
bind = "127.0.0.1:${behindProxy[name]}"
tls = "${name === "imap" || name === "pop3" ? "implicit" : "starttls"}"
proxy_from = ["127.0.0.1"]`,
  );
  const server = await startServer({ ...options, settings: [...listeners, options.settings ?? ""].join("\n") });
  return { ...server, behindProxy };
}

/** `PROXY TCP4 …` or `PROXY TCP6 …`, with its line end. */
export function proxyLine(address: string): string {
  return address.includes(":")
    ? `PROXY TCP6 ${address} 2001:db8:1::25 40000 25\r\n`
    : `PROXY TCP4 ${address} 192.0.2.250 40000 25\r\n`;
}

/** A client from there; its greeting is not read yet. */
export async function smtpFrom(port: number, address: string): Promise<SmtpClient> {
  const client = await SmtpClient.connect({ port });
  client.send(proxyLine(address));
  return client;
}

export interface Mail {
  readonly address: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly subject?: string;
}

/** The reply to RCPT, or, where that is 250, to the message. */
export async function sendMail({ behindProxy: { mx } }: GateServer, mail: Mail): Promise<SmtpReply> {
  const { address, helo = "mail.good.example", mailFrom = "someone@good.example", subject = "hello" } = mail;
  const client = await smtpFrom(mx, address);
  try {
    await client.expect(220);
    await client.say(`EHLO ${helo}`, 250);
    await client.say(`MAIL FROM:<${mailFrom}>`, 250);
    const answer = await client.say("RCPT TO:<alice@example.test>");
    if (answer.code !== 250) return answer;
    await client.say("DATA", 354);
    return await client.say(
      `From: <${mailFrom}>\r\nMessage-ID: <${subject}@good.example>\r\nSubject: ${subject}\r\n\r\nhello\r\n.`,
    );
  } finally {
    client.close();
  }
}

/** The ID in a refusal, or of an accepted message. */
export function idIn({ text }: SmtpReply): string {
  const [, id = ""] = /(?:Accepted as |\()(\w{26})\)?/.exec(text) ?? [];
  assert.notEqual(id, "", `no ID in: ${text}`);
  return id;
}

/** How often something that takes a moment is looked at, and how long between. */
const LOOKS_MAX = 100;
const LOOK_AGAIN_MS = 100;

/** What comes to be in a moment. */
export async function soon<Found>(look: () => Promise<Found | undefined>, what: string): Promise<Found> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(LOOK_AGAIN_MS);
  }
  assert.fail(what);
}

/** The records about something, once there is one. They are kept behind the mail. */
export function recordsOf(server: GateServer, about: string): Promise<readonly DecisionRecord[]> {
  return soon(async () => {
    const said = await server.command(["why", about, "--json"]).catch(() => "");
    const records = said === "" ? [] : (JSON.parse(said) as { value: DecisionRecord[] }).value;
    return records.length === 0 ? undefined : records;
  }, `nothing is known about ${about}`);
}

/** What each list said about the client of a decision, in a word and its detail: `listed 127.0.0.2`, `skipped dead`. */
export function saidByLists({ evidence }: DecisionRecord, role: ListFinding["subject"]["role"] = "client") {
  const findings = (evidence.dnsbl?.findings ?? []).filter(({ subject }) => subject.role === role);
  return Object.fromEntries(findings.map(({ list, outcome }) => [list, inWords(outcome)]));
}

function inWords(outcome: ListFinding["outcome"]): string {
  switch (outcome.kind) {
    case "listed":
    case "unknown-answer":
      return `${outcome.kind} ${outcome.answers.join(" ")}`;
    case "refused-to-serve":
      return `${outcome.kind} ${outcome.refusal}`;
    case "not-checked":
    case "skipped":
      return `${outcome.kind} ${outcome.why}`;
    case "clean":
      return "clean";
  }
}

/** The alerts that `status` shows. */
export async function alertsOf(server: GateServer): Promise<readonly RaisedAlert[]> {
  const { value } = JSON.parse(await server.command(["status", "--json"])) as {
    value: { running: { alerts: RaisedAlert[] } };
  };
  return value.running.alerts;
}

/** The alerts of a kind about these subjects, in their order, once all are raised. */
export function alertsAbout(
  server: GateServer,
  name: string,
  subjects: readonly string[],
): Promise<readonly RaisedAlert[]> {
  return soon(
    async () => {
      const alerts = await alertsOf(server);
      const found = subjects.map((subject) => alerts.find((alert) => alert.name === name && alert.subject === subject));
      return found.every((alert) => alert !== undefined) ? found : undefined;
    },
    `no alert ${name} about each of ${subjects.join(", ")}`,
  );
}
