/** What the settings say about other nodes. */
import { createHash } from "node:crypto";
import { parseEndpoint } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";
import { formatPlace } from "#pair/node-link.ts";

/** Below the data folder: the key that other nodes know this one by. */
export const PAIR_FOLDER = "pair";

/** Where this node listens for others; undefined: it does not. */
export function pairBind({ pair }: Settings): { readonly host: string; readonly port: number } | undefined {
  const endpoint = pair.bind === "" ? undefined : parseEndpoint(pair.bind);
  return endpoint?.kind === "tcp" ? endpoint : undefined;
}

/** `host:port` where others reach it; empty: they do not. */
export function pairAddress(settings: Settings): string {
  const bind = pairBind(settings);
  if (bind === undefined) return "";
  return settings.pair.address === "" ? formatPlace(settings.hostname, bind.port) : settings.pair.address;
}

/** The host that the settings name for a domain that another node has; undefined: whichever node has it. */
export function primaryHostOf({ domains }: Settings): (domain: string) => string | undefined {
  const hosts = new Map(domains.map(({ name, primaryHost }) => [name as string, primaryHost]));
  return (domain) => hosts.get(domain) || undefined;
}

/** Of all that a verdict depends on: nodes with the same one say the same about a message. */
export function policyDigest(settings: Settings): string {
  const { rules, verdict, weights, lists, dmarc, greylist, uriList, limits } = settings;
  const judged = { rules, verdict, weights, lists, dmarc, greylist, uriList, size: limits.messageSizeOctetsMax };
  return createHash("sha256").update(JSON.stringify(judged)).digest("hex");
}
