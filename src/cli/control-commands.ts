/**
 * What the command line does to the data, by name: the running server executes it behind its control socket, and without
 * a server the command line itself over the store. One table, so that both do the same.
 */
import { z } from "zod";
import {
  addAccount,
  changePassword,
  listAccounts,
  removeAccount,
  setAccountEnabled,
  setAccountQuota,
  showAccount,
} from "#identity/accounts.ts";
import { addAlias, findAlias, listAliases, removeAlias, setAliasEnabled } from "#identity/aliases.ts";
import { addAppPassword, DEVICE_SCOPES, listAppPasswords, revokeAppPassword } from "#identity/app-passwords.ts";
import { addDomain, listDomains, removeDomain, setDomainEnabled } from "#identity/domains.ts";
import { generatePassword } from "#identity/generate-password.ts";
import { createDirectory } from "#identity/store-directory.ts";
import { failed, ok } from "#mail/result.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock } from "#platform/system-clock.ts";
import { runRelaySelfTest } from "#reception/relay-self-test.ts";
import type { Store } from "#store/store.ts";
import { scannerStates } from "#threads/scanner-states.ts";
import { directorySettings, relaySelfTestSettings } from "#threads/slices.ts";
import { auditCommands } from "./audit-controls.ts";
import { blockListCommands } from "./block-list-controls.ts";
import { type ControlContext, type ControlEntry, type ControlOutcome, command } from "./control-entry.ts";
import { decisionCommands } from "./decision-controls.ts";
import { dkimCommands } from "./dkim-controls.ts";
import { greylistCommands, greylistCounts } from "./greylist-controls.ts";
import { metricsCommands } from "./metrics-controls.ts";
import { pairControls, pairState } from "./pair-controls.ts";
import { passkeyControls } from "./passkey-controls.ts";
import { quarantineCommands } from "./quarantine-controls.ts";
import { queueControls } from "./queue-controls.ts";
import { reportCommands } from "./reports-controls.ts";
import { senderCommands } from "./sender-controls.ts";
import { sendingControls } from "./sending-controls.ts";
import { totpControls } from "./totp-controls.ts";

export type { ControlContext, ControlOutcome } from "./control-entry.ts";

const addressed = z.strictObject({ address: z.string() });
const named = z.strictObject({ name: z.string() });
const nothing = z.strictObject({});

const accountCommands = {
  /** Without a password one is made; it is in the answer, this once. */
  "account-add": command(
    z.strictObject({
      address: z.string(),
      password: z.string().optional(),
      quotaOctets: z.int().positive().nullable().optional(),
    }),
    async ({ administration, settings }, { address, password, quotaOctets }) => {
      const chosen = password ?? generatePassword(administration.random);
      const quota = quotaOctets === undefined ? settings.accounts.defaultQuotaOctets || null : quotaOctets;
      const added = await addAccount(administration, { address, password: chosen, quotaOctets: quota });
      if (!added.ok) return added;
      return ok({ account: added.value, ...(password === undefined ? { password: chosen } : {}) });
    },
  ),
  "account-list": command(nothing, async ({ administration }) => ok(await listAccounts(administration))),
  "account-show": command(addressed, ({ administration }, { address }) => showAccount(administration, address)),
  "account-passwd": command(
    z.strictObject({ address: z.string(), password: z.string().optional() }),
    async ({ administration, gatekeeper }, { address, password }) => {
      const chosen = password ?? generatePassword(administration.random);
      const changed = await changePassword(administration, address, chosen);
      if (!changed.ok) return changed;
      gatekeeper()?.passwordChanged(changed.value.address);
      return ok({ account: changed.value, ...(password === undefined ? { password: chosen } : {}) });
    },
  ),
  "account-enable": command(addressed, ({ administration }, { address }) =>
    setAccountEnabled(administration, address, true),
  ),
  "account-disable": command(addressed, ({ administration }, { address }) =>
    setAccountEnabled(administration, address, false),
  ),
  "account-quota": command(
    z.strictObject({ address: z.string(), quotaOctets: z.int().positive().nullable() }),
    ({ administration }, { address, quotaOctets }) => setAccountQuota(administration, address, quotaOctets),
  ),
  "account-remove": command(addressed, ({ administration }, { address }) => removeAccount(administration, address)),
  "app-password-add": command(
    z.strictObject({
      address: z.string(),
      label: z.string(),
      scopes: z.array(z.enum(["smtp", "imap", "pop3", "admin"])).optional(),
    }),
    ({ administration }, { address, label, scopes }) =>
      addAppPassword(administration, address, { label, scopes: scopes ?? DEVICE_SCOPES }),
  ),
  "app-password-list": command(addressed, ({ administration }, { address }) =>
    listAppPasswords(administration, address),
  ),
  "app-password-revoke": command(
    z.strictObject({ address: z.string(), id: z.int() }),
    async ({ administration, gatekeeper }, { address, id }) => {
      const revoked = await revokeAppPassword(administration, address, id);
      if (revoked.ok) gatekeeper()?.passwordChanged(address.toLowerCase());
      return revoked;
    },
  ),
};

