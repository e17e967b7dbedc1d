/** From `[[list]]` of the settings to the lists that are asked. */
import { parseDomain } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { AnswerMeaning, DnsList } from "./dns-list.ts";
import type { ListKind } from "./evidence.ts";
import { PROFILES, type Profile, type ProfileName } from "./profiles.ts";

/** One `[[list]]`. */
export interface DnsListSettings {
  /** A shipped list by name; then `key` alone counts of the rest. */
  readonly profile?: string | undefined;
  /** Secret. Empty: none. */
  readonly key: string;
  /** An own list. */
  readonly zone?: string | undefined;
  readonly kind: ListKind;
  readonly answers: Readonly<Record<string, { readonly means: string; readonly weight: number }>>;
}

export interface DnsListProblem {
  /** Which `[[list]]`, from 0. */
  readonly position: number;
  readonly problem: "neither-profile-nor-zone" | "unknown-profile" | "bad-zone" | "bad-key" | "no-answers" | "twice";
}

/** Without any settings: the shipped lists that serve everybody and are fair. */
export function dnsLists(settings: readonly DnsListSettings[]): Result<readonly DnsList[], DnsListProblem> {
  if (settings.length === 0) return ok(defaultLists());
  const lists: DnsList[] = [];
  for (const [position, one] of settings.entries()) {
    const list = dnsList(one);
    if (!list.ok) return failed({ position, problem: list.problem });
    if (lists.some(({ list: other }) => other === list.value.list)) return failed({ position, problem: "twice" });
    lists.push(list.value);
  }
  return ok(lists);
}

function defaultLists(): readonly DnsList[] {
  return (Object.keys(PROFILES) as ProfileName[])
    .filter((name) => PROFILES[name].isDefault)
    .map((name) => shipped(name, PROFILES[name], ""));
}

function dnsList(settings: DnsListSettings): Result<DnsList, DnsListProblem["problem"]> {
  const { profile, key, zone, kind, answers } = settings;
  if (profile !== undefined) {
    if (!Object.hasOwn(PROFILES, profile)) return failed("unknown-profile");
    if (key !== "" && !/^[a-z0-9]{1,63}$/i.test(key)) return failed("bad-key");
    return ok(shipped(profile, PROFILES[profile as ProfileName], key));
  }
  if (zone === undefined) return failed("neither-profile-nor-zone");
  const parsed = parseDomain(zone);
  if (!parsed.ok || parsed.value.startsWith("[")) return failed("bad-zone");
  if (Object.keys(answers).length === 0) return failed("no-answers");
  return ok(own(parsed.value, kind, answers));
}

function shipped(list: string, { zoneWithKey, zone: publicZone, ...profile }: Profile, key: string): DnsList {
  const hasKey = key !== "" && zoneWithKey !== undefined;
  const zone = hasKey ? zoneWithKey : publicZone;
  const secretZone = hasKey ? `${key}.${zone}` : zone;
  return { ...profile, list, zone, questionName: (labels) => `${labels}.${secretZone}` };
}

function own(zone: string, kind: ListKind, answers: DnsListSettings["answers"]): DnsList {
  const meanings: Record<string, AnswerMeaning> = {};
  for (const [answer, { means, weight }] of Object.entries(answers)) meanings[answer] = { meaning: means, weight };
  return {
    list: zone,
    title: zone,
    zone,
    kind,
    // Unknown; the canary tells.
    ipv6: kind === "address",
    isAllowList: Object.values(answers).every(({ weight }) => weight <= 0),
    answers: { by: "address", meanings },
    refusals: {},
    lookUpUrl: "",
    canaries:
      kind === "address" ? { listed: "127.0.0.2", unlisted: "127.0.0.1" } : { listed: "test", unlisted: "invalid" },
    questionName: (labels) => `${labels}.${zone}`,
  };
}
