/** What every store must do, whatever it is made of. */
import { suite, test } from "node:test";
import type { ContractTests } from "./contract/contract-tests.ts";
import { decisionContract } from "./contract/decisions.ts";
import { directoryContract } from "./contract/directory.ts";
import { dkimKeyContract } from "./contract/dkim-keys.ts";
import { flagContract } from "./contract/flags.ts";
import { folderContract } from "./contract/folders.ts";
import { greylistContract } from "./contract/greylist.ts";
import { messageContract } from "./contract/messages.ts";
import { pairContract } from "./contract/pair.ts";
import { passkeyContract } from "./contract/passkeys.ts";
import { quarantineContract } from "./contract/quarantine.ts";
import { queueContract } from "./contract/queue.ts";
import { reportContract } from "./contract/reports.ts";
import { searchContract } from "./contract/search.ts";
import { secondFactorContract } from "./contract/second-factors.ts";
import { senderContract } from "./contract/senders.ts";
import { sendingContract } from "./contract/sending.ts";
import { sendingHoldsContract } from "./contract/sending-holds.ts";
import type { Store } from "./store.ts";

const SUITES: Readonly<Record<string, ContractTests>> = {
  "accounts, aliases, domains, credentials": directoryContract,
  "second factors": secondFactorContract,
  passkeys: passkeyContract,
  folders: folderContract,
  messages: messageContract,
  "flags and changes": flagContract,
  search: searchContract,
  "decisions and the block list": decisionContract,
  "the greylist": greylistContract,
  "mail that is kept back": quarantineContract,
  "senders and correspondents": senderContract,
  "the queue": queueContract,
  "what accounts send": sendingContract,
  "accounts whose mail is held": sendingHoldsContract,
  "keys that sign mail": dkimKeyContract,
  "other nodes": pairContract,
  "reports of others, and what ours are made of": reportContract,
};

/** @param open an empty store, made for one test and closed after it. */
export function storeContract(open: () => Promise<Store>): void {
  for (const [subject, tests] of Object.entries(SUITES)) {
    suite(subject, () => {
      for (const [name, run] of Object.entries(tests)) {
        test(name, async () => {
          const store = await open();
          try {
            await run(store);
          } finally {
            await store.close();
          }
        });
      }
    });
  }
}
