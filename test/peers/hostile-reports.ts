/** Reports made to cost who reads them more than they cost to send: each is within what is unpacked and read. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { ReportPart } from "#mail/reports/report-part.ts";

const MEBIBYTE = 1024 * 1024;
/** As `reports/limits.ts` has them. */
const JSON_OCTETS = 2 * MEBIBYTE;
const XML_OCTETS = 16 * MEBIBYTE - 1024;
const PART_OCTETS = 6 * MEBIBYTE;

export interface HostileReport {
  readonly name: string;
  readonly form: ReportPart["form"];
  /** As the part's body, in base64 but for what says otherwise. */
  readonly octets: () => Uint8Array;
  readonly encoding?: string;
}

const filled = (piece: string, octets: number): string => piece.repeat(Math.floor(octets / Buffer.byteLength(piece)));
const packed = (text: string | Uint8Array): Uint8Array =>
  Buffer.from(gzipSync(text).toString("base64").replaceAll(/.{76}/g, "$&\r\n"));

function json(name: string, text: () => string): HostileReport {
  return { name: `TLS report: ${name}`, form: "tls", octets: () => packed(text()) };
}

function xml(name: string, inside: () => string): HostileReport {
  return { name: `aggregate report: ${name}`, form: "dmarc", octets: () => packed(`<feedback>${inside()}`) };
}

const keys = (): string => Array.from({ length: 190_000 }, (_, key) => `"${key.toString(36)}":1`).join(",");
const dkim = "<dkim><domain>a.b</domain><result>pass</result></dkim>";

export const hostileReports: readonly HostileReport[] = [
  json("arrays in arrays", () => filled("[", JSON_OCTETS / 2) + filled("]", JSON_OCTETS / 2)),
  json("objects in objects", () => filled('{"a":', JSON_OCTETS)),
  json("each key another", () => `{${keys()}}`),
  json("objects of nothing", () => `[${filled("{},", JSON_OCTETS - 4)}{}]`),
  json("escapes", () => `"${filled("\\u1234", JSON_OCTETS - 2)}"`),
  xml("records of nothing", () => filled("<record/>", XML_OCTETS)),
  xml("records full of elements", () => filled(`<record>${"<row/>".repeat(1999)}</record>`, XML_OCTETS)),
  xml("signatures", () => filled(`<record><auth_results>${dkim.repeat(600)}</auth_results></record>`, XML_OCTETS)),
  xml("characters by number", () => filled(`<record><a>${"&#1234567;".repeat(120)}</a></record>`, XML_OCTETS)),
  xml("an address that is none", () =>
    filled(`<record><row><source_ip>${"1:".repeat(500)}</source_ip></row></record>`, XML_OCTETS),
  ),
  xml("long tags", () => filled(`<record '${"x".repeat(2000)}'/>`, XML_OCTETS)),
  xml("comments", () => filled("<!---->", XML_OCTETS)),
  xml("an instruction without end", () => filled("<?x", XML_OCTETS)),
  { name: "aggregate report: no UTF-8", form: "dmarc", octets: () => packed(Buffer.alloc(XML_OCTETS, 0xff)) },
  {
    name: "aggregate report: base64 without end",
    form: "dmarc",
    octets: () => Buffer.from(filled(`${"QUJD".repeat(19)}\r\n`, PART_OCTETS)),
  },
  {
    name: "bounce: quoted-printable without end",
    form: "bounce-text",
    encoding: "quoted-printable",
    octets: () => Buffer.from(filled("=41", PART_OCTETS)),
  },
];
