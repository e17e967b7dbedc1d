/** Protections 2 and 7: block lists answer the resolver, and none of them names the domain or its hosts. */
import type { DnsblEvidence, ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { ListHealthFacts } from "../facts/list-health.ts";
import { type CheckId, type Finding, found, notChecked, passed } from "../report.ts";
import { listed as words } from "../shown.ts";

export function checkDnsLists({ hosts, listHealth, inside }: AuditFacts): readonly Finding[] {
  const addresses = hosts.flatMap((host) => (host.addresses.kind === "known" ? host.addresses.value : []));
  const listings = addresses.flatMap(({ listings: { findings } }) => findings);
  const ofAddresses = listHealth.filter(({ list }) => list.kind === "address");
  return [
    ...health(ofAddresses),
    ...named("listed-address", "The addresses of the mail hosts", listings),
    ...(inside === undefined
      ? [usedBy("lists-used", "DNS block lists")]
      : uses("lists-used", inside.dnsLists, "DNS block lists", isOutOfReach(ofAddresses))),
  ];
}

export function checkUriLists({ listHealth, domainListings, inside }: AuditFacts): readonly Finding[] {
  const ofNames = listHealth.filter(({ list }) => list.kind !== "address");
  return [
    ...health(ofNames),
    ...named("listed-domain", "The domain and the names of its mail hosts", domainListings.findings),
    ...(inside === undefined
      ? [usedBy("uri-lists-used", "URI block lists")]
      : uses("uri-lists-used", inside.uriLists, "URI block lists", isOutOfReach(ofNames))),
  ];
}

function health(lists: readonly ListHealthFacts[]): readonly Finding[] {
  return lists.flatMap(({ list, result }): Finding[] => {
    const check: CheckId = `list-health-${list.list}`;
    switch (result.kind) {
      case "healthy":
        return [passed(check, `${list.title} answers this resolver`)];
      case "refuses-us":
        return [
          notChecked(
            check,
            `${list.title} does not serve this resolver (${result.answers.join(", ")})`,
            "Ask through a recursive resolver of your own, or with a key of the list; public resolvers are refused.",
          ),
        ];
      case "dead":
      case "lists-the-world":
        return [
          notChecked(
            check,
            `${list.title} gives no useful answers here: its test entries are ${result.kind === "dead" ? "missing" : "all listed"}`,
            "Ask through a recursive resolver of your own; where that is so already, the list is gone.",
          ),
        ];
      case "could-not-check":
        return [notChecked(check, `${list.title} could not be asked`, "Look at the resolver and try again.")];
    }
  });
}

function named(check: CheckId, what: string, findings: readonly ListFinding[]): readonly Finding[] {
  const hits = findings.filter(({ outcome }) => outcome.kind === "listed" && outcome.weight > 0);
  if (hits.length > 0) {
    return [
      found(
        "fail",
        check,
        `${words([...new Set(hits.map(({ subject }) => subject.value))])} ${hits.length > 1 ? "are" : "is"} on block lists`,
        {
          evidence: hits.map(hitLine),
          remedy: "Find out what was sent from there, end it, then ask the lists to remove the entry.",
        },
      ),
    ];
  }
  const asked = findings.filter(({ outcome }) => outcome.kind === "clean" || outcome.kind === "listed");
  if (asked.length === 0) {
    return [
      notChecked(
        check,
        `${what} could be asked of no list`,
        "Lists know public addresses alone, and only the healthy ones are asked.",
      ),
    ];
  }
  return [passed(check, `${what} are on none of ${new Set(asked.map(({ list }) => list)).size} lists`)];
}

function hitLine({ title, subject, outcome }: DnsblEvidence["findings"][number]): string {
  if (outcome.kind !== "listed") return title;
  const page = outcome.lookUpUrl === "" ? "" : `, see ${outcome.lookUpUrl.replace("{value}", subject.value)}`;
  return `${subject.value} on ${title}: ${outcome.meanings.map(({ meaning }) => meaning).join(", ")}${page}`;
}

function usedBy(check: CheckId, what: string): Finding {
  return notChecked(
    check,
    `Whether the server uses ${what} cannot be seen from outside`,
    "Ask its administrator, or run the audit on the server itself.",
  );
}

/** A server that names lists is no proof while none of them answers. */
function isOutOfReach(lists: readonly ListHealthFacts[]): boolean {
  return lists.length > 0 && lists.every(({ result }) => result.kind !== "healthy");
}

function uses(check: CheckId, lists: readonly string[], what: string, outOfReach: boolean): readonly Finding[] {
  if (lists.length > 0 && outOfReach) {
    return [
      notChecked(
        check,
        `The server is set to ask ${lists.length} ${what}, none of which answers here`,
        "See what is said of each list.",
      ),
    ];
  }
  if (lists.length > 0) return [passed(check, `The server asks ${lists.length} ${what}`, lists)];
  return [
    found("fail", check, `The server asks no ${what}`, {
      remedy: "Set `[rules]` to enforce and name lists in `[[list]]`.",
    }),
  ];
}
