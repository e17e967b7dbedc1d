/** What the settings say about judging, in the verdict's terms. */
import { createHash } from "node:crypto";
import { type ScoreSettings, scoresOf } from "#config/scores.ts";
import type { Settings } from "#config/settings.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import type { Policies } from "#verdict/policies.ts";
import { type Policy, policyDefaults, type Thresholds, type Weights } from "#verdict/policy.ts";

/** Hexadecimal digits: enough to tell the settings of some years apart. */
const NAME_CHARACTERS = 10;

/** The policy of everybody, and those of domains and accounts that have scores of their own. */
export function policiesOf(settings: Settings): Policies {
  const { verdict, domains, accountPolicies } = settings;
  const standard = policyOf(settings);
  const laidOver = (...layers: readonly ScoreSettings[]): Policy => ({
    ...standard,
    thresholds: thresholdsOf(verdict, ...layers),
  });
  const domainOf = (address: string): ScoreSettings => domains.find(({ name }) => address.endsWith(`@${name}`)) ?? {};
  return {
    standard,
    byDomain: Object.fromEntries(domains.filter(hasOwnScores).map((domain) => [domain.name, laidOver(domain)])),
    byAccount: Object.fromEntries(
      accountPolicies.map((account) => [account.address, laidOver(domainOf(account.address), account)]),
    ),
  };
}

function hasOwnScores({ greylistScore, junkScore, quarantineScore, rejectScore }: ScoreSettings): boolean {
  return [greylistScore, junkScore, quarantineScore, rejectScore].some((score) => score !== undefined);
}

function policyOf(settings: Settings): Policy {
  const { rules, lists, dmarc, domains, hostname, verdict, weights, antivirus, milters, policyFile } = settings;
  const asked = dnsLists(lists);
  return {
    modes: {
      block_list: rules.blockList,
      sender_lists: rules.senderLists,
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
      policy: policyFile === undefined ? "off" : rules.policy,
      antivirus: rules.antivirus,
      milter: milters.length === 0 ? "off" : rules.milter,
      greylist: rules.greylist,
    },
    thresholds: thresholdsOf(verdict),
    weights: weightsOf(weights),
    unscanned: {
      antivirus: antivirus.whenUnavailable,
      milters: Object.fromEntries(milters.map(({ at, whenUnavailable }) => [at, whenUnavailable])),
    },
    // What `check-config` has found wrong never gets here.
    lists: asked.ok ? asked.value.map(({ list }) => list) : [],
    knownForwarders: {
      networks: dmarc.knownForwarders.filter(isNetwork),
      names: dmarc.knownForwarders.filter((entry) => !isNetwork(entry)),
    },
    whenPolicyFails: policyFile?.whenItFails ?? policyDefaults.whenPolicyFails,
    contact: `postmaster@${domains[0]?.name ?? hostname}`,
  };
}

function isNetwork(entry: string): boolean {
  return parseIpAddress(entry.split("/")[0] ?? "") !== undefined;
}

function thresholdsOf(...scores: Parameters<typeof scoresOf>): Thresholds {
  return { ...policyDefaults.thresholds, ...scoresOf(...scores) };
}

function weightsOf(settings: Settings["weights"]): Weights {
  const { contentMax, badDate, badMessageId, displayName, ownDomain, linkMismatch, disguises, files, ...others } =
    settings;
  const defaults = policyDefaults.weights.content;
  return {
    ...others,
    content: {
      max: contentMax,
      badDate,
      badMessageId,
      displayName,
      ownDomain,
      linkMismatch,
      disguises: { ...defaults.disguises, ...disguises },
      files: { ...defaults.files, ...files },
    },
  };
}

/** Stands in records: two with the same name were judged alike. No secret is in it. */
export function settingsName(policies: Policies): string {
  return createHash("sha256").update(JSON.stringify(policies)).digest("hex").slice(0, NAME_CHARACTERS);
}
