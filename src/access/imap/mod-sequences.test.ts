import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

/** Two sessions on an INBOX of `count` messages; only the first has them as \\Recent. */
async function check(count: number, script: string): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", ...Array.from({ length: count }, (_, i) => `Subject: ${i + 1}\n\n${i + 1}\n`));
  await server.play(script, [await server.open("INBOX"), await server.open("INBOX")]);
}

suite("mod-sequences (RFC 7162)", () => {
  test("come with flags once the client has used them", () =>
    check(
      2,
      `
      C: a FETCH 1 (MODSEQ)
      S: * OK [HIGHESTMODSEQ 3] Highest
      S: * 1 FETCH (MODSEQ (2))
      S: a OK Fetch completed
      C: b STORE 1 +FLAGS.SILENT (\\Seen)
      S: * 1 FETCH (MODSEQ (4))
      S: b OK Store completed
      C2: a STORE 2 +FLAGS.SILENT (\\Seen)
      S2: * 1 FETCH (FLAGS (\\Seen))
      S2: a OK Store completed
      C: c NOOP
      S: * 2 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (5))
      S: c OK Completed
      C: d FETCH 1:* (FLAGS) (CHANGEDSINCE 4)
      S: * 2 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (5))
      S: d OK Fetch completed
      C: e SEARCH MODSEQ 5
      S: * SEARCH 2 (MODSEQ 5)
      S: e OK Search completed
    `,
    ));

  test("a conditional STORE leaves alone what was changed meanwhile, and names it", () =>
    check(
      3,
      `
      C2: a STORE 2 +FLAGS.SILENT (\\Flagged)
      S2: a OK Store completed
      C: a STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Deleted)
      S: * OK [HIGHESTMODSEQ 4] Highest
      S: * 1 FETCH (MODSEQ (6))
      S: * 3 FETCH (MODSEQ (6))
      S: * 2 FETCH (FLAGS (\\Flagged \\Recent) MODSEQ (5))
      S: a OK [MODIFIED 2] Conditional store: some were changed meanwhile
      C: b UID STORE 2 (UNCHANGEDSINCE 4) FLAGS (\\Seen)
      S: b OK [MODIFIED 2] Conditional store: some were changed meanwhile
    `,
    ));
});

suite("quick resynchronisation (RFC 7162 §3.2)", () => {
  test("tells a client that comes back what changed and what vanished", () =>
    check(
      4,
      `
      C2: a STORE 2 +FLAGS.SILENT (\\Deleted)
      S2: a OK Store completed
      C2: b EXPUNGE
      S2: * 2 EXPUNGE
      S2: b OK Expunge completed
      C2: c STORE 1 +FLAGS.SILENT (\\Seen)
      S2: c OK Store completed
      C: a UNSELECT
      S: a OK Unselected
      C: b SELECT INBOX (QRESYNC (1893456000 5))
      S: b BAD QRESYNC is not enabled
      C: c ENABLE QRESYNC
      S: * ENABLED QRESYNC
      S: c OK Enabled
      C: d SELECT INBOX (QRESYNC (1893456000 5 1:3))
      S: * FLAGS …
      S: * OK …
      S: * 3 EXISTS
      S: * 0 RECENT
      S: * OK [UNSEEN 2] …
      S: * OK [UIDVALIDITY 1893456000] …
      S: * OK …
      S: * OK [HIGHESTMODSEQ 8] …
      S: * VANISHED (EARLIER) 2
      S: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8))
      S: d OK [READ-WRITE] Selected
      C: e UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
      S: * VANISHED (EARLIER) 2
      S: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8))
      S: e OK Fetch completed
      C: f FETCH 1 (FLAGS) (CHANGEDSINCE 6 VANISHED)
      S: f BAD …
      C: g SELECT INBOX (QRESYNC (77 5))
      S: * OK [CLOSED] …
      S: * FLAGS …
      S: * OK …
      S: * 3 EXISTS
      S: * 0 RECENT
      S: * OK …
      S: * OK …
      S: * OK …
      S: * OK …
      S: g OK [READ-WRITE] Selected
    `,
    ));

  test("tells expunges by UID, and names UIDs with flags", () =>
    check(
      3,
      `
      C: a ENABLE QRESYNC
      S: * ENABLED QRESYNC
      S: * OK [HIGHESTMODSEQ 4] Highest
      S: a OK Enabled
      C2: a STORE 1:2 +FLAGS.SILENT (\\Deleted)
      S2: a OK Store completed
      C: b STORE 3 +FLAGS.SILENT (\\Deleted)
      S: * 3 FETCH (MODSEQ (6))
      S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent) MODSEQ (5))
      S: * 2 FETCH (UID 2 FLAGS (\\Deleted \\Recent) MODSEQ (5))
      S: b OK Store completed
      C: c UID EXPUNGE 1:2
      S: * VANISHED 1:2
      S: c OK [HIGHESTMODSEQ 7] Expunge completed
      C: d CLOSE
      S: d OK [HIGHESTMODSEQ 8] Closed
    `,
    ));
});
