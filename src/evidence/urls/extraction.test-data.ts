/** Messages made for tests of extraction. */
import { Buffer } from "node:buffer";
import { scanMessage } from "#mail/mime/scanner.ts";
import { octetsInMemory } from "../content/message-octets.ts";
import type { UrlEvidence } from "./evidence.ts";
import { extractUrls } from "./extract-urls.ts";

export interface BodyOptions {
  /** Content-Type without a charset; UTF-8 is. */
  readonly type?: string;
  /** Content-Transfer-Encoding; the body is taken to be in it already. */
  readonly encoding?: string;
  readonly subject?: string;
}

export function evidenceOf(message: string | Uint8Array): Promise<UrlEvidence> {
  const octets = typeof message === "string" ? Buffer.from(message) : message;
  return extractUrls(scanMessage(octets), octetsInMemory(octets));
}

export function bodyEvidence(body: string, options: BodyOptions = {}): Promise<UrlEvidence> {
  const { type = "text/plain", encoding = "8bit", subject = "" } = options;
  const header = `Subject: ${subject}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}`;
  return evidenceOf(`${header}\r\n\r\n${body}`);
}

/** Hosts in alphabetical order. */
export async function hostsOf(body: string, options?: BodyOptions): Promise<readonly string[]> {
  return (await bodyEvidence(body, options)).hosts.map(({ host }) => host).toSorted();
}
