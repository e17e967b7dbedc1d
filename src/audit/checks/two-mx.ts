/** Protection 10: mail arrives also when one host is down, and the second host is no back door. */
import { isIpv6, isPrivateAddress } from "#mail/ip-address.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { MailHost } from "../facts/hosts.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shownReply } from "../shown.ts";

export function checkTwoMx(facts: AuditFacts): readonly Finding[] {
  const { domain, exchanges } = facts;
  if (exchanges.kind === "unknown") {
    return [
      notChecked(
        "mx",
        `The MX records of ${domain} could not be asked for: ${exchanges.why}`,
        "Look at the resolver and the domain's name servers.",
      ),
    ];
  }
  if (exchanges.value.some(({ exchange }) => exchange === "")) {
    return [nullMx(domain, exchanges.value.length)];
  }
  return [...count(facts), ...names(facts), ...independence(facts.hosts), ...sameAnswer(facts)];
}

function nullMx(domain: string, records: number): Finding {
  if (records === 1) return passed("mx-null", `${domain} says that it takes no mail (null MX)`);
  return found("fail", "mx-null", `${domain} has a null MX beside others`, {
    remedy: "Take the null MX out, or the others (RFC 7505 §3).",
  });
}

function count({ domain, exchanges, hosts }: AuditFacts): readonly Finding[] {
  const records = exchanges.kind === "known" ? exchanges.value : [];
  const evidence = records.map(({ preference, exchange }) => `${preference} ${exchange}`);
  if (records.length === 0) {
    return [
      found("warn", "mx", `${domain} has no MX record: mail goes to the address of its name`, {
        remedy: "Publish two MX records.",
      }),
    ];
  }
  if (new Set(hosts.map(({ name }) => name)).size < 2) {
    return [
      found("warn", "mx-one", `${domain} has one mail host: when it is down, mail waits at its senders`, {
        evidence,
        remedy: "Set up a second host in another network that knows the recipients, with the same protections.",
      }),
    ];
  }
  return [passed("mx", `${domain} has ${hosts.length} mail hosts`, evidence)];
}

function names({ hosts }: AuditFacts): readonly Finding[] {
  return hosts.flatMap(({ name, alias, addresses, unseen }): Finding[] => {
    const findings: Finding[] = [];
    if (alias.kind === "unknown") {
      const why = `Whether ${name} is another word for a host could not be asked for: ${alias.why}`;
      findings.push(notChecked("mx-alias", why, "Try again later, or from another place."));
    }
    if (alias.kind === "known" && alias.value !== undefined) {
      findings.push(
        found("fail", "mx-alias", `${name} is another word for ${alias.value} (CNAME), which an MX must not be`, {
          remedy: `Name ${alias.value} in the MX record, or give ${name} addresses of its own (RFC 5321 §5.1).`,
        }),
      );
    }
    if (addresses.kind === "unknown" || unseen !== undefined) {
      const some = addresses.kind === "unknown" ? "The" : "Some of the";
      const why = `${some} addresses of ${name} could not be asked for: ${unseen ?? "no answer"}`;
      findings.push(notChecked("mx-address", why, "Try again later, or from another place."));
    } else if (addresses.value.length === 0) {
      findings.push(
        found("fail", "mx-address", `${name} has no address`, { remedy: "Publish one, or take the MX record out." }),
      );
    } else if (addresses.value.every(({ address }) => isPrivateAddress(address))) {
      findings.push(
        found("warn", "mx-private", `${name} has private addresses alone`, {
          remedy: "Nobody outside can reach it there.",
        }),
      );
    }
    return findings;
  });
}

