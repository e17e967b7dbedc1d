/** Links inside a link: what `https://good.example/r?u=http%3A%2F%2Fevil.example` passes its reader on to. */
import { Buffer } from "node:buffer";
import { INNER_DECODINGS_MAX, INNER_LINK_CHARACTERS_MAX, INNER_LINKS_MAX } from "./limits.ts";
import { percentDecoded } from "./read-host.ts";

const INNER = /(?:https?|hxxps?|ftp):[/\\]+|(?<=[=/?&])www\.|aHR0c[a-z0-9+/_-]{8,}/gi;
/** `http` in base64; the letter behind it is `s` or a colon. */
const BASE64_HTTP = "aHR0c";

/**
 * Each from its scheme (or `www.`) on, in order, those that are encoded after those that are not. Cut at a length that any
 * host fits in.
 * @param text what follows the scheme of the outer link.
 */
export function innerLinks(text: string): readonly string[] {
  if (!/[:%]|www\.|aHR0c/i.test(text)) return [];
  const links = new Set<string>();
  let level = text;
  for (let decodings = 0; decodings < INNER_DECODINGS_MAX && links.size < INNER_LINKS_MAX; decodings++) {
    for (const { 0: match, index } of level.matchAll(INNER)) {
      if (links.size >= INNER_LINKS_MAX) break;
      if (!match.startsWith(BASE64_HTTP)) links.add(head(level.slice(index, index + INNER_LINK_CHARACTERS_MAX)));
      else links.add(head(Buffer.from(match.slice(0, INNER_LINK_CHARACTERS_MAX), "base64").toString("utf8")));
    }
    const next = percentDecoded(level);
    if (next === level) break;
    level = next;
  }
  return [...links];
}

/** Scheme, slashes and what may hold a host: the same link at two levels of encoding is one. */
function head(link: string): string {
  return /^[a-z]*:?[/\\]*[^/?#&]*/i.exec(link)?.[0] ?? "";
}
