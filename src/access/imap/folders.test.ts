import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

async function check(script: string): Promise<void> {
  await using server = await ImapServer.start();
  await server.play(script);
}

suite("IMAP folders", () => {
  test("shows the folders of a new account with their uses (RFC 6154 §2; R74)", () =>
    check(`
      C: a LIST "" *
      S: * LIST (\\HasNoChildren \\Archive) "/" Archive
      S: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * LIST (\\HasNoChildren \\Junk) "/" Junk
      S: * LIST (\\HasNoChildren \\Sent) "/" Sent
      S: * LIST (\\HasNoChildren \\Trash) "/" Trash
      S: a OK List completed
      C: b LIST (SPECIAL-USE) "" * RETURN (SUBSCRIBED)
      S: * LIST (\\Subscribed \\HasNoChildren \\Archive) "/" Archive
      S: * LIST (\\Subscribed \\HasNoChildren \\Drafts) "/" Drafts
      S: * LIST (\\Subscribed \\HasNoChildren \\Junk) "/" Junk
      S: * LIST (\\Subscribed \\HasNoChildren \\Sent) "/" Sent
      S: * LIST (\\Subscribed \\HasNoChildren \\Trash) "/" Trash
      S: b OK List completed
      C: c LIST "" ""
      S: * LIST (\\Noselect) "/" ""
      S: c OK List completed
    `));

  test("matches no more patterns than a client can mean", () =>
    check(`
      C: a LIST "" (${Array.from({ length: 10 }, () => "x".repeat(900)).join(" ")})
      S: a NO [LIMIT] Too many or too long patterns
      C: b LSUB "" ${"y*".repeat(5000)}
      S: b NO [LIMIT] Too many or too long patterns
    `));

  test("makes parents with their children, and says which have some", () =>
    check(`
      C: a CREATE a/b/c
      S: a OK Created
      C: b LIST "" a*
      S: * LIST (\\HasChildren) "/" a
      S: * LIST (\\HasChildren) "/" a/b
      S: * LIST (\\HasNoChildren) "/" a/b/c
      S: b OK List completed
      C: c LIST a/ %
      S: * LIST (\\HasChildren) "/" a/b
      S: c OK List completed
      C: d CREATE a/b/
      S: d NO [ALREADYEXISTS] …
      C: e CREATE inbox
      S: e NO [ALREADYEXISTS] …
      C: f CREATE a//b
      S: f NO [CANNOT] …
    `));

  test("makes a folder with a use, once (RFC 6154 §3)", () =>
    check(`
      C: a CREATE Old (USE (\\Archive))
      S: a NO [USEATTR] Another mailbox has that use
      C: b DELETE Archive
      S: b OK Deleted
      C: c CREATE Old (USE (\\Archive))
      S: c OK Created
      C: d LIST "" Old
      S: * LIST (\\HasNoChildren \\Archive) "/" Old
      S: d OK List completed
      C: e CREATE Everything (USE (\\All))
      S: e NO [USEATTR] …
    `));

  test("deletes what may be deleted", () =>
    check(`
      C: a DELETE INBOX
      S: a NO [CANNOT] INBOX stays
      C: b CREATE a/b
      S: b OK Created
      C: c DELETE a
      S: c NO [HASCHILDREN] There are mailboxes below it
      C: d DELETE a/b
      S: d OK Deleted
      C: e DELETE a
      S: e OK Deleted
      C: f DELETE a
      S: f NO [NONEXISTENT] No such mailbox
    `));

  test("a folder that is deleted while selected is left by its session, and ends another's", () =>
    check(`
      C: a CREATE a
      S: a OK Created
      C: b SELECT a
      S: * FLAGS …
      S: * OK [PERMANENTFLAGS …
      S: * 0 EXISTS
      S: * 0 RECENT
      S: * OK [UIDVALIDITY …
      S: * OK [UIDNEXT …
      S: * OK [HIGHESTMODSEQ …
      S: b OK [READ-WRITE] Selected
      C2: a EXAMINE a
      S2: * FLAGS …
      S2: * OK [PERMANENTFLAGS ()] …
      S2: * 0 EXISTS
      S2: * 0 RECENT
      S2: * OK [UIDVALIDITY …
      S2: * OK [UIDNEXT …
      S2: * OK [HIGHESTMODSEQ …
      S2: a OK [READ-ONLY] Selected
      C: c DELETE a
      S: c OK Deleted
      C: d CHECK
      S: d BAD CHECK: no mailbox is selected
      C2: b NOOP
      S2: * BYE [UNAVAILABLE] The selected mailbox was deleted
      S2: b OK Completed
    `));

  test("renames with all that is below (RFC 3501 §6.3.5)", () =>
    check(`
      C: a CREATE a/b
      S: a OK Created
      C: b RENAME a z/
      S: b OK Renamed
      C: c LIST "" (a* z*)
      S: * LIST (\\HasChildren) "/" z
      S: * LIST (\\HasNoChildren) "/" z/b
      S: c OK List completed
      C: d RENAME nothing x
      S: d NO [NONEXISTENT] …
      C: e RENAME z INBOX
      S: e NO [ALREADYEXISTS] …
    `));

  test("a rename of INBOX moves its messages and leaves it", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", "Subject: x\n\nx\n");
    await server.play(`
      C: a RENAME INBOX Old
      S: a OK Renamed
      C: b STATUS Old (MESSAGES)
      S: * STATUS Old (MESSAGES 1)
      S: b OK Status completed
      C: c STATUS INBOX (MESSAGES)
      S: * STATUS INBOX (MESSAGES 0)
      S: c OK Status completed
    `);
  });

  test("subscriptions are to names and outlive folders (RFC 3501 §6.3.6, RFC 5258)", () =>
    check(`
      C: a CREATE a/b
      S: a OK Created
      C: b SUBSCRIBE a/b
      S: b OK Subscribed
      C: c LSUB "" a*
      S: * LSUB () "/" a/b
      S: c OK Lsub completed
      C: d LSUB "" a%
      S: * LSUB (\\Noselect) "/" a
      S: d OK Lsub completed
      C: e DELETE a/b
      S: e OK Deleted
      C: f LIST (SUBSCRIBED) "" a*
      S: * LIST (\\NonExistent \\Subscribed) "/" a/b
      S: f OK List completed
      C: g LIST (SUBSCRIBED RECURSIVEMATCH) "" a
      S: * LIST (\\HasNoChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
      S: g OK List completed
      C: h UNSUBSCRIBE a/b
      S: h OK Unsubscribed
      C: i LSUB "" a*
      S: i OK Lsub completed
    `));

  test("answers STATUS, alone and with LIST (RFC 5819, RFC 8438)", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", "Subject: x\n\nx\n", "Subject: y\n\ny\n");
    await server.play(`
      C: a STATUS INBOX (MESSAGES RECENT UNSEEN UIDNEXT SIZE DELETED)
      S: * STATUS INBOX (MESSAGES 2 RECENT 2 UNSEEN 2 UIDNEXT 3 SIZE 34 DELETED 0)
      S: a OK Status completed
      C: b LIST "" (INBOX Nothing Sent) RETURN (STATUS (MESSAGES SIZE))
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * STATUS INBOX (MESSAGES 2 SIZE 34)
      S: * LIST (\\HasNoChildren \\Sent) "/" Sent
      S: * STATUS Sent (MESSAGES 0 SIZE 0)
      S: b OK List completed
      C: c STATUS Nothing (MESSAGES)
      S: c NO [NONEXISTENT] No such mailbox
    `);
  });
});
