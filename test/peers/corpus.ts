/**
 * Other people's messages, each with what it is, and what becomes of it: through reception, evidence and verdict as they
 * stand, with a client that has done nothing wrong and a DNS that knows that client and nothing else.
 */
import { Buffer } from "node:buffer";
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { checkHelo } from "#evidence/reverse-dns/check-helo.ts";
import { checkReverseDns } from "#evidence/reverse-dns/check-reverse-dns.ts";
import { checkSpf } from "#evidence/spf/check-spf.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { Checks } from "#reception/evidence-gathering.ts";
import { messageChecks } from "#threads/message-checks.ts";
import type { Disposition, RuleResult } from "#verdict/verdict.ts";
import { FakeJudge } from "../fakes/judge.ts";
import { type Client, FakeReception } from "../fakes/reception.ts";
import { type FakeNames, FakeResolver } from "../fakes/resolver.ts";
import { RSA_RECORD } from "../fakes/signed-mail.ts";
import { peerData } from "./peer-data.ts";

/**
 * - `ordinary`: written by people and programs to be read.
 * - `odd`: made to try parsers: broken, cut off, fragments without a header.
 * - `tricks`: made to trip filters.
 * - `spam`: known as such.
 */
export type Kind = "ordinary" | "odd" | "tricks" | "spam";

export interface CorpusMessage {
  readonly name: string;
  readonly kind: Kind;
  /** Latin-1, lines ending in CRLF. */
  readonly text: string;
}

/** By the beginning of the name; the first that fits. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^rspamd\//, "tricks"],
  [/^mail-parser\/(?:malformed|rfc)\//, "odd"],
  [/^mime4j\//, "odd"],
  [/^mikel-mail\/(?:error_emails|rfc6532)\//, "odd"],
  [/^python\//, "odd"],
  [/^spamassassin\/.*sample-spam/, "spam"],
];

/** What Debian packages bring, where they are installed: a name for it, the files, the package. */
const INSTALLED: readonly (readonly [name: string, files: string, debian: string])[] = [
  ["python", "/usr/lib/python3*/test/test_email/data/msg_*.txt", "libpython3-testsuite"],
  ["spamassassin", "/usr/share/doc/spamassassin/examples/sample-*.txt", "spamassassin"],
];

/** @param folders more of them: files that hold one message each, all taken for ordinary mail. */
export function corpus(folders: readonly string[] = []): readonly CorpusMessage[] {
  const shared = join(peerData, "messages");
  return [
    ...messagesIn(shared, (name) => /\.(?:eml|msg)$/.test(name) || basename(name) === "sample_output_multipart"),
    ...INSTALLED.flatMap(([name, files]) => globSync(files).map((file) => read(`${name}/${basename(file)}`, file))),
    ...folders.flatMap((folder) => messagesIn(folder, () => true, `${basename(folder)}/`)),
  ];
}

/** Packages whose messages are not there. */
export function missingSources(): readonly string[] {
  return INSTALLED.filter(([, files]) => globSync(files).length === 0).map(([, , debian]) => debian);
}

function messagesIn(folder: string, isMessage: (name: string) => boolean, prefix = ""): readonly CorpusMessage[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => isMessage(name) && statSync(join(folder, name)).isFile())
    .toSorted()
    .map((name) => read(prefix + name, join(folder, name)));
}

function read(name: string, file: string): CorpusMessage {
  const text = readFileSync(file, "latin1").replace(/(?<!\r)\n/g, "\r\n");
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? "ordinary";
  return { name, kind, text: text.endsWith("\r\n") ? text : `${text}\r\n` };
}

export interface Outcome extends Pick<CorpusMessage, "name" | "kind"> {
  /** `malformed`: refused before anybody judged it, for the standards forbid such octets. */
  readonly disposition: Disposition | "malformed";
  readonly reasons: readonly string[];
  /** What enforced rules found. */
  readonly rules: readonly RuleResult[];
  readonly sum: number;
  /** The last reply. */
  readonly reply: string;
}

const CLIENT = "198.51.100.7";
const CLIENT_NAME = "mail.sender.example";
/** `d0.test` to `d9.test` have keys, for messages that make us check signatures. */
const KEYS = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`s._domainkey.d${i}.test`, { TXT: [RSA_RECORD] }]),
);
/** A client with names that lead both ways, and one without a PTR record but otherwise the same. */
const WORLDS = {
  named: { [CLIENT]: { PTR: [CLIENT_NAME] }, [CLIENT_NAME]: { A: [CLIENT] }, ...KEYS },
  nameless: { [CLIENT_NAME]: { A: [CLIENT] } },
} as const satisfies Readonly<Record<string, FakeNames>>;
export type World = keyof typeof WORLDS;

