import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { SearchTerm } from "#protocol/imap/search-term.ts";
import type { SequenceRange } from "#protocol/imap/sequence-set.ts";
import type { SearchKey } from "#store/search-key.ts";
import { FolderView } from "./folder-view.ts";
import { compileSearch } from "./search-compiler.ts";
import type { Session } from "./session.ts";

suite("SEARCH for the store", () => {
  test("numbers become UIDs, in no more ranges than the client wrote, however many gaps there are", () => {
    check(sequence([1, "*"]), { kind: "uids", ranges: [[2, 16]] });
    check(sequence([2, 3], [5, 7]), {
      kind: "uids",
      ranges: [
        [4, 6],
        [10, 14],
      ],
    });
    check(sequence([9, 9]), { kind: "uids", ranges: [] });
  });

  test("UIDs that are not there are left out", () => {
    check({ kind: "uid", set: { kind: "ranges", ranges: [[3, 9]] } }, { kind: "uids", ranges: [[4, 8]] });
    check({ kind: "uid", set: { kind: "ranges", ranges: [[3, 3]] } }, { kind: "uids", ranges: [] });
    check({ kind: "uid", set: { kind: "ranges", ranges: [[99, "*"]] } }, { kind: "uids", ranges: [[16, 16]] });
  });

  test("what was saved is handed on as it is, inside whatever it stands", () => {
    const saved: SearchTerm = { kind: "sequence", set: { kind: "saved" } };
    check(
      { kind: "not", term: { kind: "or", terms: [saved, { kind: "recent" }] } },
      {
        kind: "not",
        key: {
          kind: "or",
          keys: [
            { kind: "uids", ranges: [[4, 4]] },
            { kind: "uids", ranges: [[14, 16]] },
          ],
        },
      },
    );
  });

  test("spans are counted back from now (RFC 5032)", () => {
    check({ kind: "older", seconds: 2 }, { kind: "older", beforeMs: 8000 });
    check({ kind: "younger", seconds: 2 }, { kind: "younger", sinceMs: 8000 });
  });
});

/** In a folder whose UIDs are 2, 4 … 16, the last two recent; 4 was saved; now is 10,000. */
function check(term: SearchTerm, expected: SearchKey): void {
  const folder = { folderId: 1, name: "INBOX", readOnly: false, uidValidity: 1, modSeq: 1, uidNext: 17 };
  const view = new FolderView(folder, Uint32Array.of(2, 4, 6, 8, 10, 12, 14, 16));
  view.addRecent(14);
  const saved: Pick<Session, "saved"> = { saved: [[4, 4]] };
  assert.deepEqual(compileSearch(saved, view, term, 10_000), expected);
}

function sequence(...ranges: SequenceRange[]): SearchTerm {
  return { kind: "sequence", set: { kind: "ranges", ranges } };
}