const addressCommands = {
  "alias-add": command(
    z.strictObject({ address: z.string(), targets: z.array(z.string()) }),
    ({ administration }, { address, targets }) => addAlias(administration, address, targets),
  ),
  "alias-list": command(nothing, async ({ administration }) => ok(await listAliases(administration))),
  "alias-show": command(addressed, ({ administration }, { address }) => findAlias(administration, address)),
  "alias-enable": command(addressed, ({ administration }, { address }) =>
    setAliasEnabled(administration, address, true),
  ),
  "alias-disable": command(addressed, ({ administration }, { address }) =>
    setAliasEnabled(administration, address, false),
  ),
  "alias-remove": command(addressed, ({ administration }, { address }) => removeAlias(administration, address)),
  "domain-add": command(
    z.strictObject({ name: z.string(), role: z.enum(["primary", "secondary"]) }),
    ({ administration }, { name, role }) => addDomain(administration, name, role),
  ),
  "domain-list": command(nothing, async ({ administration, settings }) =>
    ok(await listDomains(administration, settings.domains)),
  ),
  "domain-show": command(named, async ({ administration, settings }, { name }) => {
    const domains = await listDomains(administration, settings.domains);
    const domain = domains.find((listed) => listed.name === name.toLowerCase());
    if (domain === undefined) return failed("no-such-domain");
    const inDomain = ({ address }: { readonly address: string }) => address.endsWith(`@${domain.name}`);
    const accounts = (await listAccounts(administration)).filter(inDomain).map(({ address }) => address);
    const aliases = (await listAliases(administration)).filter(inDomain).map(({ address }) => address);
    return ok({ ...domain, accounts, aliases });
  }),
  "domain-enable": command(named, ({ administration }, { name }) => setDomainEnabled(administration, name, true)),
  "domain-disable": command(named, ({ administration }, { name }) => setDomainEnabled(administration, name, false)),
  "domain-remove": command(named, ({ administration }, { name }) => removeDomain(administration, name)),
};

const serverCommands = {
  "relay-self-test": command(nothing, async ({ administration: { store, clock }, settings }) => {
    const directory = await createDirectory({ store, clock, settings: directorySettings(settings) });
    try {
      const results = await runRelaySelfTest({ directory, settings: relaySelfTestSettings(settings) });
      return ok({ total: results.length, wrong: results.filter(({ passed }) => !passed) });
    } finally {
      directory.close();
    }
  }),
  status: command(nothing, async (context) =>
    ok({
      running: (await context.running()) ?? null,
      store: await context.administration.store.statistics(),
      disabled: await disabledNames(context.administration.store),
      queue: await context.administration.store.countQueue(),
      greylist: await greylistCounts(context),
      scanners: await scannerStates(context.settings, { dialer: systemDialer, clock: systemClock }),
      quarantine: await context.administration.store.countQuarantine(),
      holds: await context.administration.store.listSendingHolds(),
      pair: await pairState(context),
    }),
  ),
};

/** Who takes no mail: accounts, aliases, and domains as a whole. */
async function disabledNames(store: Store): Promise<readonly string[]> {
  const [names, accounts] = await Promise.all([store.listDisabled(), store.listAccounts()]);
  const domains = new Set(names);
  const alone = accounts.filter(({ address, enabled }) => !enabled && !domains.has(address.replace(/^.*@/, "")));
  return [...names, ...alone.map(({ address }) => address)];
}

const commands = {
  ...accountCommands,
  ...addressCommands,
  ...auditCommands,
  ...blockListCommands,
  ...decisionCommands,
  ...dkimCommands,
  ...greylistCommands,
  ...metricsCommands,
  ...pairControls,
  ...passkeyControls,
  ...quarantineCommands,
  ...reportCommands,
  ...senderCommands,
  ...queueControls,
  ...sendingControls,
  ...totpControls,
  ...serverCommands,
};

export type ControlCommand = keyof typeof commands;
export type ControlArgs<Name extends ControlCommand> = z.input<(typeof commands)[Name]["args"]>;
export type ControlValue<Name extends ControlCommand> = Extract<
  Awaited<ReturnType<(typeof commands)[Name]["run"]>>,
  { readonly ok: true }
>["value"];

/** What the control socket calls. Throws for an unknown command and for wrong arguments: those are bugs of the caller. */
export function controlHandler(context: ControlContext): (name: string, args: unknown) => Promise<ControlOutcome> {
  const table: Readonly<Record<string, ControlEntry<z.ZodType, unknown>>> = commands;
  return async (name, args) => {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined;
    if (entry === undefined) throw new Error(`unknown control command ${JSON.stringify(name)}`);
    return entry.run(context, entry.args.parse(args));
  };
}
