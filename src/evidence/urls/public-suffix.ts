/** Registered domains by the public suffix list, and which names a mail program would make a link of. */
import { parse } from "tldts";

const OPTIONS = { allowPrivateDomains: true, extractHostname: false, mixedInputs: false, validateHostname: false };

/**
 * Top-level domains under which two words with a dot between them, and nothing else, are a link. The others are file types
 * (`file.sh`), kinds of companies (`Co.KG`) and words (`it`, `is`, `in`) too often.
 */
const LINKED_BARE = new Set(
  "com net org info biz edu gov mil int eu de fr uk ru su cn jp br ua by kz xyz top online site shop store club click icu vip win bid loan xn--p1ai".split(
    " ",
  ),
);
/** RFC 2606 §2: not registered by anybody, but names as any other in what documents and tests say. */
const RESERVED = new Set(["example", "test"]);

export interface NameParts {
  /** Null for a public suffix. */
  readonly registered: string | null;
  readonly suffix: string;
  /** The registered domain without its suffix. */
  readonly label: string | null;
  /** The suffix is one that the Internet knows. */
  readonly isKnown: boolean;
}

/** @param host as A-labels in lower case. */
export function nameParts(host: string): NameParts {
  const { domain, publicSuffix, domainWithoutSuffix, isIcann, isPrivate } = parse(host, OPTIONS);
  const suffix = publicSuffix ?? "";
  const isKnown = isIcann === true || isPrivate === true || RESERVED.has(suffix);
  return { registered: domain, suffix, label: domainWithoutSuffix, isKnown };
}

/**
 * Would a mail program make a link of a name in running text, without a scheme before it?
 * @param hasPath a path, a query or a port follows.
 */
export function isLinkedBare(host: string, hasPath: boolean): boolean {
  if (host.startsWith("www.") && host.indexOf(".", 4) !== -1) return true;
  const { registered, suffix, isKnown } = nameParts(host);
  if (registered === null || !isKnown) return false;
  return hasPath || suffix.includes(".") || LINKED_BARE.has(suffix);
}