/** Two names for one machine, or two machines behind one line, fail together. */
function independence(hosts: readonly MailHost[]): readonly Finding[] {
  if (hosts.length < 2) return [];
  const known = hosts.map(({ addresses, unseen }) =>
    addresses.kind === "known" && unseen === undefined ? addresses.value.map(({ address }) => address) : undefined,
  );
  if (known.some((addresses) => addresses === undefined)) {
    return [
      notChecked(
        "mx-independent",
        "Whether the hosts are independent is not known: addresses are missing",
        "Try again later, or from another place.",
      ),
    ];
  }
  const all = known.flatMap((addresses) => addresses ?? []);
  if (
    new Set(all).size < 2 ||
    known.some((addresses, index) => isSubset(addresses ?? [], known[index === 0 ? 1 : 0] ?? []))
  ) {
    return [
      found("fail", "mx-same", "The mail hosts are one and the same machine", {
        evidence: all,
        remedy: "Use a second machine.",
      }),
    ];
  }
  const networks = new Set(all.map(networkOf));
  if (networks.size < 2) {
    return [
      found("warn", "mx-same-network", "All mail hosts are in one network", {
        evidence: [...networks],
        remedy: "Put the second host into another data centre: they fail together otherwise.",
      }),
    ];
  }
  return [passed("mx-independent", "The mail hosts are in different networks", [...networks])];
}

function isSubset(addresses: readonly string[], others: readonly string[]): boolean {
  return addresses.length > 0 && addresses.every((address) => others.includes(address));
}

/** /24, or /48 of IPv6. */
function networkOf(address: string): string {
  if (!isIpv6(address)) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  return `${address.split(":").slice(0, 3).join(":")}::/48`;
}

/** A recipient that is not there must be refused by every host: who takes it has to bounce it, to a forged sender. */
function sameAnswer({ domain, sessions, hosts }: AuditFacts): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, host] of hosts.entries()) {
    const addresses = host.addresses.kind === "known" ? host.addresses.value : [];
    for (const { address } of addresses) {
      const session = sessions.get(address);
      if (session === undefined) continue;
      if (session.kind === "unknown") {
        findings.push(
          notChecked(
            "mx-answers",
            `${host.name} (${address}) could not be talked to: ${session.why}`,
            "Try again, or from another place.",
          ),
        );
        continue;
      }
      findings.push(...unknownRecipient(`${host.name} (${address})`, domain, index > 0, session.value));
    }
  }
  return findings;
}

function unknownRecipient(
  host: string,
  domain: string,
  isSecond: boolean,
  {
    unknownRecipient: answer,
    postmaster,
  }: { readonly unknownRecipient: Parameters<typeof said>[0]; readonly postmaster: Parameters<typeof said>[0] },
): readonly Finding[] {
  const findings: Finding[] = [];
  if (answer.kind === "unknown") {
    findings.push(
      notChecked(
        "unknown-recipient",
        `${host} did not say what it does with unknown recipients: ${answer.why}`,
        "Try again later, or from another place.",
      ),
    );
  } else if (answer.value.code < 300) {
    findings.push(
      found(
        isSecond ? "fail" : "warn",
        "unknown-recipient",
        `${host} takes mail for addresses of ${domain} that nobody has`,
        {
          evidence: [said(answer)],
          remedy: isSecond
            ? "A second MX must know the recipients: what it takes and cannot hand on bounces to forged senders."
            : "Refuse unknown recipients at RCPT, unless a catch-all is wanted.",
        },
      ),
    );
  } else if (answer.value.code < 500) {
    findings.push(
      notChecked(
        "unknown-recipient",
        `${host} put off the question of an unknown recipient (${said(answer)})`,
        "Where this is a greylist, run the audit again later.",
      ),
    );
  } else {
    findings.push(passed("unknown-recipient", `${host} refuses unknown recipients`, [said(answer)]));
  }
  if (postmaster.kind === "unknown" || isTemporary(postmaster.value.code)) {
    const why = `${host} did not say whether it takes mail for postmaster@${domain}: ${said(postmaster)}`;
    findings.push(notChecked("postmaster", why, "Try again later, or from another place."));
  } else if (postmaster.value.code >= 500) {
    findings.push(
      found("warn", "postmaster", `${host} refuses postmaster@${domain}`, {
        evidence: [said(postmaster)],
        remedy: "Take mail for postmaster (RFC 5321 §4.5.1): others report trouble there.",
      }),
    );
  }
  return findings;
}

function isTemporary(code: number): boolean {
  return code >= 400 && code < 500;
}

function said(
  answer:
    | { readonly kind: "known"; readonly value: Parameters<typeof shownReply>[0] }
    | { readonly kind: "unknown"; readonly why: string },
): string {
  return answer.kind === "known" ? shownReply(answer.value) : answer.why;
}
