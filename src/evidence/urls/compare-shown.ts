/** A link whose text names one host while it leads to another. */
import { domainToUnicode } from "node:url";
import type { Effort } from "./effort.ts";
import type { LinkMismatch } from "./evidence.ts";
import { SHOWN_CHARACTERS_MAX } from "./limits.ts";
import { nameParts } from "./public-suffix.ts";
import { type ReadHost, readHosts, withoutInvisible } from "./read-host.ts";
import type { LinkReading } from "./read-link.ts";
import { mixesScripts } from "./scripts.ts";
import { isBareLink } from "./text-mentions.ts";

const SCHEME = /^(?:https?|ftp):[/\\]+/i;
/** White space, stops and half an entity (`&sp`) behind a URL belong to whoever wrote it, not to the URL. */
const TAIL = /(?:[\s\u00a0.,;:!?)\]'"]|&[a-z]{1,8};?)$/i;
const TAILS_MAX = 16;
/** Scripts and public suffixes are looked at, in plain host names. */
const SHOWN_TEXT_EFFORT = 6;
const NAME_LIKE = /^[\p{L}\p{N}\ufffd_-]+(?:\.[\p{L}\p{N}\ufffd_-]+)+$/u;

export interface ShownLink {
  readonly shown: string;
  readonly href: string;
  readonly part: string;
}

/**
 * Undefined where the text names no host, or the one that the link leads to.
 * @param target what the link's href was read as.
 */
export function compareShown(link: ShownLink, target: LinkReading, effort: Effort): LinkMismatch | undefined {
  const { shown, href, part } = link;
  if (!/[.\u3002\uff0e\uff61]/.test(shown)) return undefined;
  const text = trimmed(withoutInvisible(shown));
  const named = namedHost(text, effort);
  const [leadsTo] = target.hosts;
  if (named === undefined || leadsTo === undefined) return undefined;
  const targetDomain = domainOf(leadsTo);
  const shownDomain = named.host === undefined ? null : domainOf(named.host);
  if (target.hosts.some((host) => domainOf(host) === shownDomain)) return undefined;
  return {
    shown: text.slice(0, SHOWN_CHARACTERS_MAX),
    shownHost: named.host?.host ?? null,
    shownDomain,
    target: href.slice(0, SHOWN_CHARACTERS_MAX),
    targetHost: leadsTo.host,
    targetDomain,
    relation: relation(shownDomain, leadsTo, target.inner),
    mixedScripts: named.mixedScripts,
    part,
  };
}

function relation(shownDomain: string | null, target: ReadHost, inner: readonly ReadHost[]): LinkMismatch["relation"] {
  if (shownDomain === null) return "differs";
  const last = inner.at(-1);
  if (last !== undefined && domainOf(last) === shownDomain) return "passes-through";
  const { label } = nameParts(shownDomain);
  return target.kind === "name" && label !== null && label === nameParts(target.host).label ? "same-name" : "differs";
}

interface NamedHost {
  /** Undefined where it cannot be decoded. */
  readonly host: ReadHost | undefined;
  readonly mixedScripts: boolean;
}

/** The host that the whole of a text names; undefined where it is no link to a person's eye. */
function namedHost(text: string, effort: Effort): NamedHost | undefined {
  if (text === "" || /\s/.test(text) || !effort.allows(SHOWN_TEXT_EFFORT)) return undefined;
  const scheme = SCHEME.exec(text)?.[0].length ?? 0;
  const [authority = ""] = text.slice(scheme).split(/[/\\?#]/, 1);
  const written = authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
  const [host] = readHosts(written, effort);
  const unicode = host === undefined ? written : domainToUnicode(host.host);
  const mixedScripts = mixesScripts(unicode) || mixesScripts(written);
  if (scheme > 0) return written.includes(".") ? { host, mixedScripts } : undefined;
  if (authority.includes("@")) return undefined;
  const looksLinked = isBareLink(text, effort) || ((host === undefined || mixedScripts) && NAME_LIKE.test(written));
  return looksLinked ? { host, mixedScripts } : undefined;
}

function domainOf({ host, kind }: ReadHost): string {
  return kind === "address" ? host : (nameParts(host).registered ?? host);
}

function trimmed(text: string): string {
  let rest = text.trim().slice(0, 4 * SHOWN_CHARACTERS_MAX);
  for (let tails = 0; tails < TAILS_MAX; tails++) {
    const tail = TAIL.exec(rest.slice(-10))?.[0].length ?? 0;
    if (tail === 0) break;
    rest = rest.slice(0, -tail);
  }
  return rest;
}
