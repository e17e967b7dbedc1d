/** The own list of hosts: `hosts` of the settings, and the lines of its file. */
import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { literalAddress, parseDomain } from "#mail/address.ts";
import { ipFamily } from "./network.ts";
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";

export interface UriListEntry {
  /** A host name, which stands for all names below it too, or an IP address. */
  readonly entry: string;
  readonly weight: number;
  readonly reason: string;
}

/** Entries that each thread holds in memory, about 200 octets each. */
const ENTRIES_MAX = 20_000;
/** Octets of the file: a wrong name must not read a disk image into memory. */
const FILE_OCTETS_MAX = 4 * 1024 * 1024;
/** As the settings' own weights. */
const WEIGHT_MAX = 100;
const LINE = /^(\S+)(?:\s+(-?\d{1,3}(?:\.\d)?))?$/;

export function readUriList({ uri_list }: SettingsFile, folder: string, problems: ProblemList): UriListEntry[] {
  const { hosts, file, weight } = uri_list;
  const entries = new Map<string, UriListEntry>();
  const complain = (path: readonly (string | number)[], message: string, remedy: string): void =>
    problems.error(path, message, remedy);
  for (const [position, host] of hosts.entries()) {
    const name = hostOf(host);
    const path = ["uri_list", "hosts", position];
    if (name === undefined)
      complain(path, `"${host}" in uri_list.hosts is no host`, "Write a host name or an IP address.");
    else entries.set(name, { entry: name, weight, reason: "" });
  }
  for (const { entry, line } of file === "" ? [] : linesOf(file, folder, weight, complain)) {
    if (entry === undefined) {
      complain(["uri_list", "file"], `Line ${line} of ${file} is no host`, "Write `host [weight] [# why]`.");
    } else entries.set(entry.entry, entry);
  }
  if (entries.size > ENTRIES_MAX) {
    complain(["uri_list"], `uri_list has ${entries.size} hosts, more than ${ENTRIES_MAX}`, "Put them into a DNS list.");
  }
  return [...entries.values()];
}

function linesOf(
  name: string,
  folder: string,
  weight: number,
  complain: (path: readonly (string | number)[], message: string, remedy: string) => void,
): readonly { readonly entry: UriListEntry | undefined; readonly line: number }[] {
  const file = isAbsolute(name) ? name : resolve(folder, name);
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    complain(["uri_list", "file"], `The file of uri_list.file, ${file}, cannot be read: ${code}`, "Correct the name.");
    return [];
  }
  if (source.length > FILE_OCTETS_MAX) {
    complain(["uri_list", "file"], `${file} is too large for a list of hosts`, "Is it the right one?");
    return [];
  }
  return source.split(/\r?\n/).flatMap((text, index) => {
    const [said = "", ...why] = text.split("#");
    if (said.trim() === "") return [];
    return [{ entry: entryOf(said.trim(), why.join("#").trim(), weight), line: index + 1 }];
  });
}

function entryOf(said: string, reason: string, weight: number): UriListEntry | undefined {
  const [, host = "", own] = LINE.exec(said) ?? [];
  const entry = hostOf(host);
  const counted = own === undefined ? weight : Number(own);
  return entry === undefined || Math.abs(counted) > WEIGHT_MAX ? undefined : { entry, weight: counted, reason };
}

function hostOf(text: string): string | undefined {
  if (ipFamily(text) !== undefined) return text;
  const domain = parseDomain(text);
  return domain.ok && literalAddress(domain.value) === undefined ? domain.value : undefined;
}
