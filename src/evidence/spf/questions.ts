/** What SPF asks the DNS, written down as it is asked. */
import type { DnsAnswer, DnsFailure, LookupOptions, Resolver } from "#ports/resolver.ts";
import type { SpfQuestion } from "./evidence.ts";
import { ANSWERS_SHOWN_MAX, EXCHANGES_MAX, POINTER_NAMES_MAX, TEXT_SHOWN_MAX } from "./limits.ts";
import { printable } from "./macros.ts";

export interface Asking {
  readonly resolver: Resolver;
  readonly lookup: LookupOptions;
}

/** No records where the DNS says so; an error is never that. */
export type Asked =
  | { readonly kind: "records"; readonly name: string; readonly records: readonly string[] }
  | { readonly kind: "unavailable"; readonly name: string; readonly cause: DnsFailure };

export class Questions {
  readonly asked: SpfQuestion[] = [];

  /** @returns what was asked, with records as text. */
  note<Data>(type: SpfQuestion["type"], name: string, answer: DnsAnswer<Data>, asText: (data: Data) => string): Asked {
    const records = answer.kind === "records" ? answer.records.map(asText) : [];
    const shown = records.slice(0, ANSWERS_SHOWN_MAX).map(shorten);
    const reply = answer.kind === "unavailable" ? answer.cause : answer.kind === "records" ? shown : answer.kind;
    this.asked.push({ type, name: shorten(name), answer: reply });
    if (answer.kind === "unavailable") return { kind: "unavailable", name, cause: answer.cause };
    return { kind: "records", name, records };
  }
}

export async function askText({ resolver, lookup }: Asking, name: string, questions: Questions): Promise<Asked> {
  return questions.note("TXT", name, await resolver.txt(name, lookup), String);
}

export async function askAddresses(
  { resolver, lookup }: Asking,
  name: string,
  { ipv6, questions }: { readonly ipv6: boolean; readonly questions: Questions },
): Promise<Asked> {
  const answer = await (ipv6 ? resolver.aaaa(name, lookup) : resolver.a(name, lookup));
  return questions.note(ipv6 ? "AAAA" : "A", name, answer, String);
}

/** The hosts of a domain by preference, each with its addresses; they are asked at the same time. */
export async function askExchanges(
  asking: Asking & { readonly values: { readonly client: string } },
  name: string,
  questions: Questions,
): Promise<
  | Asked
  | { readonly kind: "hosts"; readonly hosts: readonly Asked[] }
  | { readonly kind: "too-many"; readonly count: number }
> {
  const answer = await asking.resolver.mx(name, asking.lookup);
  const asked = questions.note("MX", name, answer, ({ preference, exchange }) => `${preference} ${exchange}`);
  if (answer.kind !== "records") return asked;
  // A null MX (RFC 7505) names no host.
  const hosts = answer.records
    .toSorted((left, right) => left.preference - right.preference)
    .filter(({ exchange }) => exchange !== "");
  if (hosts.length > EXCHANGES_MAX) return { kind: "too-many", count: hosts.length };
  const ipv6 = asking.values.client.includes(":");
  return {
    kind: "hosts",
    hosts: await Promise.all(hosts.map(({ exchange }) => askAddresses(asking, exchange, { ipv6, questions }))),
  };
}

/** Names of the client that lead back to it, in lower case (RFC 7208 §5.5). */
export async function askPointerNames(
  asking: Asking,
  client: string,
  questions: Questions,
): Promise<{ readonly names: readonly string[]; readonly isVoid: boolean }> {
  const asked = questions.note("PTR", client, await asking.resolver.ptr(client, asking.lookup), String);
  if (asked.kind === "unavailable") return { names: [], isVoid: false };
  const candidates = asked.records.slice(0, POINTER_NAMES_MAX);
  const ipv6 = client.includes(":");
  const answers = await Promise.all(candidates.map((name) => askAddresses(asking, name, { ipv6, questions })));
  const confirmed = answers.filter((answer) => answer.kind === "records" && answer.records.includes(client));
  return { names: confirmed.map(({ name }) => name.toLowerCase()), isVoid: asked.records.length === 0 };
}

function shorten(text: string): string {
  const shown = printable(text);
  return shown.length > TEXT_SHOWN_MAX ? `${shown.slice(0, TEXT_SHOWN_MAX - 1)}…` : shown;
}
