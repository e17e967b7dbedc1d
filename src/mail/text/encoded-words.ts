/** RFC 2047: header text with its encoded words decoded. Broken words stay as they stand. */
import { Buffer } from "node:buffer";
import { decodeCharset } from "./charset.ts";
import { CHARSET_NAME_LENGTH_MAX } from "./limits.ts";
import { decodeBase64, decodeQ } from "./transfer-encoding.ts";

interface EncodedWord {
  /** Lower-case, the language (RFC 2231 §5) cut off. */
  readonly charset: string;
  readonly octets: Uint8Array;
  readonly end: number;
}

/**
 * Decodes unfolded header text. White space between neighbouring words goes (RFC 2047 §6.2), and neighbours of one charset are
 * decoded together: many senders cut a character in two.
 */
export function decodeEncodedWords(text: string): string {
  if (!text.includes("=?")) return text;
  // No word can begin past this: without it each start would search the whole rest for an end.
  const lastEnd = text.lastIndexOf("?=");
  let decoded = "";
  let copied = 0;
  let run: { charset: string; octets: Uint8Array[] } | undefined;
  const endRun = (): void => {
    if (run !== undefined) decoded += decodeCharset(Buffer.concat(run.octets), run.charset);
    run = undefined;
  };
  for (let at = text.indexOf("=?"); at !== -1 && at < lastEnd; ) {
    const word = readWord(text, at);
    if (word === undefined) {
      at = text.indexOf("=?", at + 2);
      continue;
    }
    const between = text.slice(copied, at);
    if (run === undefined || between.trim() !== "") {
      endRun();
      decoded += between;
    }
    if (run?.charset !== word.charset) endRun();
    run ??= { charset: word.charset, octets: [] };
    run.octets.push(word.octets);
    copied = word.end;
    at = text.indexOf("=?", copied);
  }
  endRun();
  return decoded + text.slice(copied);
}

function readWord(text: string, start: number): EncodedWord | undefined {
  const charsetEnd = boundedIndexOf(text, "?", start + 2, CHARSET_NAME_LENGTH_MAX);
  if (charsetEnd === -1) return undefined;
  const charset = text.slice(start + 2, charsetEnd);
  const encoding = text[charsetEnd + 1];
  if (!/^[^\s?=<>()@,;:"/[\]]+$/.test(charset) || text[charsetEnd + 2] !== "?") return undefined;
  if (encoding === undefined || !"BbQq".includes(encoding)) return undefined;
  const textStart = charsetEnd + 3;
  const textEnd = text.indexOf("?=", textStart);
  if (textEnd === -1) return undefined;
  const raw = Buffer.from(text.slice(textStart, textEnd), "utf8");
  const octets = encoding === "B" || encoding === "b" ? decodeBase64(raw) : decodeQ(raw);
  const [name = ""] = charset.toLowerCase().split("*", 1);
  return { charset: name, octets, end: textEnd + 2 };
}

function boundedIndexOf(text: string, wanted: string, start: number, lengthMax: number): number {
  const index = text.slice(start, start + lengthMax + 1).indexOf(wanted);
  return index === -1 ? -1 : start + index;
}
