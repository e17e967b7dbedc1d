/** What the main thread keeps an eye on while the server runs: the gate's ledger, alerts, old records, and who reads postmaster's mail. */
import type { Settings } from "#config/settings.ts";
import type { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Store } from "#store/store.ts";
import type { RaisedAlert } from "./alert.ts";
import { adminAccounts, mailAlert, NO_ADMIN, noAdminAlert } from "./alert-mail.ts";
import { Alerts } from "./alerts.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { greylistSettings } from "./greylist-settings.ts";
import { Housekeeping } from "./housekeeping.ts";
import { ACCOUNT_HELD } from "./incident-sheet.ts";
import { ListFigures } from "./list-figures.ts";
import { auditOwnDomains } from "./own-audit.ts";
import type { Proof } from "./proofs.ts";
import { QuotaWatch } from "./quota-watch.ts";
import { Rechecks } from "./rechecks.ts";
import { SendingWatch } from "./sending-watch.ts";
import { SpecialAddressesNow } from "./special-addresses-now.ts";
import { TlsFigures } from "./tls-figures.ts";

export interface ServerGuardOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Those in force. */
  readonly settings: () => Settings;
}

/** The first run makes its accounts when the server is there. Milliseconds. */
const LOOK_AFTER_MS = 3000;
/** That there is nobody to read mail cannot be mailed; of an account that is held there is a sheet. */
const UNMAILED: ReadonlySet<string> = new Set([NO_ADMIN, ACCOUNT_HELD]);
/** Octets of the key of passwords' fingerprints. */
const FINGERPRINT_KEY_OCTETS = 32;

export class ServerGuard {
  readonly gatekeeper: Gatekeeper;
  /** Made anew with each process and never stored. */
  readonly fingerprintKey: Uint8Array;
  readonly tlsFigures: TlsFigures;
  readonly listFigures: ListFigures;
  readonly #options: ServerGuardOptions;
  readonly #alerts: Alerts;
  readonly #special: SpecialAddressesNow;
  readonly #housekeeping: Housekeeping;
  readonly #rechecks: Rechecks;
  readonly #sending: SendingWatch;
  readonly #quotas: QuotaWatch;
  readonly #stopListening: () => void;
  #lookSoon: Timer | undefined;
  #isAdminMissing = false;

  private constructor(
    options: ServerGuardOptions,
    {
      alerts,
      special,
      gatekeeper,
      tlsFigures,
      listFigures,
    }: Pick<ServerGuard, "gatekeeper" | "tlsFigures" | "listFigures"> & {
      alerts: Alerts;
      special: SpecialAddressesNow;
    },
  ) {
    const { store, clock, random, log, settings } = options;
    this.gatekeeper = gatekeeper;
    this.tlsFigures = tlsFigures;
    this.listFigures = listFigures;
    this.fingerprintKey = random.bytes(FINGERPRINT_KEY_OCTETS);
    this.#options = options;
    this.#alerts = alerts;
    this.#special = special;
    this.#housekeeping = new Housekeeping({
      store,
      clock,
      log,
      keepDecisionsDays: () => settings().decisions.keepDays,
      keepReportsDays: () => settings().reports.keepDays,
      greylist: () => greylistSettings(settings()),
    });
    const look = (now: Settings): ReturnType<typeof auditOwnDomains> => auditOwnDomains(now, options);
    this.#rechecks = new Rechecks({ clock, random, log, alerts, settings, look });
    this.#sending = new SendingWatch({ store, clock, random, log, alerts, settings });
    this.#quotas = new QuotaWatch({ store, clock, random, log, alerts, settings });
    this.#stopListening = store.onEvent(({ kind }) => {
      if (kind === "directory") this.#lookForAdmin();
    });
  }

  static async open(options: ServerGuardOptions): Promise<ServerGuard> {
    const { store, clock, log, settings } = options;
    const mail = (alert: RaisedAlert, unmailed: number): Promise<void> =>
      UNMAILED.has(alert.name) ? Promise.resolve() : mailAlert(settings(), alert, unmailed, options);
    const alerts = new Alerts({ clock, log, mail });
    const mode = (): Settings["rules"]["blockList"] => settings().rules.blockList;
    const special = new SpecialAddressesNow(options);
    const protectedAddresses = (): ProtectedAddresses => special.current;
    const tlsFigures = await TlsFigures.open({ clock, log, dataDir: settings().dataDir });
    const listFigures = new ListFigures(clock);
    const figures = { tlsFigures, listFigures };
    const gatekeeper = await Gatekeeper.open({ store, clock, log, alerts, protectedAddresses, mode, ...figures });
    return new ServerGuard(options, { alerts, special, gatekeeper, ...figures });
  }

  get protectedAddresses(): ProtectedAddresses {
    return this.#special.current;
  }

  /** Where others say what an administrator should know. */
  get alertBook(): Alerts {
    return this.#alerts;
  }

  /** Newest first. */
  get alerts(): readonly RaisedAlert[] {
    return this.#alerts.current();
  }

  /** What the last looks at the protections found. */
  get proofs(): readonly Proof[] {
    return this.#rechecks.proofs;
  }

  /** New settings are in force, or the server has begun. */
  settingsInForce(): void {
    this.#special.look();
    this.#lookSoon?.cancel();
    this.#lookSoon = this.#options.clock.after(LOOK_AFTER_MS, () => this.#lookForAdmin());
    this.#sending.look();
  }

  async close(): Promise<void> {
    this.#lookSoon?.cancel();
    this.#special.close();
    this.#stopListening();
    this.#rechecks.close();
    await this.#sending.close();
    await this.#quotas.close();
    await this.#housekeeping.close();
    await this.gatekeeper.close();
    await this.tlsFigures.close();
  }

  #lookForAdmin(): void {
    const { log, settings } = this.#options;
    const { admin } = settings();
    adminAccounts(settings(), this.#options).then(
      ({ length }) => this.#adminHas(length, admin),
      (error: unknown) => log.error("admin-not-looked-for", { cause: String(error) }),
    );
  }

  #adminHas(accounts: number, admin: string): void {
    const isMissing = accounts === 0;
    if (isMissing && !this.#isAdminMissing) this.#alerts.raise(noAdminAlert(admin));
    if (!isMissing) this.#alerts.settle(NO_ADMIN, admin);
    this.#isAdminMissing = isMissing;
  }
}
