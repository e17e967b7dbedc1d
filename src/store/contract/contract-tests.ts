import type { Store } from "../store.ts";

/** Tests by what they show; each gets an empty store of its own. */
export type ContractTests = Readonly<Record<string, (store: Store) => Promise<void>>>;
