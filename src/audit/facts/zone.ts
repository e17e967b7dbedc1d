/** What a domain has published about its mail, as it is. */

import { organizationalDomain, PolicyTree } from "#evidence/dmarc/tree-walk.ts";
import { walkSpf } from "#evidence/spf/check-spf.ts";
import type { SpfRecordEvidence } from "#evidence/spf/evidence.ts";
import type { Clock } from "#ports/clock.ts";
import type { CaaRecord, LookupOptions, ZoneResolver } from "#ports/resolver.ts";
import { DNS_STEP_MS } from "../limits.ts";
import { type Asked, known, recordsOf, unknown } from "./asked.ts";

export interface ZoneFacts {
  /** TXT records at the domain that begin with `v=spf1`. */
  readonly spfRecords: Asked<readonly string[]>;
  readonly spfTree: SpfRecordEvidence;
  /** TXT records at `_dmarc` that begin with `v=DMARC1`. */
  readonly dmarcRecords: Asked<readonly string[]>;
  /** Where the domain itself has none: the one above it that holds for it (RFC 9989 §4.10). */
  readonly dmarcAbove: Asked<{ readonly domain: string; readonly text: string } | undefined>;
  /** By selector: TXT records at its name. Of selectors that are only guessed, those with records. */
  readonly dkimKeys: ReadonlyMap<string, Asked<readonly string[]>>;
  /** TXT records at `_mta-sts` and at `_smtp._tls`. */
  readonly mtaStsRecords: Asked<readonly string[]>;
  readonly tlsReportRecords: Asked<readonly string[]>;
  readonly caa: Asked<readonly CaaRecord[]>;
  /** Is the zone signed, as our resolver sees it? */
  readonly isSigned: Asked<boolean>;
}

export interface ZoneOptions {
  readonly resolver: ZoneResolver;
  readonly clock: Clock;
  /** Our own name, for macros. */
  readonly receiver: string;
  /** Selectors that are known to be in use. */
  readonly selectors: readonly string[];
}

/** What providers and programs call their selectors: where nobody names one, these are tried. */
const COMMON_SELECTORS = [
  "postern1-rsa",
  "postern1-ed25519",
  "postern2-rsa",
  "default",
  "dkim",
  "mail",
  "google",
  "selector1",
  "selector2",
  "k1",
  "k2",
  "s1",
  "s2",
  "smtp",
  "key1",
  "protonmail",
  "protonmail2",
  "fm1",
  "fm2",
  "mx",
  "20230601",
  "dkim1",
  "202501",
];

const SECOND_MS = 1000;

export async function gatherZone(domain: string, options: ZoneOptions): Promise<ZoneFacts> {
  const { resolver, clock, receiver } = options;
  const lookup: LookupOptions = { deadlineMs: clock.monotonicMs() + DNS_STEP_MS };
  const texts = async (name: string, pattern: RegExp): Promise<Asked<readonly string[]>> => {
    const asked = recordsOf(await resolver.txt(name, lookup));
    return asked.kind === "unknown" ? asked : { ...asked, value: asked.value.filter((text) => pattern.test(text)) };
  };
  const nowSeconds = Math.floor(clock.now() / SECOND_MS);
  const [spfRecords, spfTree, dmarcRecords, dkimKeys, mtaStsRecords, tlsReportRecords, caa, signed] = await Promise.all(
    [
      texts(domain, /^v=spf1(?: |$)/i),
      walkSpf(domain, { resolver, deadlineMs: lookup.deadlineMs, receiver, nowSeconds, family: 4 }),
      texts(`_dmarc.${domain}`, /^v\s*=\s*DMARC1/i),
      findKeys(domain, options, lookup),
      texts(`_mta-sts.${domain}`, /^v=STSv1/i),
      texts(`_smtp._tls.${domain}`, /^v=TLSRPTv1/i),
      resolver.caa(domain, lookup),
      resolver.mx(domain, lookup),
    ],
  );
  return {
    spfRecords,
    spfTree,
    dmarcRecords,
    dmarcAbove: await recordAbove(domain, dmarcRecords, resolver, lookup),
    dkimKeys,
    mtaStsRecords,
    tlsReportRecords,
    caa: recordsOf(caa),
    isSigned:
      signed.kind === "unavailable"
        ? { kind: "unknown", why: signed.cause }
        : { kind: "known", value: signed.authenticated },
  };
}

async function recordAbove(
  domain: string,
  own: Asked<readonly string[]>,
  resolver: ZoneResolver,
  lookup: LookupOptions,
): Promise<ZoneFacts["dmarcAbove"]> {
  if (own.kind === "unknown" || own.value.length > 0) return known(undefined);
  const { found, failure } = await new PolicyTree(resolver, lookup).walk(domain);
  if (failure !== undefined) return unknown(failure);
  const organization = organizationalDomain(domain, found);
  const text = found.find((one) => one.domain === organization)?.record.evidence?.text;
  return known(text === undefined ? undefined : { domain: organization, text });
}

async function findKeys(
  domain: string,
  { resolver, selectors }: ZoneOptions,
  lookup: LookupOptions,
): Promise<ReadonlyMap<string, Asked<readonly string[]>>> {
  const isNamed = selectors.length > 0;
  const found = await Promise.all(
    (isNamed ? selectors : COMMON_SELECTORS).map(async (selector) => {
      const asked = recordsOf(await resolver.txt(`${selector}._domainkey.${domain}`, lookup));
      return [selector, asked] as const;
    }),
  );
  // A guess that leads nowhere says nothing.
  const telling = found.filter(([, asked]) => isNamed || (asked.kind === "known" && asked.value.length > 0));
  return new Map(telling);
}
