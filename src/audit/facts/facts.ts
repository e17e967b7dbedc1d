/** Everything that was found out, before anything is made of it. */
import type { DnsblEvidence } from "#evidence/dnsbl/evidence.ts";
import type { MxRecord } from "#ports/resolver.ts";
import type { Asked } from "./asked.ts";
import type { MailHost } from "./hosts.ts";
import type { ConnectionFacts, SmugglingAnswer } from "./intrusive.ts";
import type { ListHealthFacts } from "./list-health.ts";
import type { MxSessionFacts } from "./mx-session.ts";
import type { ServiceFacts } from "./services.ts";
import type { ZoneFacts } from "./zone.ts";

export interface AuditFacts {
  readonly domain: string;
  readonly atMs: number;
  readonly exchanges: Asked<readonly MxRecord[]>;
  /** Hosts of the MX records, in their order; the domain itself where there are none. */
  readonly hosts: readonly MailHost[];
  readonly zone: ZoneFacts;
  readonly listHealth: readonly ListHealthFacts[];
  /** The domain and its hosts, asked of lists of domains. */
  readonly domainListings: DnsblEvidence;
  /** By address of a host, port 25. */
  readonly sessions: ReadonlyMap<string, Asked<MxSessionFacts>>;
  /** All ports that were tried. */
  readonly services: readonly ServiceFacts[];
  /** MTA-STS policy as it was fetched; undefined where no record asks for it. */
  readonly mtaStsPolicy: PolicyFetch | undefined;
  /** TLSA records by host, of port 25, and whether they were validated. */
  readonly tlsa: ReadonlyMap<string, Asked<{ readonly count: number; readonly isValidated: boolean }>>;
  /** Where it was asked for. */
  readonly intrusive: IntrusiveFacts | undefined;
  /** What only the inside knows; undefined where the server is not ours. */
  readonly inside: InsideFacts | undefined;
}

export type PolicyFetch =
  | { readonly kind: "policy"; readonly text: string }
  /** What others would meet, too. */
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

export interface IntrusiveFacts {
  /** By address. */
  readonly connections: ReadonlyMap<string, ConnectionFacts>;
  /** By address, then by wrong end. Empty where no recipient was given. */
  readonly smuggling: ReadonlyMap<string, ReadonlyMap<string, SmugglingAnswer>>;
}

/** What our own server says about itself. */
export interface InsideFacts {
  readonly relaySelfTest: "passed" | number;
  readonly dnsLists: readonly string[];
  readonly uriLists: readonly string[];
  readonly blockList: { readonly isEnforced: boolean; readonly entries: number };
  readonly limits: { readonly total: number; readonly perAddress: number; readonly perMinutePerAddress: number };
}
