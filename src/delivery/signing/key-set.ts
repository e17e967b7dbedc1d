/**
 * The keys of a domain over time. Of each algorithm one key signs and the next one is published already, so that a change of
 * keys needs no waiting for the DNS; the one before stays published while mail that it signed is on its way.
 */
import { failed, ok, type Result } from "#mail/result.ts";
import type { DkimKeyRow } from "#store/dkim-key-row.ts";
import type { Store } from "#store/store.ts";
import { RETIRED_FOR_MS, SEEN_EVERYWHERE_MS } from "./limits.ts";
import { keyRecord, makePrivateKey, type SigningAlgorithm } from "./signing-key.ts";

type KeyStore = Pick<Store, "listDkimKeys" | "changeDkimKeys">;

/** A TXT record to publish. */
export interface DkimRecord {
  readonly name: string;
  readonly value: string;
  readonly state: DkimKeyRow["state"];
}

const ALGORITHMS: Readonly<Record<SigningAlgorithm, string>> = { "rsa-sha256": "rsa", "ed25519-sha256": "ed25519" };

/** The keys of a domain of ours, those that are missing made now. Two that do so at once end with the same keys. */
export async function ensureKeys(store: KeyStore, domain: string, nowMs: number): Promise<readonly DkimKeyRow[]> {
  const present = await store.listDkimKeys(domain);
  const put: DkimKeyRow[] = [];
  for (const algorithm of Object.keys(ALGORITHMS) as SigningAlgorithm[]) {
    for (const state of ["active", "next"] as const) {
      const isThere = present.some((key) => key.algorithm === algorithm && key.state === state);
      if (!isThere) put.push(await newKey(domain, algorithm, state, [...present, ...put], nowMs));
    }
  }
  if (put.length === 0) return present;
  await store.changeDkimKeys({ put, removed: [] });
  return store.listDkimKeys(domain);
}

/**
 * The next keys sign from now on, new ones are made to follow them, and those that were retired long ago are gone.
 * @param options.isPublished the operator knows that the next keys can be seen everywhere.
 */
export async function rotateKeys(
  store: KeyStore,
  domain: string,
  nowMs: number,
  options: { readonly isPublished: boolean },
): Promise<Result<readonly DkimKeyRow[], "next-key-too-new">> {
  const keys = await ensureKeys(store, domain, nowMs);
  const isTooNew = keys.some(({ state, createdAtMs }) => state === "next" && nowMs - createdAtMs < SEEN_EVERYWHERE_MS);
  if (isTooNew && !options.isPublished) return failed("next-key-too-new");
  const put = keys.flatMap((key): DkimKeyRow[] => {
    if (key.state === "active") return [{ ...key, state: "retired", changedAtMs: nowMs }];
    return key.state === "next" ? [{ ...key, state: "active", changedAtMs: nowMs }] : [];
  });
  for (const algorithm of Object.keys(ALGORITHMS) as SigningAlgorithm[]) {
    put.push(await newKey(domain, algorithm, "next", keys, nowMs));
  }
  const removed = keys.filter(({ state, changedAtMs }) => state === "retired" && nowMs - changedAtMs > RETIRED_FOR_MS);
  await store.changeDkimKeys({ put, removed });
  return ok(await store.listDkimKeys(domain));
}

export function recordsOf(keys: readonly DkimKeyRow[]): readonly DkimRecord[] {
  return keys.map(({ domain, selector, privateKeyPem, algorithm, state }) => ({
    name: `${selector}._domainkey.${domain}`,
    value: keyRecord(privateKeyPem, algorithm),
    state,
  }));
}

async function newKey(
  domain: string,
  algorithm: SigningAlgorithm,
  state: DkimKeyRow["state"],
  others: readonly DkimKeyRow[],
  nowMs: number,
): Promise<DkimKeyRow> {
  const selector = freeSelector(algorithm, others);
  const privateKeyPem = await makePrivateKey(algorithm);
  return { domain, selector, algorithm, privateKeyPem, state, createdAtMs: nowMs, changedAtMs: nowMs };
}

/** `postern3-rsa`: numbers go up, so that no name ever stands for two keys. */
function freeSelector(algorithm: SigningAlgorithm, others: readonly DkimKeyRow[]): string {
  const taken = others.filter((key) => key.algorithm === algorithm).map(({ selector }) => numberOf(selector));
  return `postern${Math.max(0, ...taken) + 1}-${ALGORITHMS[algorithm]}`;
}

function numberOf(selector: string): number {
  return Number(/^postern(\d+)-/.exec(selector)?.[1] ?? 0);
}
