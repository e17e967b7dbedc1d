/**
 * What sender authentication costs: signed messages verified a second, large ones in MiB a second and what is held of them,
 * the same by the library that our tests are checked against, SPF evaluations, and the longest time that a hostile header
 * keeps a thread busy.
 */
import { Buffer } from "node:buffer";
import { dkimVerify } from "mailauth";
import { authenticateMessage } from "#evidence/authentication-results/authenticate-message.ts";
import { MessageDigest } from "#evidence/authentication-results/message-digest.ts";
import { checkSpf } from "#evidence/spf/check-spf.ts";
import { FakeResolver } from "../test/fakes/resolver.ts";
import { MESSAGE, NOW_SECONDS, RSA_RECORD, SIGNED_ZONE, signed } from "../test/fakes/signed-mail.ts";
import { median } from "./rounds.ts";

const ROUNDS = 5;
const CHUNK_OCTETS = 64 * 1024;
const KIB = 1024;
const MIB = 1024 * KIB;
/** Milliseconds for which a thread may be kept from everything else. */
const BLOCKED_MS_MAX = 100;

const LINE = "The quick brown fox  jumps over the lazy dog, and so on\t and on.\r\n";
const names = { ...SIGNED_ZONE, "_dmarc.example.com": { TXT: ["v=DMARC1; p=reject"] } };

function bodyOf(octets: number): string {
  return LINE.repeat(Math.ceil(octets / LINE.length));
}

function* chunks(octets: Buffer): Generator<Buffer> {
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) yield octets.subarray(at, at + CHUNK_OCTETS);
}

async function ours(message: Buffer): Promise<string> {
  const digest = new MessageDigest();
  for (const chunk of chunks(message)) digest.write(chunk);
  const resolver = new FakeResolver(names);
  const options = { spf: null, trustedSealers: [], resolver, deadlineMs: 1, nowSeconds: NOW_SECONDS };
  return (await authenticateMessage(digest.end(), options)).dmarc.result;
}

async function keyForAll(): Promise<string[][]> {
  return [[RSA_RECORD]];
}

async function theirs(message: Buffer): Promise<string> {
  return (await dkimVerify(message, { resolver: keyForAll, strict: true })).results[0]?.status.result ?? "none";
}

/** Runs a second, the median of some rounds. */
async function rate(run: () => Promise<string>, runs: number): Promise<number> {
  const rates: number[] = [];
  for (let i = 0; i < runs; i += 1) await run();
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let i = 0; i < runs; i += 1) {
      if ((await run()) !== "pass") throw new Error("a signature that must pass did not");
    }
    rates.push((runs * 1000) / (performance.now() - start));
  }
  return median(rates);
}

async function compareRates(): Promise<void> {
  for (const [canonicalization, size] of [
    ["relaxed/relaxed", 10 * KIB],
    ["relaxed/simple", 10 * KIB],
    ["relaxed/relaxed", MIB],
  ] as const) {
    const message = Buffer.from(await signed(MESSAGE + bodyOf(size), { canonicalization }), "latin1");
    const runs = size < MIB ? 500 : 20;
    const [our, their] = [await rate(() => ours(message), runs), await rate(() => theirs(message), runs)];
    console.log(
      `${canonicalization}, ${size / KIB} KiB: ${our.toFixed(0)}/s with DMARC` +
        ` (${((our * size) / MIB).toFixed(0)} MiB/s); the library ${their.toFixed(0)}/s without: ${(our / their).toFixed(1)} times`,
    );
  }
}

/** Nothing of a large body may stay. */
async function measureHeld(): Promise<void> {
  const head = Buffer.from((await signed(MESSAGE)).split("\r\n\r\n")[0] ?? "", "latin1");
  const digest = new MessageDigest();
  digest.write(Buffer.concat([head, Buffer.from("\r\n\r\n")]));
  const block = Buffer.from(bodyOf(CHUNK_OCTETS));
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = performance.now();
  let written = 0;
  for (; written < 50 * MIB; written += block.length) digest.write(block);
  const seconds = (performance.now() - start) / 1000;
  const after = process.memoryUsage();
  const held = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / MIB;
  digest.end();
  console.log(
    `50 MiB in ${seconds.toFixed(2)} s (${(50 / seconds).toFixed(0)} MiB/s); ${held.toFixed(1)} MiB more afterwards`,
  );
}

async function measureSpf(): Promise<void> {
  const record = { TXT: ["v=spf1 include:a.example include:b.example ip4:192.0.2.0/24 -all"] };
  const list = Array.from({ length: 20 }, (_, index) => `ip4:10.0.${index}.0/24`).join(" ");
  const included = { TXT: [`v=spf1 ${list} ?all`] };
  const resolver = new FakeResolver({ "example.com": record, "a.example": included, "b.example": included });
  const inquiry = {
    client: "192.0.2.5",
    helo: "mail.example.com",
    mailFrom: "alice@example.com",
    receiver: "mx.example",
    nowSeconds: NOW_SECONDS,
    resolver,
    deadlineMs: 1,
  };
  const perSecond = await rate(async () => (await checkSpf(inquiry)).result, 1000);
  console.log(`SPF with two includes and 41 networks: ${perSecond.toFixed(0)}/s`);
}

/** The longest that one header takes, from its first octet to the evidence. */
async function measureHostile(): Promise<void> {
  const size = 250 * KIB;
  const one = await signed(MESSAGE);
  const hostile: Readonly<Record<string, string>> = {
    "folds of one octet": `DKIM-Signature: v=1;${"\r\n ".repeat(size / 3)}\r\n`,
    "400 signatures": one.slice(0, -MESSAGE.length).repeat(400),
    "60,000 fields": "X:\r\n".repeat(size / 4 - 100),
    "names without end": one.replace("h=", `h=${"from:".repeat(size / 5 - 200)}`).slice(0, -MESSAGE.length),
    "blanks inside a tag": `DKIM-Signature: v=1; d=a${" ".repeat(size - 200)}b; s=x\r\n`,
  };
  for (const [name, header] of Object.entries(hostile)) {
    const message = Buffer.from(header + MESSAGE, "latin1");
    const start = performance.now();
    await ours(message);
    const ms = performance.now() - start;
    console.log(`${name}: ${ms.toFixed(0)} ms${ms < BLOCKED_MS_MAX ? "" : ` (over ${BLOCKED_MS_MAX})`}`);
  }
}

await compareRates();
await measureHeld();
await measureSpf();
await measureHostile();
