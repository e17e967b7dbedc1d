/** What is counted about TLS: handshakes that failed, by listener and reason, and with which version accounts log in. */
import { join } from "node:path";
import { readIfThere, writeSecretFile } from "#platform/secret-file.ts";
import type { HandshakeFailure } from "#platform/tls/handshake-failure.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";

/** JSON: it travels over the control socket. */
export interface TlsReport {
  /** Since the start. */
  readonly handshakesFailed: readonly {
    readonly listener: string;
    readonly failure: HandshakeFailure;
    readonly count: number;
  }[];
  /** Within `LOGINS_MS`, one for each account and version. */
  readonly logins: readonly TlsLogin[];
}

export interface TlsLogin {
  readonly accountId: number;
  /** `TLSv1.2` */
  readonly version: string;
  readonly lastMs: number;
}

/** How long a login counts: who did not come in that time will not miss an old version. Milliseconds. */
const LOGINS_MS = 30 * 24 * 60 * 60 * 1000;
/** Accounts and versions that are remembered; about 60 octets each. */
const LOGINS_MAX = 50_000;
/** Between two writings. Milliseconds. */
const SAVE_MS = 5 * 60 * 1000;

export interface TlsFiguresOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
}

export class TlsFigures {
  readonly #options: TlsFiguresOptions;
  readonly #failures = new Map<string, { listener: string; failure: HandshakeFailure; count: number }>();
  /** By account and version; the one that logged in last is last. */
  readonly #logins = new Map<string, TlsLogin>();
  #timer: Timer | undefined;

  private constructor(options: TlsFiguresOptions) {
    this.#options = options;
  }

  /** With the logins from before the start. */
  static async open(options: TlsFiguresOptions): Promise<TlsFigures> {
    const figures = new TlsFigures(options);
    try {
      for (const login of JSON.parse((await readIfThere(figures.#file)) ?? "[]") as readonly TlsLogin[]) {
        figures.#logins.set(keyOf(login), login);
      }
    } catch (error) {
      options.log.warn("tls-logins-unreadable", { cause: String(error) });
    }
    return figures;
  }

  /** Listeners and reasons are few: the table needs no bound. */
  handshakeFailed(listener: string, failure: HandshakeFailure): void {
    const key = `${listener} ${failure}`;
    const known = this.#failures.get(key) ?? { listener, failure, count: 0 };
    this.#failures.set(key, { ...known, count: known.count + 1 });
  }

  loggedIn(accountId: number, version: string): void {
    const { clock } = this.#options;
    const login = { accountId, version, lastMs: clock.now() };
    const key = keyOf(login);
    this.#logins.delete(key);
    this.#logins.set(key, login);
    const [oldest] = this.#logins.keys();
    if (this.#logins.size > LOGINS_MAX && oldest !== undefined) this.#logins.delete(oldest);
    this.#timer ??= clock.after(SAVE_MS, () => void this.#save());
  }

  report(): TlsReport {
    return { handshakesFailed: [...this.#failures.values()], logins: this.#recent() };
  }

  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#save();
  }

  get #file(): string {
    return join(this.#options.dataDir, "tls", "logins.json");
  }

  #recent(): readonly TlsLogin[] {
    const sinceMs = this.#options.clock.now() - LOGINS_MS;
    return [...this.#logins.values()].filter(({ lastMs }) => lastMs > sinceMs);
  }

  async #save(): Promise<void> {
    this.#timer = undefined;
    try {
      await writeSecretFile(this.#file, `${JSON.stringify(this.#recent())}\n`);
    } catch (error) {
      this.#options.log.error("tls-logins-not-saved", { cause: String(error) });
    }
  }
}

function keyOf({ accountId, version }: Pick<TlsLogin, "accountId" | "version">): string {
  return `${accountId} ${version}`;
}
