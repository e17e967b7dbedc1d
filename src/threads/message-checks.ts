/** What a message that is there is asked about, over the resolver and the lists of the thread. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Settings } from "#config/settings.ts";
import { authenticateMessage } from "#evidence/authentication-results/authenticate-message.ts";
import { checkContent } from "#evidence/content/check-content.ts";
import type { MessageOctets } from "#evidence/content/message-octets.ts";
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import type { ListGuard } from "#evidence/dnsbl/query-lists.ts";
import { extractUrls } from "#evidence/urls/extract-urls.ts";
import { ownListings, ownUriList } from "#evidence/urls/own-uri-list.ts";
import { queryUriLists } from "#evidence/urls/query-uri-lists.ts";
import type { Clock } from "#ports/clock.ts";
import type { Resolver } from "#ports/resolver.ts";
import type { Checks } from "#reception/evidence-gathering.ts";

const SECOND_MS = 1000;

export interface MessageChecksOptions {
  readonly settings: {
    readonly dmarc: Pick<Settings["dmarc"], "trustedSealers">;
    readonly domains: readonly { readonly name: string }[];
    readonly uriList?: Settings["uriList"];
  };
  readonly resolver: Resolver;
  readonly lists: readonly DnsList[];
  readonly guard: ListGuard;
  readonly clock: Clock;
}

type MessageChecks = Pick<Checks, "authenticate" | "links" | "uriLists" | "ownUris" | "content">;

export function messageChecks({ settings, resolver, lists, guard, clock }: MessageChecksOptions): MessageChecks {
  const { trustedSealers } = settings.dmarc;
  const own = new Set(settings.domains.map(({ name }) => name));
  const isOwnDomain = (domain: string): boolean => own.has(domain);
  return {
    authenticate: (message, spf, deadlineMs) => {
      const nowSeconds = Math.floor(clock.now() / SECOND_MS);
      return authenticateMessage(message, { spf, trustedSealers, resolver, deadlineMs, nowSeconds });
    },
    links: ({ index, octets }) => extractUrls(index, yielding(octets), nextTurn),
    uriLists: (urls, deadlineMs) => queryUriLists({ urls, isExempt: isOwnDomain, lists, guard, resolver, deadlineMs }),
    ...ownUris(settings.uriList ?? []),
    content: ({ index, octets }, { mailFrom, isFromOutside }) =>
      checkContent({
        index,
        octets: yielding(octets),
        receivedAtMs: clock.now(),
        mailFromDomain: mailFrom === "" ? null : mailFrom.slice(mailFrom.lastIndexOf("@") + 1),
        isFromOutside,
        isOwnDomain,
      }),
  };
}

/** Nothing where there is no list of our own. */
function ownUris(entries: Settings["uriList"]): Pick<Checks, "ownUris"> {
  if (entries.length === 0) return {};
  const list = ownUriList(entries);
  // What `check-config` has found wrong never gets here.
  return list.ok ? { ownUris: (urls) => ownListings(urls, list.value) } : {};
}

/** Between two parts of a message the thread's other connections have their turn. */
function yielding(octets: MessageOctets): MessageOctets {
  return {
    read: async (start, end) => {
      await nextTurn();
      return octets.read(start, end);
    },
  };
}
