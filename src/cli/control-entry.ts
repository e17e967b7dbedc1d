/** How a control command is written down: what it takes, and what it does. The families of commands stand in files of their own. */
import type { z } from "zod";
import type { Settings } from "#config/settings.ts";
import type { Prefix } from "#gate/network/prefix.ts";
import type { Administration } from "#identity/administration.ts";
import type { Result } from "#mail/result.ts";
import type { BlockListKey } from "#store/decision-row.ts";
import type { Pairing } from "#threads/pairing.ts";
import type { ServerStatus } from "./status-report.ts";

export interface ControlContext {
  readonly administration: Administration;
  readonly settings: Settings;
  /** Why this may never be banned; undefined: it may. */
  readonly protectedReason: (prefix: Prefix) => string | undefined;
  /** The memory of a running server; nothing where none runs. */
  readonly gatekeeper: () => GateHooks | undefined;
  /** Other nodes; nothing where no server runs. */
  readonly pairing?: () => Pairing | undefined;
  /** Undefined where no server runs. */
  running(): Promise<ServerStatus | undefined>;
}

/** What the ledger of offences must hear of. */
export interface GateHooks {
  /** A ban by rule was lifted: the next one begins anew. */
  lifted(ban: BlockListKey): void;
  /** An audit of this server begins on the machine itself. */
  ownAuditBegins(): void;
  /** The old password is no offence for a day. */
  passwordChanged(account: string): void;
}

/** JSON both ways. The problem is a stable word, some with `: ` and particulars behind it; `problem-words.ts` says it to people. */
export type ControlOutcome<Value = unknown> = Result<Value, string>;

export interface ControlEntry<Args extends z.ZodType, Value> {
  readonly args: Args;
  run(context: ControlContext, args: z.output<Args>): Promise<ControlOutcome<Value>>;
}

export function command<Args extends z.ZodType, Value>(
  args: Args,
  run: (context: ControlContext, args: z.output<Args>) => Promise<ControlOutcome<Value>>,
): ControlEntry<Args, Value> {
  return { args, run };
}
