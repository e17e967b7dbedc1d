/** Our own list of hosts, domains and addresses that links must not lead to, kept by the admin. Asks nobody. */
import { parseDomain } from "#mail/address.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { UrlEvidence } from "./evidence.ts";

export interface OwnListEntry {
  /** A name, which stands for all names below it too, or an IP address. */
  readonly entry: string;
  readonly reason: string;
  readonly weight: number;
}

export interface OwnListing extends OwnListEntry {
  readonly host: string;
}

export interface OwnListProblem {
  /** Which entry, from 0. */
  readonly position: number;
  readonly problem: "bad-entry" | "twice";
}

/** By name as A-labels, or address in its one form. */
export type OwnUriList = ReadonlyMap<string, OwnListEntry>;

export function ownUriList(entries: readonly OwnListEntry[]): Result<OwnUriList, OwnListProblem> {
  const list = new Map<string, OwnListEntry>();
  for (const [position, entry] of entries.entries()) {
    const domain = parseDomain(entry.entry);
    const key = parseIpAddress(entry.entry) ?? (domain.ok && !domain.value.startsWith("[") ? domain.value : undefined);
    if (key === undefined) return failed({ position, problem: "bad-entry" });
    if (list.has(key)) return failed({ position, problem: "twice" });
    list.set(key, { ...entry, entry: key });
  }
  return ok(list);
}

/** What the list says about the hosts of a message, one listing a host: that of its longest name. */
export function ownListings({ hosts }: Pick<UrlEvidence, "hosts">, list: OwnUriList): readonly OwnListing[] {
  return hosts.flatMap(({ host, kind }) => {
    const entry = kind === "address" ? list.get(host) : entryOf(host, list);
    return entry === undefined ? [] : [{ host, ...entry }];
  });
}

function entryOf(host: string, list: OwnUriList): OwnListEntry | undefined {
  for (let name = host; ; name = name.slice(name.indexOf(".") + 1)) {
    const entry = list.get(name);
    if (entry !== undefined || !name.includes(".")) return entry;
  }
}
