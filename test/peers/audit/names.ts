/** Who is who in the small internet of the audit tests. Addresses are those that documents may use (RFC 5737). */
import type { ZoneRecords } from "../../fakes/dns-server.ts";

export interface Subject {
  readonly domain: string;
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

export const STOCK: Subject = {
  domain: "stock.example",
  hosts: [{ name: "mail.stock.example", address: "192.0.2.11" }],
};

export const BAD: Subject = {
  domain: "bad.example",
  hosts: [{ name: "mail.bad.example", address: "192.0.2.21" }],
};

export const EXIM: Subject = {
  domain: "exim.example",
  hosts: [{ name: "mail.exim.example", address: "192.0.2.31" }],
};

export const GOOD: Subject = {
  domain: "good.example",
  hosts: [
    { name: "mx1.good.example", address: "198.51.100.1" },
    { name: "mx2.good.example", address: "203.0.113.1" },
  ],
};

/** Where the audit comes from. */
export const CLIENT = "192.0.2.99";

export const ADDRESSES = [STOCK, BAD, EXIM, GOOD].flatMap(({ hosts }) => hosts.map(({ address }) => address));

type Zone = Record<string, ZoneRecords>;

/** Addresses and names that lead both ways. */
export function hostRecords({ hosts }: Subject): Zone {
  return Object.fromEntries(
    hosts.flatMap(({ name, address }): [string, ZoneRecords][] => [
      [name, { A: [address] }],
      [`${address.split(".").toReversed().join(".")}.in-addr.arpa`, { PTR: [name] }],
    ]),
  );
}

/** The lists that are asked by default, in good health, and with nobody on them but their test entries. */
export function listZones(): Zone {
  const zone: Zone = {
    "99.2.0.192.in-addr.arpa": { PTR: ["audit.example"] },
    "audit.example": { A: [CLIENT] },
  };
  const listed = (name: string, answer: string): void => {
    zone[name] = { A: [answer] };
  };
  for (const list of ["zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com", "list.dnswl.org"]) {
    listed(`2.0.0.127.${list}`, "127.0.0.2");
  }
  listed("test.dbl.spamhaus.org", "127.0.1.2");
  listed("surbl-org-permanent-test-point.com.multi.surbl.org", "127.0.0.254");
  listed("test.uribl.com.multi.uribl.com", "127.0.0.14");
  return zone;
}

export function stockZone(): Zone {
  return {
    ...hostRecords(STOCK),
    "stock.example": { MX: [{ preference: 10, exchange: "mail.stock.example" }], TXT: ["v=spf1 mx ~all"] },
    "_dmarc.stock.example": { TXT: ["v=DMARC1; p=none"] },
  };
}

/** Nobody has published more than where the mail goes. */
export function eximZone(): Zone {
  return {
    ...hostRecords(EXIM),
    "exim.example": { MX: [{ preference: 10, exchange: "mail.exim.example" }] },
    // It looks whether senders have an address to answer to.
    "elsewhere.example": { A: ["192.0.2.99"] },
  };
}

/** An MX that is an alias, SPF with eleven look-ups, two DMARC records, a name that does not lead back. */
export function badZone(): Zone {
  const includes = Array.from({ length: 11 }, (_, i) => `_s${i}.bad.example`);
  return {
    "21.2.0.192.in-addr.arpa": { PTR: ["elsewhere.example"] },
    "mail.bad.example": { A: ["192.0.2.21"] },
    "mx.bad.example": { CNAME: "mail.bad.example" },
    "bad.example": {
      MX: [{ preference: 10, exchange: "mx.bad.example" }],
      TXT: [inStrings(`v=spf1 ${includes.map((name) => `include:${name}`).join(" ")} -all`)],
    },
    ...Object.fromEntries(
      includes.map((name): [string, ZoneRecords] => [name, { TXT: ["v=spf1 ip4:192.0.2.0/24 -all"] }]),
    ),
    "_dmarc.bad.example": { TXT: ["v=DMARC1; p=none", "v=DMARC1; p=reject"] },
  };
}

/** A record as `postern dns --json` names it. */
export interface NamedRecord {
  readonly name: string;
  readonly type: "A" | "AAAA" | "MX" | "TXT" | "SRV" | "CNAME" | "PTR" | "TLSA";
  readonly value: string;
}

/** What Postern says is to be published, published. Addresses and their names are those of the hosts. */
export function published(records: readonly NamedRecord[]): Zone {
  const zone: Record<string, { -readonly [Type in keyof ZoneRecords]: ZoneRecords[Type] }> = {};
  for (const { name, type, value } of records) {
    const entry = (zone[name] ??= {});
    switch (type) {
      case "TXT":
        entry.TXT = [...(entry.TXT ?? []), inStrings(value)];
        break;
      case "CNAME":
        entry.CNAME = value;
        break;
      case "MX": {
        const [preference = "", exchange = ""] = value.split(" ");
        entry.MX = [...(entry.MX ?? []), { preference: Number(preference), exchange }];
        break;
      }
      case "TLSA": {
        const [usage = 0, selector = 0, matchingType = 0] = value.split(" ").map(Number);
        const certificate = Buffer.from(value.split(" ")[3] ?? "", "hex");
        entry.TLSA = [...(entry.TLSA ?? []), { usage, selector, matchingType, certificate }];
        break;
      }
      case "A":
      case "AAAA":
      case "PTR":
      case "SRV":
        break;
    }
  }
  return { ...zone, ...hostRecords(GOOD) };
}

function inStrings(value: string): string[] {
  return value.match(/.{1,255}/g) ?? [];
}
