/** List-Unsubscribe (RFC 2369 §3.2) and one click (RFC 8058): can it be used, and whose is it? */
import { withoutComments } from "#mail/header/comment.ts";
import type { ListUnsubscribeEvidence } from "./evidence.ts";
import { UNSUBSCRIBE_LINKS_MAX } from "./limits.ts";
import { type FieldValues, isSameOwner } from "./sender-identity.ts";

const LINK = /<\s{0,16}([a-z]{2,10}:[^<>]{1,4096})>/gi;

/** @param fromDomain of From; undefined where there is none. */
export function listUnsubscribe(values: FieldValues, fromDomain: string | undefined): ListUnsubscribeEvidence {
  const fields = values("list-unsubscribe");
  const links = fields
    .flatMap((value) => [...withoutComments(value).matchAll(LINK)].map(([, link = ""]) => link.replace(/\s+/g, "")))
    .slice(0, UNSUBSCRIBE_LINKS_MAX);
  const hosts = [...new Set(links.map(hostOf).filter((host) => host !== undefined))];
  return {
    isPresent: fields.length > 0,
    hosts,
    isUseless: fields.length > 0 && hosts.length === 0,
    isElsewhere: hosts.length > 0 && fromDomain !== undefined && !hosts.some((host) => isSameOwner(host, fromDomain)),
    oneClick: oneClick(values("list-unsubscribe-post"), links),
  };
}

function hostOf(link: string): string | undefined {
  if (/^mailto:/i.test(link)) return /@([a-z0-9.-]+)/i.exec(link)?.[1]?.toLowerCase();
  return /^https?:/i.test(link) ? (URL.parse(link)?.hostname ?? undefined) : undefined;
}

/** RFC 8058 §3.1: one field, one value, and an https link to post it to. */
function oneClick(posts: readonly string[], links: readonly string[]): ListUnsubscribeEvidence["oneClick"] {
  if (posts.length === 0) return "none";
  const isWellFormed = posts.length === 1 && posts[0]!.trim().toLowerCase() === "list-unsubscribe=one-click";
  return isWellFormed && links.some((link) => /^https:/i.test(link)) ? "offered" : "malformed";
}
