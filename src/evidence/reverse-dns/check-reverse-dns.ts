/** Forward-confirmed reverse DNS: the names that an address points to, and whether they point back. */
import { parseIpAddress } from "#mail/ip-address.ts";
import type { Resolver } from "#ports/resolver.ts";
import { askForward, leadsTo } from "./client-address.ts";
import type { GenericName, PointerName, ReverseDnsEvidence } from "./evidence.ts";
import { genericName } from "./generic-name.ts";
import { POINTER_NAMES_MAX } from "./limits.ts";

export interface ReverseDnsInquiry {
  /** The client's address. */
  readonly client: string;
  readonly resolver: Resolver;
  /** Clock.monotonicMs() for all questions together. */
  readonly deadlineMs: number;
}

/** CNAMEs in the reverse zone (RFC 2317) are the resolver's affair. */
export async function checkReverseDns({
  client,
  resolver,
  deadlineMs,
}: ReverseDnsInquiry): Promise<ReverseDnsEvidence> {
  const address = parseIpAddress(client) ?? client;
  const pointer = await resolver.ptr(address, { deadlineMs });
  const none = { client: address, confirmedName: undefined, pointer, names: [], namesLeftOut: 0, generic: undefined };
  if (pointer.kind === "unavailable") return { ...none, state: "not-checked" };
  if (pointer.kind !== "records") return { ...none, state: "no-name" };
  // Resolvers turn the order round with each answer: sorted, the same names are followed each time.
  const all = [...new Set(pointer.records)].toSorted();
  const names = await Promise.all(
    all.slice(0, POINTER_NAMES_MAX).map((name) => follow(name, address, resolver, deadlineMs)),
  );
  const confirmed = names.filter(({ forward }) => forward === "matches").map(({ name }) => name);
  const confirmedName = leastGeneric(confirmed, address)?.name;
  const judged = confirmed.length > 0 ? confirmed : names.map(({ name }) => name);
  return {
    client: address,
    state: stateOf(names),
    confirmedName,
    pointer,
    names,
    namesLeftOut: all.length - names.length,
    generic: leastGeneric(judged, address)?.generic,
  };
}

async function follow(name: string, client: string, resolver: Resolver, deadlineMs: number): Promise<PointerName> {
  if (!isHostName(name)) return { name, forward: "not-a-host-name", answer: undefined };
  const answer = await askForward(resolver, name, client, { deadlineMs });
  switch (answer.kind) {
    case "records":
      return { name, forward: leadsTo(answer, client) ? "matches" : "differs", answer };
    case "no-such-name":
    case "no-data":
      return { name, forward: "no-address", answer };
    case "unavailable":
      return { name, forward: "not-checked", answer };
  }
}

/** A name left out cannot confirm: else more than ten names would excuse everything. */
function stateOf(names: readonly PointerName[]): ReverseDnsEvidence["state"] {
  if (names.some(({ forward }) => forward === "matches")) return "confirmed";
  return names.some(({ forward }) => forward === "not-checked") ? "not-checked" : "not-confirmed";
}

/** The record may hold anything. Underscores are against the rules and in use. */
function isHostName(name: string): boolean {
  return /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(name);
}

interface JudgedName {
  readonly name: string;
  readonly generic: GenericName | undefined;
}

/** Of several names the one that speaks best for the host; undefined without any. */
function leastGeneric(names: readonly string[], client: string): JudgedName | undefined {
  const judged = names.map((name): JudgedName => ({ name, generic: genericName(name, client) }));
  return judged.toSorted((a, b) => (a.generic?.weight ?? 0) - (b.generic?.weight ?? 0))[0];
}
