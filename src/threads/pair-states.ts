/** How it stands with other nodes: who they are, when they were last heard of, and how old their lists are. */
import type { Settings } from "#config/settings.ts";
import { LIST_BELIEVED_MS, LIST_OLD_MS } from "#pair/limits.ts";
import { RecipientList } from "#pair/recipient-list.ts";
import { SecondaryRecipients } from "#pair/secondary-recipients.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { PairNodeRow } from "#store/pair-rows.ts";
import type { Store } from "#store/store.ts";
import { primaryHostOf } from "./pairing-settings.ts";

/** JSON: it travels over the control socket. */
export interface PairState {
  readonly nodes: readonly NodeState[];
  /** Those that this node is a second MX for. */
  readonly domains: readonly SecondaryState[];
}

export interface NodeState
  extends Pick<PairNodeRow, "fingerprint" | "name" | "address" | "dials" | "joinedMs" | "lastSyncMs" | "samePolicy"> {
  /** Why the last connection that we opened failed; empty: it did not. */
  readonly problem: string;
  /** Its recipient list here; null: it told none. */
  readonly list: { readonly digest: string; readonly addresses: number; readonly confirmedMs: number } | null;
}

export interface SecondaryState {
  readonly name: string;
  /** Node that has it; null: none. */
  readonly fingerprint: string | null;
  readonly state: "current" | "old" | "none";
  readonly detail: string;
  /** When its list was last confirmed; null: never. */
  readonly confirmedMs: number | null;
}

const HOUR_MS = 60 * 60 * 1000;

export async function nodeStates(
  settings: Settings,
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  problems: ReadonlyMap<string, string>,
): Promise<PairState> {
  const [nodes, lists, stored] = await Promise.all([
    store.listPairNodes(),
    store.listRecipientLists([]),
    store.listDomains(),
  ]);
  const recipients = await SecondaryRecipients.open({ store, clock, log, primaryHostOf: primaryHostOf(settings) });
  recipients.close();
  const inSettings = new Map<string, string>(settings.domains.map(({ name, role }) => [name, role]));
  const roles = new Map([...stored.map(({ name, role }) => [name, role] as const), ...inSettings]);
  const secondary = [...roles].filter(([, role]) => role === "secondary").map(([name]) => name);
  return {
    nodes: nodes.map(({ fingerprint, name, address, dials, joinedMs, lastSyncMs, samePolicy }) => {
      const list = lists.find((one) => one.fingerprint === fingerprint);
      const read = list?.octets == null ? undefined : RecipientList.read(list.octets);
      return {
        fingerprint,
        name,
        address,
        dials,
        joinedMs,
        lastSyncMs,
        samePolicy,
        problem: problems.get(fingerprint) ?? "",
        list:
          list === undefined || read === undefined
            ? null
            : { digest: list.digest, addresses: read.addresses, confirmedMs: list.confirmedMs },
      };
    }),
    domains: secondary.map((name) => {
      const fingerprint = recipients.nodeOf(name) ?? null;
      const confirmedMs = lists.find((one) => one.fingerprint === fingerprint)?.confirmedMs ?? null;
      return { name, fingerprint, confirmedMs, ...ageOf(confirmedMs, clock.now()) };
    }),
  };
}

function ageOf(confirmedMs: number | null, nowMs: number): Pick<SecondaryState, "state" | "detail"> {
  if (confirmedMs === null) {
    return { state: "none", detail: "no paired node has told us its recipients: every recipient is answered 451" };
  }
  const age = nowMs - confirmedMs;
  const hours = Math.floor(age / HOUR_MS);
  if (age > LIST_BELIEVED_MS) {
    return {
      state: "none",
      detail: `its recipient list is ${hours} hours old and not believed any more: every recipient is answered 451`,
    };
  }
  if (age > LIST_OLD_MS) return { state: "old", detail: `its recipient list is ${hours} hours old` };
  return { state: "current", detail: "its recipient list is current" };
}
