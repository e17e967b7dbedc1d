import assert from "node:assert/strict";
import type { SearchKey } from "../search-key.ts";
import type { ContractTests } from "./contract-tests.ts";
import { delivery, messageText, newMessage, someAccount, toInbox } from "./messages-for-tests.ts";

const DAY_MS = 86_400_000;
const NOV_24_2026 = 20_781; // days since 1970-01-01

const MULTIPART = `Subject: parts
Content-Type: multipart/mixed; boundary=part-boundary

--part-boundary
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

A na=EFve =
caf=E9
--part-boundary
Content-Type: text/html
Content-Transfer-Encoding: base64

PHAgdGl0bGU9ImhpZGRlbiI+RmlzaCAmYW1wOyA8Yj5jaGlwczwvYj48L3A+
--part-boundary
Content-Type: message/rfc822

Subject: inside

Forwarded words
--part-boundary
Content-Type: application/pdf

pdfwords
--part-boundary--
`;

export const searchContract: ContractTests = {
  "a search finds what its keys say, ascending": async (store) => {
    const { account, inbox } = await someAccount(store);
    const append = (octets: Uint8Array, flags: readonly string[], day: number) =>
      store.appendMessage(inbox.id, newMessage(octets, flags, day * DAY_MS + 5));
    await append(messageText("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle"), [String.raw`\Seen`, "Work"], 10);
    await append(messageText("plain", 0, "Der Fluß fließt.\r\n"), [], 11);
    await append(Buffer.from("To: <bob (friend)@ example.org>\r\nX-Empty:\r\n\r\nno date\r\n"), [], 12);
    await append(messageText("large", 100_000), [], 13);
    await store.deliver(delivery(messageText("file", 300_000), [toInbox(account.id)]));

    const check = async (key: SearchKey, expected: readonly number[]) =>
      assert.deepEqual([...(await store.search(inbox.id, key)).uids], expected, JSON.stringify(key));

    await check({ kind: "all" }, [1, 2, 3, 4, 5]);
    await check({ kind: "and", keys: [] }, [1, 2, 3, 4, 5]);
    await check({ kind: "or", keys: [] }, []);
    const ranges = [
      [2, 3],
      [5, 99],
    ] as const;
    await check({ kind: "uids", ranges }, [2, 3, 5]);
    await check(not({ kind: "uids", ranges }), [1, 4]);
    await check({ kind: "uids", ranges: [] }, []);
    await check({ kind: "flag", flag: String.raw`\seen` }, [1]);
    await check({ kind: "flag", flag: "wORK" }, [1]);
    await check({ kind: "internal-date", fromDay: 11, toDay: 13 }, [2, 3]);
    await check({ kind: "internal-date", fromDay: null, toDay: 11 }, [1, 5]);
    await check({ kind: "sent-date", fromDay: NOV_24_2026, toDay: NOV_24_2026 + 1 }, [1, 2, 4, 5]);
    await check(not({ kind: "sent-date", fromDay: NOV_24_2026 + 1, toDay: null }), [1, 2, 3, 4, 5]);
    await check({ kind: "larger", octets: 100_000 }, [5]);
    await check({ kind: "smaller", octets: 100_000 }, [1, 2, 3]);
    await check({ kind: "header", name: "Subject", text: "GRÜSSE AN" }, [1]);
    await check({ kind: "header", name: "x-empty", text: "" }, [3]);
    await check(not({ kind: "header", name: "date", text: "" }), [3]);
    await check({ kind: "header", name: "to", text: "bob@example.org" }, [3]);
    await check({ kind: "body", text: "FLUSS" }, [2]);
    await check({ kind: "body", text: "grüße" }, []);
    await check({ kind: "text", text: "grüße" }, [1]);
    await check({ kind: "text", text: "subject: plain" }, [2]);
    await check({ kind: "body", text: "this is file" }, [5]);
    await check({ kind: "mod-sequence", from: 5 }, [4, 5]);
    await check({ kind: "older", beforeMs: 11 * DAY_MS }, [1, 5]);
    await check({ kind: "younger", sinceMs: 11 * DAY_MS }, [2, 3, 4]);
    const either = {
      kind: "or",
      keys: [
        { kind: "body", text: "fluss" },
        { kind: "larger", octets: 200_000 },
      ],
    } as const;
    await check(either, [2, 5]);
    await check({ kind: "and", keys: [either, not({ kind: "body", text: "fluss" })] }, [5]);
  },

  "a body search reads text parts as people do, attached messages too, and nothing else": async (store) => {
    const { inbox } = await someAccount(store);
    await store.appendMessage(inbox.id, newMessage(Buffer.from(MULTIPART.replaceAll("\n", "\r\n"))));
    for (const [text, expected] of [
      ["naïve café", true], // quoted-printable, split by a soft line break
      ["fish & chips", true], // HTML
      ["hidden", false], // an HTML attribute
      ["forwarded words", true],
      ["pdfwords", false], // no text part
      ["part-boundary", false],
    ] as const) {
      const { uids } = await store.search(inbox.id, { kind: "body", text });
      assert.equal(uids.length === 1, expected, text);
    }
  },

  "a search tells the mod-sequence it saw, and other calls are answered meanwhile": async (store) => {
    const { account, inbox } = await someAccount(store);
    for (let i = 0; i < 10; i++) {
      await store.deliver(delivery(messageText(`m${i}`, 900_000), [toInbox(account.id)]));
    }
    const order: string[] = [];
    const search = store.search(inbox.id, { kind: "body", text: "nowhere" }).then((result) => {
      order.push("search");
      return result;
    });
    await store.listUids(inbox.id).then(() => order.push("list"));
    await new Promise(setImmediate);
    await store.findAddress("alice@example.test").then(() => order.push("find"));
    assert.deepEqual([...(await search).uids], []);
    assert.equal((await search).highestModSeq, 11);
    assert.deepEqual(order, ["list", "find", "search"]);
  },
};

function not(key: SearchKey): SearchKey {
  return { kind: "not", key };
}
