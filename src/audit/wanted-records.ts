/** The records that a domain's zone should have for its mail to be in order, and which of them are there. */
import { Buffer } from "node:buffer";
import type { DnsAnswer, LookupOptions, ZoneResolver } from "#ports/resolver.ts";

export type RecordType = "A" | "AAAA" | "MX" | "TXT" | "SRV" | "CNAME" | "PTR" | "TLSA";

export interface WantedRecord {
  readonly name: string;
  readonly type: RecordType;
  /** As zone files have it, strings of TXT without quotes. */
  readonly value: string;
  /** What it is for, in a few words. */
  readonly why: string;
  /** Mail arrives without it, and less safely. */
  readonly isOptional: boolean;
  /**
   * What else will do: a record that begins so (a policy that its owner changed), one that ends so (another preference),
   * or any at all. Undefined: the very value.
   */
  readonly accepts?: { readonly prefix: string } | { readonly suffix: string } | "any";
}

/**
 * - `there`: as wanted, or in a way that will do.
 * - `different`: records of that name and type are there, and this is not among them.
 * - `unknown`: could not be asked for.
 */
export type RecordState = "there" | "missing" | "different" | "unknown";

export interface CheckedRecord extends WantedRecord {
  readonly state: RecordState;
  /** What is published under the name. */
  readonly found: readonly string[];
}

export interface DomainMail {
  readonly domain: string;
  /** Our hosts that take its mail, most preferred first. */
  readonly exchanges: readonly string[];
  /** The host that users log in to. */
  readonly host: string;
  /** Public addresses of `host`, where they are known. */
  readonly addresses: readonly string[];
  readonly dkim: readonly { readonly name: string; readonly value: string }[];
  readonly reportAddress: string;
  /** Of the MTA-STS policy; undefined: none is served. */
  readonly mtaStsId: string | undefined;
  /** `3 1 1 HEX` of the certificates in use. */
  readonly tlsa: readonly string[];
  /** Ports that are open for users. */
  readonly ports: {
    readonly submissions?: number;
    readonly submission?: number;
    readonly imaps?: number;
    readonly pop3s?: number;
  };
}

export function wantedRecords(mail: DomainMail): readonly WantedRecord[] {
  return [...hostRecords(mail), ...senderRecords(mail), ...tlsRecords(mail), ...programRecords(mail)];
}

const PREFERENCE_STEP = 10;

function hostRecords({ domain, exchanges, host, addresses }: DomainMail): readonly WantedRecord[] {
  const ofHost = addresses.map((address): WantedRecord => {
    const type = address.includes(":") ? "AAAA" : "A";
    return { name: host, type, value: address, why: "where the server is", isOptional: false };
  });
  const pointers = addresses.map((address): WantedRecord => {
    return { name: address, type: "PTR", value: host, why: "its name, from the address's provider", isOptional: false };
  });
  const mx = exchanges.map((exchange, index): WantedRecord => {
    const value = `${(index + 1) * PREFERENCE_STEP} ${exchange}`;
    return {
      name: domain,
      type: "MX",
      value,
      why: "where mail is delivered",
      isOptional: false,
      accepts: { suffix: ` ${exchange}` },
    };
  });
  return [...ofHost, ...pointers, ...mx];
}

function senderRecords({ domain, dkim, reportAddress }: DomainMail): readonly WantedRecord[] {
  return [
    {
      name: domain,
      type: "TXT",
      value: "v=spf1 mx -all",
      why: "who may send (SPF)",
      isOptional: false,
      accepts: { prefix: "v=spf1 " },
    },
    ...dkim.map(({ name, value }): WantedRecord => {
      return { name, type: "TXT", value, why: "a key that signs (DKIM)", isOptional: false };
    }),
    {
      name: `_dmarc.${domain}`,
      type: "TXT",
      value: `v=DMARC1; p=quarantine; rua=mailto:${reportAddress}`,
      why: "what others do with forged mail (DMARC)",
      isOptional: false,
      accepts: { prefix: "v=DMARC1" },
    },
  ];
}

