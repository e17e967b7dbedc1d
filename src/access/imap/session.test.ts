import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

const hello = "From: a@example.test\nSubject: hello\n\nbody\n";

suite("IMAP session", () => {
  test("opens a folder and says where it stands (RFC 3501 §6.3.1)", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", hello, hello);
    await server.play(`
      C: a SELECT INBOX
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
      S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] …
      S: * 2 EXISTS
      S: * 2 RECENT
      S: * OK [UNSEEN 1] …
      S: * OK [UIDVALIDITY …] …
      S: * OK [UIDNEXT 3] …
      S: * OK [HIGHESTMODSEQ …] …
      S: a OK [READ-WRITE] Selected
      C: b FETCH 1:* (UID FLAGS)
      S: * 1 FETCH (UID 1 FLAGS (\\Recent))
      S: * 2 FETCH (UID 2 FLAGS (\\Recent))
      S: b OK Fetch completed
      C: c FETCH 1 BODY[]
      S: * 1 FETCH (BODY[] {46}
      S: From: a@example.test
      S: Subject: hello
      S: 
      S: body
      S:  FLAGS (\\Seen \\Recent))
      S: c OK Fetch completed
      C: d LOGOUT
      S: * BYE Logging out
      S: d OK Logout completed
    `);
  });
});
