/** Protection 9: addresses have names that lead back to them, and the hosts say names that are theirs. */
import { parseDomain } from "#mail/address.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { HostAddress } from "../facts/hosts.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shown } from "../shown.ts";

export function checkReverse(facts: AuditFacts): readonly Finding[] {
  const addresses = facts.hosts.flatMap((host) =>
    host.addresses.kind === "known" ? host.addresses.value.map((address) => ({ host: host.name, address })) : [],
  );
  if (addresses.length === 0) {
    return [notChecked("reverse-dns", "No address of a mail host is known", "See the findings about its MX records.")];
  }
  return addresses.flatMap(({ host, address }) => [reverse(host, address), ...greeting(facts, address)]);
}

function reverse(host: string, { address, reverse: evidence }: HostAddress): Finding {
  const names = evidence.names.map(({ name, forward }) => `${address} points to ${shown(name)}: ${forward}`);
  const remedy = `Ask the provider of ${address} for the PTR record ${host}, and give ${host} that address.`;
  switch (evidence.state) {
    case "confirmed": {
      if (evidence.generic === undefined)
        return passed("reverse-dns", `${address} is ${evidence.confirmedName}, both ways`, names);
      return found(
        "warn",
        "reverse-dns-generic",
        `The name of ${address} looks like one of a customer's line: ${evidence.generic.name}`,
        {
          evidence: names,
          remedy: "Many servers give such hosts less trust; ask the provider for a name of your own.",
        },
      );
    }
    case "no-name":
      return found("fail", "reverse-dns", `${address} has no name (PTR): many servers refuse mail from it`, { remedy });
    case "not-confirmed":
      return found("fail", "reverse-dns", `The names of ${address} do not lead back to it`, {
        evidence: names,
        remedy,
      });
    case "not-checked":
      return notChecked(
        "reverse-dns",
        `The names of ${address} could not be asked for`,
        "Look at the resolver and try again.",
      );
  }
}

function greeting({ sessions, hosts }: AuditFacts, { address, reverse: evidence }: HostAddress): readonly Finding[] {
  const session = sessions.get(address);
  if (session === undefined) return [];
  if (session.kind === "unknown") {
    const why = `The greeting of ${address} could not be heard: ${session.why}`;
    return [notChecked("banner", why, "Try again later, or from another place.")];
  }
  const banner = session.value.greeting.lines[0] ?? "";
  const name = banner.slice("220 ".length).split(" ")[0]?.toLowerCase() ?? "";
  const parsed = parseDomain(name);
  if (!parsed.ok || !name.includes(".")) {
    return [
      found("warn", "banner", `${address} greets with a name that is none: ${shown(name)}`, {
        evidence: [shown(banner)],
        remedy: "Say the full host name in the greeting (RFC 5321 §4.2).",
      }),
    ];
  }
  const known = new Set([...hosts.map((host) => host.name), ...evidence.names.map((one) => one.name)]);
  if (known.has(name)) return [passed("banner", `${address} greets with a name that is its own`, [shown(banner)])];
  if (evidence.state === "not-checked") {
    const why = `${address} greets as ${name}; whether it points to that could not be asked for`;
    return [notChecked("banner", why, "Look at the resolver and try again.")];
  }
  return [
    found("warn", "banner", `${address} greets as ${name}, which is neither its MX name nor what it points to`, {
      evidence: [shown(banner)],
      remedy: "Say the same name in greeting, EHLO, PTR and MX.",
    }),
  ];
}
