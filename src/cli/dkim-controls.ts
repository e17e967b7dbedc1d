/** Control commands for the keys that sign mail. */
import { z } from "zod";
import { type DkimRecord, ensureKeys, recordsOf, rotateKeys } from "#delivery/signing/key-set.ts";
import { listDomains } from "#identity/domains.ts";
import { parseDomain } from "#mail/address.ts";
import { failed, ok } from "#mail/result.ts";
import type { DkimKeyRow } from "#store/dkim-key-row.ts";
import { type ControlContext, type ControlOutcome, command } from "./control-entry.ts";

export interface DomainKeys {
  readonly domain: string;
  readonly keys: readonly (DkimRecord & Pick<DkimKeyRow, "selector" | "algorithm" | "changedAtMs">)[];
}

const named = z.strictObject({ name: z.string() });

export const dkimCommands = {
  /** Keys that are missing are made: what is shown can be published at once. */
  "dkim-show": command(named, async (context, { name }): Promise<ControlOutcome<DomainKeys>> => {
    const domain = await ownDomain(context, name);
    if (domain === undefined) return failed("no-such-domain");
    const { store, clock } = context.administration;
    return ok(withRecords(domain, await ensureKeys(store, domain, clock.now())));
  }),
  "dkim-rotate": command(
    z.strictObject({ name: z.string(), isPublished: z.boolean() }),
    async (context, { name, isPublished }): Promise<ControlOutcome<DomainKeys>> => {
      const domain = await ownDomain(context, name);
      if (domain === undefined) return failed("no-such-domain");
      const { store, clock } = context.administration;
      const rotated = await rotateKeys(store, domain, clock.now(), { isPublished });
      return rotated.ok ? ok(withRecords(domain, rotated.value)) : rotated;
    },
  ),
};

async function ownDomain({ administration, settings }: ControlContext, name: string): Promise<string | undefined> {
  const parsed = parseDomain(name);
  if (!parsed.ok) return undefined;
  const domains = await listDomains(administration, settings.domains);
  return domains.find((domain) => domain.name === parsed.value)?.name;
}

function withRecords(domain: string, keys: readonly DkimKeyRow[]): DomainKeys {
  const records = recordsOf(keys);
  return {
    domain,
    keys: keys.flatMap(({ selector, algorithm, changedAtMs }, index) => {
      const record = records[index];
      return record === undefined ? [] : [{ selector, algorithm, changedAtMs, ...record }];
    }),
  };
}
