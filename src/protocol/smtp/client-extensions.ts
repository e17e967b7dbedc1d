import type { Reply } from "#mail/reply.ts";
import { EXTENSIONS_MAX } from "./client-limits.ts";

/** What a server offers (RFC 5321 §4.1.1.1). Nothing where it knows only HELO. */
export interface Extensions {
  readonly startTls: boolean;
  readonly pipelining: boolean;
  readonly chunking: boolean;
  readonly eightBitMime: boolean;
  readonly binaryMime: boolean;
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly dsn: boolean;
  readonly size: boolean;
  /** Octets of the largest message it takes; undefined: it does not say, or knows no bound. */
  readonly sizeOctetsMax: number | undefined;
  /** SASL mechanisms, in capitals. */
  readonly authentication: readonly string[];
}

export const NO_EXTENSIONS: Extensions = readExtensions({ code: 250, status: null, text: "" });

/** @param reply to EHLO or LHLO: its first line is the server's name, the others are an extension each. */
export function readExtensions({ text }: Reply): Extensions {
  const offered = new Map<string, readonly string[]>();
  for (const line of text.split("\n").slice(1, EXTENSIONS_MAX + 1)) {
    // `AUTH=LOGIN`: what servers said before there was a standard.
    const [keyword = "", ...parameters] = line
      .trim()
      .toUpperCase()
      .replace(/^AUTH=/, "AUTH ")
      .split(/ +/);
    offered.set(keyword, [...(offered.get(keyword) ?? []), ...parameters]);
  }
  const has = (keyword: string): boolean => offered.has(keyword);
  const [size = ""] = offered.get("SIZE") ?? [];
  // RFC 1870 §4: 0 is no bound.
  const sizeOctetsMax = /^[0-9]{1,15}$/.test(size) && Number(size) > 0 ? Number(size) : undefined;
  return {
    startTls: has("STARTTLS"),
    pipelining: has("PIPELINING"),
    chunking: has("CHUNKING"),
    eightBitMime: has("8BITMIME"),
    binaryMime: has("BINARYMIME") && has("CHUNKING"),
    smtpUtf8: has("SMTPUTF8"),
    requireTls: has("REQUIRETLS"),
    dsn: has("DSN"),
    size: has("SIZE"),
    sizeOctetsMax,
    authentication: offered.get("AUTH") ?? [],
  };
}
