/** Keeps what fronts speak TLS with up to date: files that change, certificates that an authority gives, keys of session tickets. */
import type { ServedCertificate } from "#certificates/expiry.ts";
import type { Settings } from "#config/settings.ts";
import { makeTicketKeys, TICKET_KEY_MS, type TicketKeys } from "#platform/tls/ticket-keys.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { AcmeKeeper } from "./acme-keeper.ts";
import type { Alerts } from "./alerts.ts";
import type { KeyPairs } from "./key-pairs.ts";
import { ServedCertificates } from "./served-certificates.ts";
import { type TlsFiles, tlsFilesOf } from "./tls-files.ts";
import type { AcmeAnswerFor, TlsMaterial } from "./tls-material.ts";

/** Between two looks at the files; new ones are to serve within 60 s. Milliseconds. */
const LOOK_MS = 20_000;
/** Certificate and key are written one after the other: between them they do not fit. */
const LOOKS_UNTIL_TOLD = 2;
const BROKEN = "certificate-broken";
const LISTS_OVER = "revocation-list-over";
/** Milliseconds. */
const LISTS_TOLD_AGAIN_MS = 60 * 60 * 1000;

export interface TlsKeeperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Resolves when every thread uses it. */
  readonly apply: (material: TlsMaterial) => Promise<void>;
}

export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #served: ServedCertificates;
  #settings: Settings;
  #files: TlsFiles;
  #ticketKeys: TicketKeys = makeTicketKeys();
  #acmeAnswers: readonly AcmeAnswerFor[] = [];
  #acme: AcmeKeeper | undefined;
  #problem: { readonly message: string; readonly looks: number } | undefined;
  #listsToldMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> = Promise.resolve();
  #lookTimer: Timer;
  #keyTimer: Timer;
  #isClosed = false;

  constructor(settings: Settings, files: TlsFiles, options: TlsKeeperOptions) {
    const { clock } = options;
    this.#options = options;
    this.#settings = settings;
    this.#files = files;
    this.#served = new ServedCertificates({
      ...options,
      settings: () => this.#settings,
      expected: () => this.#files.pairs.map(({ fingerprint }) => fingerprint),
    });
    this.#lookTimer = clock.after(LOOK_MS, () => this.#lookAgain());
    this.#keyTimer = clock.after(TICKET_KEY_MS, () => this.#turnKeys());
  }

  get pairs(): KeyPairs {
    return this.#files.pairs;
  }

  /** As clients saw them last. */
  get served(): readonly ServedCertificate[] {
    return this.#served.seen;
  }

  /** For threads that begin. */
  materialWith({ pairs, clients }: TlsFiles): TlsMaterial {
    return { keyPairs: pairs, clients, ticketKeys: this.#ticketKeys, acmeAnswers: this.#acmeAnswers };
  }

  /** The threads of these settings serve. */
  async inForce(settings: Settings, files: TlsFiles): Promise<void> {
    this.#acme?.close();
    this.#settings = settings;
    this.#files = files;
    // What changed while they began.
    await this.#apply();
    this.#served.lookSoon();
    this.#acme = settings.tls.source === "acme" ? this.#openAcme(settings) : undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#lookTimer.cancel();
    this.#keyTimer.cancel();
    this.#served.close();
    this.#acme?.close();
    await this.#looking;
  }

  #openAcme(settings: Settings): AcmeKeeper {
    const keeper: AcmeKeeper = new AcmeKeeper({
      ...this.#options,
      settings,
      answer: async (answers) => {
        // An order that was under way when the settings changed has nothing to say any more.
        if (this.#acme !== keeper) return;
        this.#acmeAnswers = answers;
        await this.#apply();
      },
      changed: () => this.look(),
    });
    return keeper;
  }

  /** Reads the files again. One look at a time. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error: unknown) => {
        this.#options.log.error("certificates-not-read", { cause: String(error) });
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, alerts, log } = this.#options;
    const read = await tlsFilesOf(this.#settings, clock.now());
    if (this.#isClosed) return;
    if (!read.ok) return this.#broken(read.problem);
    this.#problem = undefined;
    alerts.settle(BROKEN, "tls");
    this.#lookAtLists(read.value.clients);
    if (isSame(read.value, this.#files)) return;
    this.#files = read.value;
    await this.#apply();
    log.info("certificates-replaced", { names: read.value.pairs.map(({ names }) => names) });
    this.#served.lookSoon();
  }

  /** The old pair serves on. Told at the second look, and once. */
  #broken({ message, remedy }: { readonly message: string; readonly remedy: string }): void {
    const looks = this.#problem?.message === message ? this.#problem.looks + 1 : 1;
    this.#problem = { message, looks };
    if (looks !== LOOKS_UNTIL_TOLD) return;
    this.#options.alerts.raise({
      name: BROKEN,
      subject: "tls",
      text: `The files of TLS cannot be used as they are, and what was read before serves on: ${message}.`,
      remedy: `Put them right, ${remedy}; they are read within a minute.`,
      evidence: [],
    });
  }

  /** OpenSSL believes no certificate of a client then: its users should not be the first to notice. */
  #lookAtLists(clients: TlsFiles["clients"]): void {
    const { clock, alerts } = this.#options;
    const nowMs = clock.now();
    if ((clients?.listsEndMs ?? Number.POSITIVE_INFINITY) > nowMs) {
      this.#listsToldMs = Number.NEGATIVE_INFINITY;
      return alerts.settle(LISTS_OVER, "client_certificates");
    }
    if (nowMs - this.#listsToldMs < LISTS_TOLD_AGAIN_MS) return;
    this.#listsToldMs = nowMs;
    alerts.raise({
      name: LISTS_OVER,
      subject: "client_certificates",
      text: "A list of revoked certificates is out of date: no user gets in with a certificate.",
      remedy: "Put a new list of that authority into client_certificates.crl_file; it is read within a minute.",
      evidence: [],
    });
  }

  #lookAgain(): void {
    void this.look().finally(() => {
      if (!this.#isClosed) this.#lookTimer = this.#options.clock.after(LOOK_MS, () => this.#lookAgain());
    });
  }

  #turnKeys(): void {
    this.#ticketKeys = makeTicketKeys(this.#ticketKeys);
    void this.#apply();
    this.#keyTimer = this.#options.clock.after(TICKET_KEY_MS, () => this.#turnKeys());
  }

  #apply(): Promise<void> {
    return this.#options.apply(this.materialWith(this.#files));
  }
}

function isSame({ pairs: left, clients }: TlsFiles, { pairs: right, clients: others }: TlsFiles): boolean {
  return (
    clients?.authoritiesPem === others?.authoritiesPem &&
    clients?.revokedPem.join() === others?.revokedPem.join() &&
    left.length === right.length &&
    left.every(({ certificatePem, keyPem }, index) => {
      const other = right[index];
      return other?.certificatePem === certificatePem && other.keyPem === keyPem;
    })
  );
}
