/** What an admin is told about a list, and the way out. Never with a key. */
import type { DnsList } from "./dns-list.ts";

export type ListAlertKind =
  | "dead"
  | "lists-the-world"
  | "refuses-us"
  | "suspended"
  | "timing-out"
  | "failing"
  | "misuse"
  | "healthy-again";

export interface ListAlert {
  readonly kind: ListAlertKind;
  /** The list's stable word. */
  readonly list: string;
  readonly text: string;
  /** What the admin can do; empty where there is nothing to do. */
  readonly remedy: string;
}

interface Subject {
  readonly list: Pick<DnsList, "list" | "title" | "zone">;
  readonly resolverName: string;
}

/** @param detail what was seen, in a few words. */
export function listAlert(kind: ListAlertKind, { list, resolverName }: Subject, detail = ""): ListAlert {
  const [what, remedy] = words(kind, resolverName);
  const seen = detail === "" ? "" : ` (${detail})`;
  const effect = kind === "healthy-again" || kind === "misuse" ? "" : " Mail flows without it.";
  return { kind, list: list.list, text: `${list.title} (${list.zone}) ${what}${seen}.${effect}`, remedy };
}

function words(kind: ListAlertKind, resolverName: string): readonly [what: string, remedy: string] {
  switch (kind) {
    case "dead":
      return [
        `does not name its own test entry when asked through ${resolverName}: it is gone, or refuses us without a word`,
        "Run a resolver of your own on this machine, or take the list out of the settings.",
      ];
    case "lists-the-world":
      return [
        "names what it must never name: it has ended, or its domain has a new owner",
        "Take it out of the settings.",
      ];
    case "refuses-us":
      return [
        `does not serve the resolver ${resolverName}`,
        "Run a resolver of your own on this machine that asks the list directly, or get a key from the list (for Spamhaus: DQS) and set it as `key`.",
      ];
    case "suspended":
      return [
        "began to name senders that are otherwise good and is not asked for an hour",
        "Look at the list's own news.",
      ];
    case "timing-out":
      return [
        `does not answer through ${resolverName} and is not asked for some minutes`,
        "If other lists are silent too, look at the resolver.",
      ];
    case "failing":
      return [
        `cannot be asked through ${resolverName}: there is an error each time`,
        "If other lists fail too, look at the resolver; if it is this one alone, it may have ended.",
      ];
    case "misuse":
      return ["was asked for something it does not have, which is a fault of this program", "Please report it."];
    case "healthy-again":
      return ["works again", ""];
  }
}
