/** Tells users and administrator of a mailbox that fills up, once at each mark: over its quota others' mail to it is deferred. */
import { dateField, messageIdField } from "#mail/trace.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Account, Store } from "#store/store.ts";
import { wrapped } from "#verdict/page.ts";
import type { Alert } from "./alert.ts";
import type { Alerts } from "./alerts.ts";
import { deliverNotice } from "./notice-mail.ts";

/** Percent of the quota: time to tidy up, and the last moment to do so. */
const MARKS = [80, 95] as const;
/** Points below a mark at which it is forgotten: who hovers there is not told again and again. */
const FORGOTTEN_BELOW = 5;
/** Between two looks at all accounts. Milliseconds. */
const LOOK_MS = 10 * 60 * 1000;

type Mark = 0 | (typeof MARKS)[number];

export interface QuotaWatchOptions {
  readonly store: Pick<Store, "listAccounts" | "deliver">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Those in force. */
  readonly settings: () => { readonly hostname: string };
}

export class QuotaWatch {
  readonly #options: QuotaWatchOptions;
  /** The highest mark that each account has passed, by ID; those below all of them are not in it. */
  #passed = new Map<number, Mark>();
  #isFirst = true;
  #timer: Timer;
  #working: Promise<void> = Promise.resolve();

  constructor(options: QuotaWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.after(0, () => this.#begin());
  }

  /** Resolves when the look that is under way is done. */
  close(): Promise<void> {
    this.#timer.cancel();
    return this.#working;
  }

  #begin(): void {
    const { clock, log } = this.#options;
    this.#timer = clock.after(LOOK_MS, () => this.#begin());
    this.#working = this.#look().catch((error: unknown) => log.error("quotas-not-looked-at", { cause: String(error) }));
  }

  async #look(): Promise<void> {
    const before = this.#passed;
    const now = new Map<number, Mark>();
    for (const account of await this.#options.store.listAccounts()) {
      const known = before.get(account.id) ?? 0;
      const mark = markOf(account, known);
      if (mark > 0) now.set(account.id, mark);
      if (mark < known) this.#options.alerts.settle(ALERT, account.address);
      // What was so when the server began was told by the process before.
      if (mark > known && !this.#isFirst) this.#tell(account, mark);
    }
    this.#passed = now;
    this.#isFirst = false;
  }

  #tell(account: Account, mark: Mark): void {
    const { store, clock, random, log, alerts, settings } = this.#options;
    alerts.raise(alertOf(account, mark));
    const atMs = clock.now();
    const text = notice(account, { hostname: settings().hostname, id: random.id(), atMs });
    deliverNotice(store, text, { accounts: [account.id], atMs }).catch((error: unknown) => {
      log.warn("quota-not-mailed", { account: account.address, cause: String(error) });
    });
  }
}

const ALERT = "mailbox-fills-up";

function percentOf({ usedOctets, quotaOctets }: Account): number {
  return quotaOctets === null || quotaOctets === 0 ? 0 : (usedOctets / quotaOctets) * 100;
}

function markOf(account: Account, known: Mark): Mark {
  const percent = percentOf(account);
  return MARKS.findLast((mark) => percent >= (mark <= known ? mark - FORGOTTEN_BELOW : mark)) ?? 0;
}

function alertOf(account: Account, mark: Mark): Alert {
  const { address, quotaOctets } = account;
  return {
    name: ALERT,
    subject: address,
    text: `The mailbox of ${address} is over ${mark} % of its quota. Over 100 % mail to it is deferred (452), and in the end returned by its senders.`,
    remedy: `Its user was told. More room: \`postern account quota ${address} OCTETS\` (now ${quotaOctets}).`,
    evidence: [],
  };
}

/** RFC 5322; RFC 3834: nothing is to answer it. */
function notice(
  account: Account,
  { hostname, id, atMs }: { readonly hostname: string; readonly id: string; readonly atMs: number },
): string {
  const percent = Math.floor(percentOf(account));
  const body = [
    `Your mailbox ${account.address} is full to ${percent} %.`,
    "When it is full, mail to you waits at its senders for some days, and then goes back to them. Nothing that is in your mailbox is lost.",
    "Please delete what you do not need, and empty the trash: what is there counts, too. Large messages make the most room. If that is not enough, ask your administrator for more.",
  ];
  return [
    `From: Postern <MAILER-DAEMON@${hostname}>\r\nTo: <${account.address}>\r\n`,
    `Subject: [Postern] Your mailbox is full to ${percent} %\r\n`,
    dateField(atMs),
    messageIdField(id, hostname),
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    ...body.flatMap((paragraph) => [...wrapped(paragraph, "", "").map((line) => `${line}\r\n`), "\r\n"]),
    `Postern on ${hostname}.\r\n`,
  ].join("");
}
