/**
 * What finding links costs: microseconds for ordinary messages, and milliseconds for messages made to be slow. Of processor
 * time, so that what else the machine does counts little.
 */
import { Buffer } from "node:buffer";
import { octetsInMemory } from "#evidence/content/message-octets.ts";
import { extractUrls } from "#evidence/urls/extract-urls.ts";
import { scanMessage } from "#mail/mime/scanner.ts";

const RUNS = 2000;
/** The event loop may stand still for no longer. */
const BOUND_MS = 100;

const sentence = "The quick brown fox jumps over the lazy dog, e.g. on Monday, and then it does the same again.\r\n";
const paragraph = `<p style="margin:0;background:url(https://img.shop.example/bg.png)">${sentence}<a href="https://www.shop.example/p?id=1&amp;u=2">Look at it</a></p>\r\n`;

function text(body: string): Buffer {
  return Buffer.from(`Subject: x\r\nContent-Type: text/plain\r\n\r\n${body}`);
}

function html(body: string, encoding = "8bit"): Buffer {
  return Buffer.from(`Content-Type: text/html\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`);
}

const ordinary: Readonly<Record<string, Buffer>> = {
  "text of 10 KiB with 5 links": text(`${sentence.repeat(20)}https://www.example.com/a?b=c\r\n`.repeat(5)),
  "newsletter of 10 KiB": html(paragraph.repeat(40)),
  "newsletter of 100 KiB": html(paragraph.repeat(400)),
};

const MIB = 1024 * 1024;
const fill = (unit: string): string => unit.repeat(Math.ceil((2 * MIB) / unit.length));
const numbered = (unit: (i: number) => string, count: number): string =>
  Array.from({ length: count }, (_, i) => unit(i)).join("");

const hostile: Readonly<Record<string, Buffer>> = {
  "100,000 links": html(numbered((i) => `<a href=http://h${i}.example>x</a>`, 100_000)),
  "100,000 links in text": text(numbered((i) => `http://h${i}.example/ `, 100_000)),
  "200,000 nested tags": html("<div>".repeat(200_000)),
  "one line of base64": Buffer.from(
    `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${"aHR0".repeat(2.5 * MIB)}`,
  ),
  dots: text(fill(".")),
  "at signs": text(fill("a@")),
  "letters without a space": text(fill("abcdefgh.")),
  "unclosed brackets": text(fill("http://a.example/((((")),
  schemes: text(fill("http://")),
  slashes: html(`<a href="http:${fill("/")}">`),
  percent: html(`<a href="http://a.example/${fill("%25")}">`),
  "links in links": text(fill("http://h.example/?u=")),
  ampersands: html(fill("&")),
  "open tags": html(fill("<a ")),
  comments: html(fill("<!--[if mso]>")),
  "css without an end": html(`<style>${fill("url(")}</style>`),
  anchors: html(fill("<a href=//x.example>")),
  "text of anchors": html(`<a href=//x.example>${fill("<b>w</b>")}`),
  "soft hyphens": text(fill("\u00ad.")),
  "one wide word": text(fill("\uff57\uff0e")),
  "spelled dots": text(fill("a dot ")),
  "a long word before a spelled dot": text(`${fill("a")} dot com`),
  "attributes without a value": html(fill("<a href href ")),
  "links in links, all different": html(
    numbered((i) => `<a href="http://x.example/?${numbered((j) => `http:/\u00fc${i}.${j}.x/`, 16)}">`, 2000),
  ),
  "links encoded many times": html(numbered((i) => `<a href="http://x.example/${i}${"%25".repeat(60)}">`, 3000)),
  "names in text": text(numbered((i) => `\u00fc${i}.de `, 100_000)),
  "short names in text": text(fill("ab.de ")),
  "names as texts of links": html(numbered((i) => `<a href=//\u00fc${i}.de>www.\u00fc${i}.de</a>`, 60_000)),
  "texts of links": html(numbered((i) => `<a href=//x${i}.example>www.\u00fc${i}.com</a>`, 60_000)),
  "numeric hosts": html(numbered((i) => `<a href=http://${i}/>`, 100_000)),
  "international hosts": html(numbered((i) => `<a href=http://\u00fc${i}.example>`, 60_000)),
};

function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function once(octets: Buffer): Promise<number> {
  const index = scanMessage(octets);
  const start = process.cpuUsage();
  await extractUrls(index, octetsInMemory(octets));
  return milliseconds(start);
}

for (const [name, octets] of Object.entries(ordinary)) {
  const index = scanMessage(octets);
  for (let i = 0; i < RUNS / 10; i++) await extractUrls(index, octetsInMemory(octets));
  const start = process.cpuUsage();
  for (let i = 0; i < RUNS / 4; i++) await extractUrls(index, octetsInMemory(octets));
  console.log(`${name}: ${((milliseconds(start) * 4000) / RUNS).toFixed(0)} µs`);
}
for (const [name, octets] of Object.entries(hostile)) {
  const taken = await once(octets);
  console.log(`${name}: ${taken.toFixed(1)} ms${taken < BOUND_MS ? "" : ` (over ${BOUND_MS})`}`);
}
