/**
 * Tells of accounts whose mail is held: a sheet to the user and to the administrator, once, and an alert that stays until the
 * account is released. What the store holds and nobody was told of, after a crash for instance, is found at the start.
 */
import { LRUCache } from "lru-cache";
import type { Settings } from "#config/settings.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { SendingHold, SendingIncident } from "#store/sending-rows.ts";
import type { Store } from "#store/store.ts";
import { adminAccounts } from "./alert-mail.ts";
import type { Alerts } from "./alerts.ts";
import { ACCOUNT_HELD, heldAlert, sheetMessage } from "./incident-sheet.ts";
import { deliverNotice } from "./notice-mail.ts";

/** An alert nobody raises any more is over after a day: this one is raised as long as it is true. Milliseconds. */
const RAISE_AGAIN_MS = 60 * 60 * 1000;
/** What could not be told is tried again: a full disk, a store that was busy. Milliseconds. */
const TRY_AGAIN_MS = 60 * 1000;
/** Alerts that are up: as many as the alerts keep. */
const RAISED_MAX = 200;

export interface SendingWatchOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  readonly settings: () => Settings;
}

export class SendingWatch {
  readonly #options: SendingWatchOptions;
  readonly #raised = new LRUCache<string, true>({ max: RAISED_MAX });
  readonly #stopListening: () => void;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #looksAgain = false;
  #isClosed = false;

  constructor(options: SendingWatchOptions) {
    this.#options = options;
    this.#stopListening = options.store.onEvent(({ kind }) => {
      if (kind === "sending") this.look();
    });
  }

  /** Now, and whenever something changes. */
  look(): void {
    if (this.#isClosed) return;
    if (this.#looking !== undefined) {
      this.#looksAgain = true;
      return;
    }
    this.#timer?.cancel();
    this.#looking = this.#lookNowAndLater();
  }

  /** Resolves when what is being told was told. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#stopListening();
    await this.#looking;
  }

  async #lookNowAndLater(): Promise<void> {
    const nextMs = await this.#lookAround();
    this.#looking = undefined;
    if (this.#isClosed) return;
    if (this.#looksAgain) this.look();
    else this.#timer = this.#options.clock.after(nextMs, () => this.look());
  }

  /** When to look next. Milliseconds. */
  async #lookAround(): Promise<number> {
    const { store, log } = this.#options;
    let allTold = true;
    try {
      do {
        this.#looksAgain = false;
        const holds = await store.listSendingHolds();
        this.#settleOthers(holds);
        for (const hold of holds) allTold = (await this.#tell(hold)) && allTold;
      } while (this.#looksAgain && !this.#isClosed);
    } catch (error) {
      log.error("holds-not-read", { cause: String(error) });
      allTold = false;
    }
    return allTold ? RAISE_AGAIN_MS : TRY_AGAIN_MS;
  }

  async #tell(hold: SendingHold): Promise<boolean> {
    const { store, clock, log, alerts, settings } = this.#options;
    const { account, sinceMs, trigger, isEnforced, isTold, facts } = hold;
    try {
      const incident = { ...(await store.findSendingIncident(account, clock.now())), hold };
      alerts.raise(heldAlert(incident, hold));
      if (isEnforced) this.#raised.set(account, true);
      if (isTold) return true;
      log.warn(isEnforced ? "account-held" : "account-would-be-held", { account, trigger, ...facts });
      if (isEnforced) await this.#mailSheets(settings(), incident, hold);
      await store.markSendingTold(account, sinceMs);
      return true;
    } catch (error) {
      log.error("hold-not-told", { account, cause: String(error) });
      return false;
    }
  }

  /** Both at once where the administrator is the user. */
  async #mailSheets(settings: Settings, incident: SendingIncident, hold: SendingHold): Promise<void> {
    const { store, clock, random } = this.#options;
    const atMs = clock.now();
    const { hostname } = settings;
    const admins = await adminAccounts(settings, { store, clock });
    const found = await store.findAddress(incident.account);
    const owner = found?.kind === "account" ? found.account.id : undefined;
    const about = { hostname, atMs };
    if (admins.length > 0) {
      const text = sheetMessage(incident, hold, { ...about, id: random.id(), to: settings.admin, reader: "admin" });
      await deliverNotice(store, text, { accounts: admins, atMs });
    }
    if (owner === undefined || admins.includes(owner)) return;
    const text = sheetMessage(incident, hold, { ...about, id: random.id(), to: incident.account, reader: "user" });
    await deliverNotice(store, text, { accounts: [owner], atMs });
  }

  #settleOthers(holds: readonly SendingHold[]): void {
    const held = new Set(holds.filter(({ isEnforced }) => isEnforced).map(({ account }) => account));
    const over = [...this.#raised.keys()].filter((account) => !held.has(account));
    for (const account of over) {
      this.#raised.delete(account);
      this.#options.alerts.settle(ACCOUNT_HELD, account);
    }
  }
}
