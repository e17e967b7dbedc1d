/**
 * What this version does not do yet although its settings can be written. `check-config`, the first page and the
 * reference page read it here; a part that is built loses its line.
 */
import type { ListenerProtocol } from "./settings.ts";

/** Settings without effect: `table.key`, or a whole table. */
export const WITHOUT_EFFECT: readonly string[] = ["store.bus"];

export const PROTOCOLS_NOT_BUILT: readonly ListenerProtocol[] = [];
