import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { FlagRow, FolderChanges } from "#store/store.ts";
import { FolderView, type Notice } from "./folder-view.ts";

suite("what a session has told of its folder", () => {
  test("tells an expunge with the number the message has at that moment (RFC 3501 §7.4.1)", () => {
    const view = selected(1, 2, 3, 4);
    view.take(changes({ expunged: [1, 3] }));
    check(view, true, ["1 EXPUNGE", "2 EXPUNGE"]);
    assert.deepEqual([view.messages.uidAt(1), view.messages.uidAt(2)], [2, 4]);
  });

  test("keeps numbers while expunges may not be told", () => {
    const view = selected(1, 2, 3);
    view.take(changes({ expunged: [1], changed: [row(3, 8, "\\Seen")] }));
    check(view, false, ["3 FLAGS \\Seen"]);
    assert.equal(view.messages.sequenceOf(3), 3);
    check(view, true, ["1 EXPUNGE"]);
    check(view, true, []);
  });

  test("counts untold expunges among the messages that exist", () => {
    const view = selected(1, 2);
    view.take(changes({ expunged: [1], changed: [row(3, 8)] }));
    check(view, false, ["3 EXISTS", "0 RECENT"]);
    check(view, true, ["1 EXPUNGE"]);
  });

  test("says nothing of a message that came and went between two looks", () => {
    const view = selected(1);
    view.take(changes({ changed: [row(2, 5)] }));
    view.take(changes({ expunged: [2] }));
    check(view, true, []);
    view.take(changes({ changed: [row(3, 7)] }));
    check(view, true, ["2 EXISTS", "0 RECENT"]);
  });

  test("does not repeat flags the client set itself, and tells another's later change", () => {
    const view = selected(1);
    view.flagsTold([row(1, 5, "\\Seen")]);
    view.take(changes({ changed: [row(1, 5, "\\Seen")] }));
    check(view, true, []);
    view.take(changes({ changed: [row(1, 6)] }));
    check(view, true, ["1 FLAGS"]);
  });

  test("adds \\Recent to the messages this session was the first to hear of", () => {
    const view = selected(1, 2);
    view.addRecent(2);
    assert.equal(view.recentCount, 1);
    view.take(changes({ changed: [row(4, 5), row(1, 6, "\\Flagged"), row(2, 7)] }));
    view.addRecent(4);
    assert.deepEqual([view.withRecent(1, []), view.withRecent(2, [])], [[], ["\\Recent"]]);
    check(view, true, ["3 EXISTS", "2 RECENT", "1 FLAGS \\Flagged", "2 FLAGS"]);
  });
});

function check(view: FolderView, mayExpunge: boolean, expected: readonly string[]): void {
  assert.deepEqual([...view.notices(mayExpunge)].map(render), expected);
}

function selected(...uids: number[]): FolderView {
  const folder = { folderId: 1, name: "INBOX", readOnly: false, uidValidity: 1, modSeq: 4 };
  return new FolderView({ ...folder, uidNext: (uids.at(-1) ?? 0) + 1 }, Uint32Array.from(uids));
}

function changes(part: Partial<FolderChanges>): FolderChanges {
  return { highestModSeq: 9, uidNext: 0, changed: [], expunged: [], ...part };
}

function row(uid: number, modSeq: number, ...flags: string[]): FlagRow {
  return { uid, modSeq, flags };
}

function render(notice: Notice): string {
  switch (notice.kind) {
    case "expunge":
      return `${notice.sequence} EXPUNGE`;
    case "exists":
      return `${notice.messages} EXISTS`;
    case "recent":
      return `${notice.messages} RECENT`;
    case "flags":
      return [notice.sequence, "FLAGS", ...notice.flags].join(" ");
  }
}
