/** The domains that are ours: those of the settings, and those added while running, which the store keeps. */
import type { Store } from "#store/store.ts";
import type { DomainRole } from "./directory.ts";

export class OwnDomains {
  readonly #settings: ReadonlyMap<string, DomainRole>;
  readonly #store: Pick<Store, "listDomains" | "listDisabled">;
  #roles: ReadonlyMap<string, DomainRole>;
  #disabled: ReadonlySet<string> = new Set();
  /** The latest reading of the store; undefined when it failed or what it read is out of date. */
  #reading: Promise<void> | undefined;
  /** Counts readings, so that an overtaken one changes nothing. */
  #turn = 0;

  constructor(settings: ReadonlyMap<string, DomainRole>, store: Pick<Store, "listDomains" | "listDisabled">) {
    this.#settings = settings;
    this.#store = store;
    this.#roles = settings;
  }

  /** As last read. */
  role(domain: string): DomainRole | undefined {
    return this.#roles.get(domain);
  }

  /** Ours, and taking no mail. As last read. */
  isDisabled(domain: string): boolean {
    return this.#disabled.has(domain);
  }

  names(): Iterable<string> {
    return this.#roles.keys();
  }

  /** Reads again at the next `ready`, and starts to. What was known stays known until then. */
  refresh(): void {
    this.#reading = undefined;
    this.ready().catch(() => {
      // The next caller of ready() asks again, and hears of it.
    });
  }

  /** Resolves when the store's domains are known. Rejects when it cannot be asked. */
  ready(): Promise<void> {
    this.#reading ??= this.#read(++this.#turn);
    return this.#reading;
  }

  async #read(turn: number): Promise<void> {
    try {
      const [stored, disabled] = await Promise.all([this.#store.listDomains(), this.#store.listDisabled()]);
      // The settings speak last: they are what the operator sees.
      const roles = new Map([...stored.map(({ name, role }) => [name, role] as const), ...this.#settings]);
      if (turn !== this.#turn) return;
      this.#roles = roles;
      this.#disabled = new Set(disabled);
    } catch (error) {
      if (turn === this.#turn) this.#reading = undefined;
      throw error;
    }
  }
}
