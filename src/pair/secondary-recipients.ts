/** Which recipients other nodes' domains have, as the last lists from them say: in memory, read again when the store has newer ones. */
import type { Mailbox } from "#mail/address.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { PairNodeRow, RecipientListRow } from "#store/pair-rows.ts";
import type { Store } from "#store/store.ts";
import { LIST_BELIEVED_MS } from "./limits.ts";
import { splitPlace } from "./node-link.ts";
import { type ListedState, RecipientList } from "./recipient-list.ts";

export interface SecondaryRecipientsOptions {
  readonly store: Pick<Store, "listRecipientLists" | "listPairNodes" | "onEvent">;
  readonly clock: Clock;
  readonly log: Log;
  /** The host that the settings name for a domain; undefined: whichever node has it. */
  readonly primaryHostOf: (domain: string) => string | undefined;
}

interface HeldList {
  readonly node: PairNodeRow;
  readonly digest: string;
  readonly confirmedMs: number;
  readonly list: RecipientList;
}

/** Milliseconds until lists that could not be read are tried again. */
const READ_AGAIN_MS = 1000;

export class SecondaryRecipients {
  readonly #options: SecondaryRecipientsOptions;
  readonly #stopListening: () => void;
  #held: readonly HeldList[] = [];
  #isReading = false;
  #isStale = false;
  #retry: Timer | undefined;

  private constructor(options: SecondaryRecipientsOptions) {
    this.#options = options;
    this.#stopListening = options.store.onEvent(({ kind }) => {
      if (kind === "pair") this.#readAgain();
    });
  }

  /** Rejects when the store cannot be read. */
  static async open(options: SecondaryRecipientsOptions): Promise<SecondaryRecipients> {
    const recipients = new SecondaryRecipients(options);
    await recipients.#read();
    return recipients;
  }

  /** As the node that has the domain would answer. `no-list`: no node told us, or not for too long. */
  find(mailbox: Mailbox): ListedState | "no-list" {
    const held = this.#listOf(mailbox.domain);
    if (held === undefined || this.#options.clock.now() - held.confirmedMs > LIST_BELIEVED_MS) return "no-list";
    return held.list.find(mailbox) ?? "no-list";
  }

  /** Fingerprint of the node that has the domain; undefined: none that we know. */
  nodeOf(domain: string): string | undefined {
    return this.#listOf(domain)?.node.fingerprint;
  }

  close(): void {
    this.#retry?.cancel();
    this.#stopListening();
  }

  #listOf(domain: string): HeldList | undefined {
    const host = this.#options.primaryHostOf(domain);
    return this.#held.find(
      ({ list, node }) => list.domains.includes(domain) && (host === undefined || isAt(node, host)),
    );
  }

  #readAgain(): void {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#read()
      .catch((error: unknown) => {
        this.#options.log.error("recipient-lists-unreadable", { cause: String(error) });
        this.#retry = this.#options.clock.after(READ_AGAIN_MS, () => this.#readAgain());
      })
      .finally(() => (this.#isReading = false));
  }

  async #read(): Promise<void> {
    const { store } = this.#options;
    do {
      this.#isStale = false;
      const known = new Map(this.#held.map(({ digest, list }) => [digest, list]));
      const [nodes, rows] = await Promise.all([store.listPairNodes(), store.listRecipientLists([...known.keys()])]);
      this.#held = rows.flatMap((row) => heldList(row, nodes, known));
    } while (this.#isStale);
  }
}

function heldList(
  { fingerprint, digest, confirmedMs, octets }: RecipientListRow,
  nodes: readonly PairNodeRow[],
  known: ReadonlyMap<string, RecipientList>,
): readonly HeldList[] {
  const node = nodes.find((one) => one.fingerprint === fingerprint);
  const list = octets === null ? known.get(digest) : RecipientList.read(octets);
  return node === undefined || list === undefined ? [] : [{ node, digest, confirmedMs, list }];
}

/** By its name, or by where we joined it. */
function isAt({ name, address }: PairNodeRow, host: string): boolean {
  return name.toLowerCase() === host.toLowerCase() || splitPlace(address).host.toLowerCase() === host.toLowerCase();
}
