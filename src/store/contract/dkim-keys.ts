import assert from "node:assert/strict";
import type { DkimKeyRow } from "../dkim-key-row.ts";
import type { ContractTests } from "./contract-tests.ts";

const KEY: DkimKeyRow = {
  domain: "example.test",
  selector: "one",
  algorithm: "rsa-sha256",
  privateKeyPem: "-----BEGIN PRIVATE KEY-----",
  state: "next",
  createdAtMs: 10,
  changedAtMs: 10,
};

export const dkimKeyContract: ContractTests = {
  "the keys of a domain are listed by their selectors": async (store) => {
    const two = { ...KEY, selector: "two", algorithm: "ed25519-sha256" } as const;
    await store.changeDkimKeys({ put: [two, KEY, { ...KEY, domain: "other.test" }], removed: [] });
    assert.deepEqual(await store.listDkimKeys("example.test"), [KEY, two]);
    assert.deepEqual(await store.listDkimKeys("third.test"), []);
  },

  "a key that is there keeps its octets; its state changes": async (store) => {
    await store.changeDkimKeys({ put: [KEY], removed: [] });
    const change = { ...KEY, privateKeyPem: "another", state: "active", changedAtMs: 20, createdAtMs: 20 } as const;
    await store.changeDkimKeys({ put: [change], removed: [] });
    assert.deepEqual(await store.listDkimKeys(KEY.domain), [{ ...KEY, state: "active", changedAtMs: 20 }]);
  },

  "a removed key is gone, and others hear of every change": async (store) => {
    let events = 0;
    store.onEvent(({ kind }) => {
      if (kind === "directory") events++;
    });
    await store.changeDkimKeys({ put: [KEY], removed: [] });
    await store.changeDkimKeys({ put: [], removed: [KEY] });
    assert.deepEqual(await store.listDkimKeys(KEY.domain), []);
    assert.equal(events, 2);
  },
};
