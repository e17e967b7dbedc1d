/** What the settings say about judging, in the verdict's terms. */
import { createHash } from "node:crypto";
import type { Settings } from "#config/settings.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import { type Policy, policyDefaults } from "#verdict/policy.ts";

/** Hexadecimal digits: enough to tell the settings of some years apart. */
const NAME_CHARACTERS = 10;

export function policyOf({ rules, lists, dmarc, domains, hostname }: Settings): Policy {
  const asked = dnsLists(lists);
  return {
    ...policyDefaults,
    modes: {
      block_list: rules.blockList,
      early_talker: rules.earlyTalker,
      helo: rules.helo,
      dnsbl: rules.dnsbl,
      reverse_dns: rules.reverseDns,
      spf: rules.spf,
      author: rules.author,
      dkim: rules.dkim,
      dmarc: rules.dmarc,
      uri_lists: rules.uriLists,
      content: rules.content,
      greylist: rules.greylist,
    },
    // What `check-config` has found wrong never gets here.
    lists: asked.ok ? asked.value.map(({ list }) => list) : [],
    knownForwarders: {
      networks: dmarc.knownForwarders.filter(isNetwork),
      names: dmarc.knownForwarders.filter((entry) => !isNetwork(entry)),
    },
    contact: `postmaster@${domains[0]?.name ?? hostname}`,
  };
}

function isNetwork(entry: string): boolean {
  return parseIpAddress(entry.split("/")[0] ?? "") !== undefined;
}

/** Stands in records: two with the same name were judged alike. No secret is in it. */
export function settingsName(policy: Policy): string {
  return createHash("sha256").update(JSON.stringify(policy)).digest("hex").slice(0, NAME_CHARACTERS);
}