/** Turns of the event loop until the answer is there: each part of a message has one of its own. */
const TURNS_MAX = 1000;

/** It arrives an hour after it says that it was written. */
export async function outcomeOf({ name, kind, text }: CorpusMessage, world: World = "named"): Promise<Outcome> {
  const octets = Buffer.from(text, "latin1");
  const { date, from } = scanMessage(octets).envelope;
  const writtenMs = date === null ? Number.NaN : Date.parse(date.replace(/\([^)]*\)/g, ""));
  const [author] = from ?? [];
  const sender = new Sender(world, Number.isNaN(writtenMs) ? undefined : writtenMs + 3_600_000);
  await sender.envelope(`${author?.mailbox ?? ""}@${author?.host ?? ""}`);
  const reply = await sender.message([Buffer.from(text.replace(/(^|\r\n)\./g, "$1.."), "latin1")]);
  sender.leave();
  const { verdict = null, reasons = [], disposition } = sender.judge.records[0] ?? {};
  const isMalformed = verdict === null || (disposition === "reject" && verdict.disposition !== "reject");
  return {
    name,
    kind,
    disposition: isMalformed ? "malformed" : verdict.disposition,
    reasons,
    rules: verdict?.rules.filter(({ mode, findings }) => mode === "enforce" && findings.length > 0) ?? [],
    sum: verdict?.sum ?? 0,
    reply,
  };
}

/** One client of a reception with all checks, over a DNS that knows the client and nothing else. */
export class Sender {
  readonly judge: FakeJudge;
  readonly #client: Client;
  #reply = "";

  /** @param nowMs what the clock says; milliseconds since the epoch. */
  constructor(world: World = "named", nowMs?: number) {
    const mx = new FakeReception("smtp", {}, nowMs);
    this.judge = new FakeJudge(mx, {}, realChecks(mx, WORLDS[world]));
    this.#client = mx.connect({ remote: { address: CLIENT, port: 40_000 } });
  }

  /** Up to the answer to RCPT. A sender that no envelope may have is replaced. */
  async envelope(mailFrom: string): Promise<void> {
    await this.#client.say(`EHLO ${CLIENT_NAME}`);
    const mail = await this.#client.say(`MAIL FROM:<${mailFrom}>`);
    if (!mail.startsWith("250")) await this.#client.say("MAIL FROM:<someone@sender.example>");
    this.#reply = await this.#answer(await this.#client.say("RCPT TO:<user@local.test>"));
  }

  /** @param chunks of a message whose last line is whole, dots stuffed. @returns the last reply. */
  async message(chunks: readonly Uint8Array[]): Promise<string> {
    if (!this.#reply.startsWith("250 ")) return this.#reply;
    await this.#client.say("DATA");
    for (const chunk of chunks) await this.#client.send(chunk);
    return this.#answer(await this.#client.send(".\r\n"));
  }

  leave(): void {
    this.#client.connection.leave();
  }

  async #answer(first: string): Promise<string> {
    let reply = first;
    for (let turn = 0; reply === "" && turn < TURNS_MAX; turn++) reply = await this.#client.hear();
    return reply;
  }
}

function realChecks({ clock }: FakeReception, names: FakeNames): Checks {
  const resolver = new FakeResolver(names);
  const settings = { dmarc: { trustedSealers: [] }, domains: [{ name: "local.test" }] };
  const guard = { skipReason: () => undefined, saw: () => undefined };
  const own = { names: ["mx.local.test"], addresses: ["192.0.2.1"] };
  return {
    reverseDns: (client, deadlineMs) => checkReverseDns({ client, resolver, deadlineMs }),
    lists: async () => Promise.resolve({ findings: [] }),
    helo: async ({ helo }, found, deadlineMs) => {
      const reverseDns = (await found) ?? undefined;
      return checkHelo({ helo, client: CLIENT, own, reverseDns, resolver, deadlineMs });
    },
    spf: (envelope, deadlineMs) => {
      const nowSeconds = Math.floor(clock.now() / 1000);
      return checkSpf({ ...envelope, receiver: "mx.local.test", nowSeconds, resolver, deadlineMs });
    },
    ...messageChecks({ settings, resolver, lists: [], guard, clock }),
  };
}

/** The folder of a message's name. */
export function sourceOf({ name }: Pick<CorpusMessage, "name">): string {
  return relative(".", dirname(name));
}
