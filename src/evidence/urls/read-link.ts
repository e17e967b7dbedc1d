/**
 * Where a link leads: by the URL Standard of the WHATWG, which browsers follow, and by RFC 3986, which other programs do.
 * Where they differ, either may be what the recipient's program does, and so both hosts count.
 */
import type { Effort } from "./effort.ts";
import type { Disguise } from "./evidence.ts";
import { innerLinks } from "./inner-links.ts";
import { INNER_LINK_CHARACTERS_MAX, LINK_CHARACTERS_MAX } from "./limits.ts";
import { nameParts } from "./public-suffix.ts";
import { isPlainName, type ReadHost, readHosts } from "./read-host.ts";

export interface LinkReading {
  /** What the link leads to, that of browsers first; empty where it leads nowhere else. */
  readonly hosts: readonly ReadHost[];
  /** Hosts of links inside it, the outermost first. */
  readonly inner: readonly ReadHost[];
  /** The addresses of a `mailto:`, and what is one without it. */
  readonly addresses: readonly string[];
}

const NOTHING: LinkReading = { hosts: [], inner: [], addresses: [] };

/** What nearly all links are: nothing in it that readers could see differently. */
const USUAL = /^https?:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d{1,4})?(?=[/?#]|$)/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** Schemes with a host that readers by the URL Standard find behind any number of slashes of either kind. */
const WITH_HOST = new Set(["http", "https", "ftp", "ws", "wss"]);
/** What the URL Standard leaves out in front, and everywhere. */
const EDGES = /^[\0- ]+/; // oxlint-disable-line no-control-regex -- controls are what is left out
/** What people write so that programs do not make a link of it, for others to undo. */
export const DEFANGED_DOT = /[[({](?:\.|dot)[\])}]/gi;
const LEFT_OUT = /[\t\n\r]+/g;

/** @param link as an attribute or a text holds it, entities decoded. */
export function readLink(link: string, effort: Effort): LinkReading {
  const usual = USUAL.exec(link);
  const name = usual?.[1]?.toLowerCase();
  if (usual !== null && name !== undefined && isPlainName(name)) {
    return { hosts: readHosts(name, effort), inner: readInner(link, usual[0].length, effort), addresses: [] };
  }
  const trimmed = link.slice(0, LINK_CHARACTERS_MAX).replace(EDGES, "").trimEnd();
  const cleaned = trimmed.replace(LEFT_OUT, "");
  const disguises: readonly Disguise[] = cleaned === trimmed ? [] : ["control-characters"];
  const refanged = cleaned.replace(/^hxxp(?=s?:)/i, "http").replace(DEFANGED_DOT, ".");
  if (refanged !== cleaned) return readWhole(refanged, [...disguises, "defanged"], effort);
  return readWhole(cleaned, disguises, effort);
}

function readWhole(cleaned: string, disguises: readonly Disguise[], effort: Effort): LinkReading {
  const scheme = SCHEME.exec(cleaned)?.[1]?.toLowerCase();
  if (scheme === undefined) return readSchemeless(cleaned, disguises, effort);
  if (scheme === "mailto") return readMailto(cleaned, effort);
  if (!WITH_HOST.has(scheme)) {
    // `name.example:8080/x` has no scheme, whatever it looks like.
    const bare = scheme.includes(".") ? readBare(cleaned, disguises, effort) : NOTHING;
    return { ...bare, inner: readInner(cleaned, scheme.length + 1, effort) };
  }
  return {
    hosts: readAuthority(cleaned, disguises, effort),
    inner: readInner(cleaned, scheme.length + 1, effort),
    addresses: [],
  };
}

/** Relative to its page, but for what names a host: `//evil.example/x`. Some programs put the scheme in front of a bare name. */
function readSchemeless(link: string, disguises: readonly Disguise[], effort: Effort): LinkReading {
  if (/^[/\\]{2}/.test(link)) {
    return {
      hosts: readAuthority(`http:${link}`, disguises, effort),
      inner: readInner(link, 2, effort),
      addresses: [],
    };
  }
  const inner = readInner(link, 0, effort);
  if (/^[/\\?#.]/.test(link) || link === "") return { ...NOTHING, inner };
  return { ...readBare(link, disguises, effort), inner };
}

function readBare(link: string, disguises: readonly Disguise[], effort: Effort): LinkReading {
  const [head = ""] = link.split(/[/\\?#]/, 1);
  if (head.includes("@")) return { ...NOTHING, addresses: [head] };
  const hosts = readHosts(head.replace(/:\d*$/, ""), effort).filter(
    ({ host, kind }) => kind === "name" && (nameParts(host).isKnown || host.startsWith("www.")),
  );
  return { ...NOTHING, hosts: hosts.map((host) => disguised(host, disguises)) };
}

/** RFC 6068 §2: addresses with commas between them, percent-encoded; more in `to`, `cc` and `bcc` of the query. */
function readMailto(link: string, effort: Effort): LinkReading {
  const [path = "", query = ""] = link.slice("mailto:".length).split("?", 2);
  const more = query.split("&").filter((field) => /^(?:to|cc|bcc)=/i.test(field));
  const lists = [path, ...more.map((field) => field.slice(field.indexOf("=") + 1))];
  return { hosts: [], inner: readInner(link, 7, effort), addresses: lists.flatMap((list) => list.split(/,|%2c/i)) };
}

/** @param link with a scheme of those that have a host. */
function readAuthority(link: string, seen: readonly Disguise[], effort: Effort): readonly ReadHost[] {
  const colon = link.indexOf(":");
  let start = colon + 1;
  while (link[start] === "/" || link[start] === "\\") start++;
  const ends = link.slice(start).search(/[/\\?#]/);
  const browsers = link.slice(start, ends === -1 ? undefined : start + ends);
  // RFC 3986 §3.2: exactly two slashes, and a backslash is a character as any other.
  const rfc = /^:\/\/([^/?#]*)/.exec(link.slice(colon))?.[1] ?? "";
  const disguises = new Set(seen);
  if (browsers.includes("@") || rfc.includes("@")) disguises.add("userinfo");
  if (link.slice(colon + 1, start).includes("\\") || rfc.includes("\\")) disguises.add("backslashes");
  const hosts = [...hostsOf(browsers, effort)];
  if (rfc !== browsers) {
    for (const host of hostsOf(rfc, effort)) {
      if (hosts.every((other) => other.host !== host.host)) hosts.push(host);
    }
    if (hosts.length > 1) disguises.add("readers-differ");
  }
  return hosts.map((host) => disguised(host, [...disguises]));
}

/** The last at sign counts: both kinds of readers see it so, though RFC 3986 allows only one. */
function hostsOf(authority: string, effort: Effort): readonly ReadHost[] {
  return readHosts(authority.slice(authority.lastIndexOf("@") + 1), effort);
}

function readInner(link: string, from: number, effort: Effort): readonly ReadHost[] {
  const hosts = new Map<string, ReadHost>();
  for (const inner of innerLinks(link.slice(from, LINK_CHARACTERS_MAX))) {
    const whole = /^www\./i.test(inner) ? `http://${inner}` : inner.replace(/^hxxp/i, "http");
    for (const host of readAuthority(whole.slice(0, INNER_LINK_CHARACTERS_MAX), ["inside-a-link"], effort)) {
      if (!hosts.has(host.host)) hosts.set(host.host, host);
    }
  }
  return [...hosts.values()];
}

function disguised(host: ReadHost, more: readonly Disguise[]): ReadHost {
  return more.length === 0 ? host : { ...host, disguises: [...new Set([...more, ...host.disguises])] };
}
