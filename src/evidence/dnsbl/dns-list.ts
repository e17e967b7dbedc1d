/** What we know about one list: where to ask, for what, and what its answers mean. */
import type { ListKind, Refusal, SubjectRole } from "./evidence.ts";

export interface DnsList {
  /** Stable word, without the key: see `ListFinding.list`. */
  readonly list: string;
  readonly title: string;
  /** Without the key. For showing; `questionName` knows the whole. */
  readonly zone: string;
  readonly kind: ListKind;
  /** Has IPv6 addresses. */
  readonly ipv6: boolean;
  /** Speaks for senders; being on it is no harm, and that good senders are on it no alarm. */
  readonly isAllowList: boolean;
  readonly answers: AnswerMap;
  /** Answers of this list, besides those all lists share, that mean that it does not serve us. */
  readonly refusals: Readonly<Record<string, Refusal>>;
  /** Page about a listing with `{value}` for the address or name; empty where there is none. */
  readonly lookUpUrl: string;
  /** What is always on it and what never is (RFC 5782 §5). */
  readonly canaries: { readonly listed: string; readonly unlisted: string };
  /**
   * The name to ask for. A function, so that the key in it is in no value that could be shown, logged or stored.
   * @param labels of the reversed address or the domain.
   */
  readonly questionName: (labels: string) => string;
}

export type AnswerMap =
  /** By the whole answer. */
  | { readonly by: "address"; readonly meanings: Readonly<Record<string, AnswerMeaning>> }
  /** 127.0.0.x, where each bit of x says something of its own, and the lowest that our resolver is not served. */
  | { readonly by: "bit"; readonly meanings: Readonly<Record<number, AnswerMeaning>> };

export interface AnswerMeaning {
  readonly meaning: string;
  readonly weight: number;
  /** For addresses of earlier hops; zero without it: the list says something about who connects. */
  readonly earlierHopWeight?: number;
  /** For hosts in links; the same as `weight` without it. */
  readonly linkWeight?: number;
  readonly rejectsAlone?: boolean;
}

const ROLES: Readonly<Record<ListKind, readonly SubjectRole[]>> = {
  address: ["client", "earlier-hop"],
  domain: ["helo", "client-name", "mail-from", "header-from", "link"],
  uri: ["link"],
};

/** Is the list one to ask about that? */
export function isFor({ kind }: DnsList, role: SubjectRole): boolean {
  return ROLES[kind].includes(role);
}

export function weightFor(meaning: AnswerMeaning, role: SubjectRole): number {
  if (role === "earlier-hop") return meaning.earlierHopWeight ?? 0;
  return role === "link" ? (meaning.linkWeight ?? meaning.weight) : meaning.weight;
}
