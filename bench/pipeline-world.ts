/**
 * The world that both servers see: senders with SPF, DMARC and DKIM keys, five lists of addresses and two of links, all in
 * one resolver (unbound over local data: as an operator's own resolver answers once it is warm), and letters of 10 KiB,
 * each signed and each different.
 */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dkimSign } from "mailauth";
import { freePorts } from "../test/peers/ports.ts";
import { hold, stop, waitForPort } from "../test/peers/process.ts";

export const ADDRESS_LISTS: readonly string[] = [1, 2, 3, 4, 5].map((number) => `addresses${number}.lists.test`);
export const URI_LISTS: readonly string[] = [1, 2].map((number) => `links${number}.lists.test`);
const SENDERS = 50;

export interface Sender {
  readonly address: string;
  /** What the address points to, and leads back. */
  readonly name: string;
  readonly domain: string;
}

export interface Letter {
  readonly mailFrom: string;
  /** Latin-1, as signed: no dot stands first in a line. */
  readonly octets: string;
}

export const senders: readonly Sender[] = Array.from({ length: SENDERS }, (_, index) => ({
  address: `198.51.100.${index + 1}`,
  name: `mail.sender${index}.test`,
  domain: `sender${index}.test`,
}));

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const SELECTOR = "bench";

/** @param sizeOctets of each letter, its signature included. */
export async function lettersOf(count: number, sizeOctets: number): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  for (let number = 0; number < count; number++) letters.push(await letterOf(number, sizeOctets));
  return letters;
}

async function letterOf(number: number, sizeOctets: number): Promise<Letter> {
  const { domain } = senders[number % SENDERS] ?? { domain: "" };
  const mailFrom = `news@${domain}`;
  const head = [
    `From: The News <${mailFrom}>`,
    "To: <alice@example.test>",
    `Subject: What is new, number ${number}`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${number}.${process.pid}@${domain}>`,
    "MIME-Version: 1.0",
    'Content-Type: text/html; charset="utf-8"',
    "",
    `<html><body><p>Dear reader, <a href="https://www.${domain}/news/${number}">read on</a> or`,
    `<a href="https://host${number}.shop${number % 97}.test/a?b=1">shop</a>.</p>`,
  ];
  const line = `<p>${number} The quick brown fox jumps over the lazy dog and runs.</p>\r\n`;
  const top = `${head.join("\r\n")}\r\n`;
  const signatureOctets = 700;
  const text = top + line.repeat(Math.max(1, Math.ceil((sizeOctets - top.length - signatureOctets) / line.length)));
  const signature = {
    canonicalization: "relaxed/relaxed",
    signingDomain: domain,
    selector: SELECTOR,
    privateKey: String(keys.privateKey.export({ format: "pem", type: "pkcs8" })),
  };
  const { signatures, errors } = await dkimSign(Buffer.from(text, "latin1"), {
    ...signature,
    signatureData: [signature],
  });
  const [error] = errors;
  if (error !== undefined) throw new Error(`could not sign: ${String(error.err)}`);
  return { mailFrom, octets: signatures + text };
}

function record(name: string, rest: string): string {
  return `local-data: '${name}. 300 IN ${rest}'`;
}

/** What the root zone of this world holds; everything else does not exist. */
function zone(): readonly string[] {
  const key = keys.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  // One string of a TXT record holds 255 octets.
  const txt = (name: string, text: string): string =>
    record(name, `TXT ${(text.match(/.{1,250}/g) ?? []).map((piece) => `"${piece}"`).join(" ")}`);
  return [
    ...[".", "test."].flatMap((name) => [
      `local-zone: ${name} static`,
      `local-data: '${name} 300 IN SOA ns.test. hostmaster.test. 1 3600 600 86400 300'`,
    ]),
    ...ADDRESS_LISTS.map((list) => record(`2.0.0.127.${list}`, "A 127.0.0.2")),
    ...URI_LISTS.map((list) => record(`test.${list}`, "A 127.0.0.2")),
    // The first sender is on a list of each kind: so it can be seen that they are asked.
    record(`1.100.51.198.${ADDRESS_LISTS[0]}`, "A 127.0.0.2"),
    record(`${senders[0]?.domain}.${URI_LISTS[0]}`, "A 127.0.0.2"),
    ...senders.flatMap(({ address, name, domain }) => [
      `local-data-ptr: "${address} 300 ${name}"`,
      record(name, `A ${address}`),
      record(domain, "A 198.51.100.250"),
      record(domain, `MX 10 ${name}.`),
      txt(domain, `v=spf1 include:_spf.${domain} -all`),
      txt(`_spf.${domain}`, `v=spf1 ip4:192.0.2.0/24 ip4:${address} ?all`),
      txt(`_dmarc.${domain}`, "v=DMARC1; p=reject"),
      txt(`${SELECTOR}._domainkey.${domain}`, `v=DKIM1; k=rsa; p=${key}`),
    ]),
  ];
}

export interface BenchResolver {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startResolver(): Promise<BenchResolver> {
  const folder = mkdtempSync(join(tmpdir(), "postern-unbound-"));
  const [port = 0] = await freePorts(1);
  const file = join(folder, "unbound.conf");
  const settings = [
    "server:",
    `interface: 127.0.0.1@${port}`,
    "access-control: 127.0.0.0/8 allow",
    'username: ""',
    'chroot: ""',
    `directory: "${folder}"`,
    'pidfile: ""',
    "use-syslog: no",
    'module-config: "iterator"',
    "do-daemonize: no",
    "num-threads: 1",
    ...zone(),
    "remote-control:",
    "control-enable: no",
  ];
  writeFileSync(file, `${settings.join("\n")}\n`);
  const child = hold(spawn("/usr/sbin/unbound", ["-d", "-p", "-c", file], { stdio: ["ignore", "ignore", "pipe"] }));
  // It takes TCP as well.
  await waitForPort(port, child);
  return {
    port,
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