function tlsRecords({ domain, host, mtaStsId, tlsa, reportAddress }: DomainMail): readonly WantedRecord[] {
  const sts: readonly WantedRecord[] =
    mtaStsId === undefined
      ? []
      : [
          {
            name: `_mta-sts.${domain}`,
            type: "TXT",
            value: `v=STSv1; id=${mtaStsId}`,
            why: "TLS for mail to the domain (MTA-STS)",
            isOptional: false,
          },
          {
            name: `mta-sts.${domain}`,
            type: "CNAME",
            value: host,
            why: "where its policy is",
            isOptional: false,
            accepts: "any",
          },
        ];
  return [
    ...sts,
    {
      name: `_smtp._tls.${domain}`,
      type: "TXT",
      value: `v=TLSRPTv1; rua=mailto:${reportAddress}`,
      why: "who hears when TLS fails (TLSRPT)",
      isOptional: false,
      accepts: { prefix: "v=TLSRPTv1" },
    },
    ...tlsa.map((value): WantedRecord => {
      return {
        name: `_25._tcp.${host}`,
        type: "TLSA",
        value,
        why: "in a signed zone: its certificate (DANE)",
        isOptional: true,
      };
    }),
  ];
}

/** RFC 6186, RFC 8314 §5.1. */
function programRecords({ domain, host, ports }: DomainMail): readonly WantedRecord[] {
  return Object.entries(ports).map(([service, port]): WantedRecord => {
    const name = `_${service}._tcp.${domain}`;
    return {
      name,
      type: "SRV",
      value: `0 1 ${port} ${host}`,
      why: "for mail programs",
      isOptional: true,
      accepts: "any",
    };
  });
}

export function checkRecords(
  wanted: readonly WantedRecord[],
  resolver: ZoneResolver,
  lookup: LookupOptions,
): Promise<readonly CheckedRecord[]> {
  return Promise.all(
    wanted.map(async (record): Promise<CheckedRecord> => {
      const found = await published(record, resolver, lookup);
      if (found === undefined) return { ...record, state: "unknown", found: [] };
      return { ...record, state: stateOf(record, found), found };
    }),
  );
}

function stateOf(wanted: WantedRecord, found: readonly string[]): RecordState {
  if (found.some((text) => willDo(text.replace(/\s+/g, " ").trim(), wanted))) return "there";
  return found.length === 0 ? "missing" : "different";
}

function willDo(text: string, { value, accepts }: WantedRecord): boolean {
  if (text === value || accepts === "any") return true;
  if (accepts === undefined) return false;
  return "prefix" in accepts
    ? text.toLowerCase().startsWith(accepts.prefix.toLowerCase())
    : text.endsWith(accepts.suffix);
}

/** As zone files have them; undefined where they could not be asked for. */
async function published(
  { name, type }: WantedRecord,
  resolver: ZoneResolver,
  lookup: LookupOptions,
): Promise<readonly string[] | undefined> {
  switch (type) {
    case "A":
      return texts(await resolver.a(name, lookup), String);
    case "AAAA":
      return texts(await resolver.aaaa(name, lookup), String);
    case "PTR":
      return texts(await resolver.ptr(name, lookup), String);
    case "TXT":
      return texts(await resolver.txt(name, lookup), String);
    case "MX":
      return texts(await resolver.mx(name, lookup), ({ preference, exchange }) => `${preference} ${exchange}`);
    case "SRV":
      return texts(
        await resolver.srv(name, lookup),
        (srv) => `${srv.priority} ${srv.weight} ${srv.port} ${srv.target}`,
      );
    case "TLSA":
      return texts(await resolver.tlsa(name, lookup), ({ usage, selector, matchingType, data }) => {
        return `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString("hex")}`;
      });
    case "CNAME": {
      // An address of its own will do as well.
      const alias = texts(await resolver.cname(name, lookup), String);
      return alias !== undefined && alias.length > 0 ? alias : texts(await resolver.a(name, lookup), String);
    }
  }
}

function texts<Data>(answer: DnsAnswer<Data>, text: (record: Data) => string): readonly string[] | undefined {
  if (answer.kind === "unavailable") return undefined;
  return answer.kind === "records" ? answer.records.map(text) : [];
}
