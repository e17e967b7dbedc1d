/**
 * What mail programs say when an account is set up and afterwards, as public logs of theirs and of servers show it. Each has
 * shown no mail of some server because of one answer that was not as here.
 */
import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

const TWO_PARTS = `From: Ann <ann@example.test>
To: alice@example.test
Subject: Two parts
Message-ID: <one@example.test>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

plain
--b
Content-Type: text/html; charset=utf-8

<p>html</p>
--b--
`;
const SHORT = "From: bob@example.test\nSubject: Short\n\nshort\n";

const SELECTED = `
  S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
  S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] …
  S: * 2 EXISTS
  S: * 2 RECENT
  S: * OK [UNSEEN 1] …
  S: * OK [UIDVALIDITY 1893456000] …
  S: * OK [UIDNEXT 3] …
  S: * OK [HIGHESTMODSEQ 3] …`;

const FOLDERS = ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"];

/** All folders, in `LIST` responses. */
function listed(attributes: string): string {
  return FOLDERS.map((name) => {
    const use = name === "INBOX" ? "" : ` \\${name}`;
    return `S: * LIST (${attributes}\\HasNoChildren${use}) "/" ${name}`;
  }).join("\n");
}

const SUBSCRIBED = FOLDERS.map((name) => `S: * LSUB () "/" ${name}`).join("\n");

async function check(script: string): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", TWO_PARTS, SHORT);
  await server.play(script);
}

suite("what mail programs say (R72)", () => {
  // It looks for its own words in the answer: fields in another case or order are no mail to it.
  const appleFields =
    "BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id in-reply-to references content-type x-priority x-uniform-type-identifier x-universally-unique-identifier list-id list-unsubscribe)]";

  test("Mail on iOS and macOS", () =>
    check(`
      C: 1 ID ("name" "iPhone Mail" "version" "23A341" "os" "iOS" "os-version" "26.0 (23A341)")
      S: * ID ("name" "Postern" …)
      S: 1 OK ID completed
      C: 2 NAMESPACE
      S: * NAMESPACE (("" "/")) NIL NIL
      S: 2 OK Namespace completed
      C: 3 LIST "" ""
      S: * LIST (\\Noselect) "/" ""
      S: 3 OK List completed
      C: 4 LIST "" "*"
      ${listed("")}
      S: 4 OK List completed
      C: 5 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)
      S: * STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 1893456000 UNSEEN 2 HIGHESTMODSEQ 3)
      S: 5 OK Status completed
      C: A6 SELECT "INBOX" (CONDSTORE)
      ${SELECTED}
      S: A6 OK [READ-WRITE] Selected
      C: A7 UID SEARCH 1:* NOT DELETED
      S: * SEARCH 1 2
      S: A7 OK Search completed
      C: A8 UID FETCH 1:* (UID FLAGS MODSEQ)
      S: * 1 FETCH (UID 1 FLAGS (\\Recent) MODSEQ (2))
      S: * 2 FETCH (UID 2 FLAGS (\\Recent) MODSEQ (3))
      S: A8 OK Fetch completed
      C: A9 UID FETCH 2 (INTERNALDATE UID RFC822.SIZE FLAGS ${appleFields})
      S: * 2 FETCH (INTERNALDATE "01-Jan-2030 12:00:00 +0000" UID 2 RFC822.SIZE 49 FLAGS (\\Recent) ${appleFields.replace(".PEEK", "")} {42}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: )
      S: A9 OK Fetch completed
      C: A10 UID FETCH 1 (BODYSTRUCTURE)
      S: * 1 FETCH (UID 1 BODYSTRUCTURE (("TEXT" "PLAIN" …) "ALTERNATIVE" ("BOUNDARY" "b") NIL NIL NIL))
      S: A10 OK Fetch completed
      C: A11 UID FETCH 1 (BODY.PEEK[1]<0.2048> BODY.PEEK[2.MIME])
      S: * 1 FETCH (UID 1 BODY[1]<0> {5}
      S: plain BODY[2.MIME] {42}
      S: Content-Type: text/html; charset=utf-8
      S: 
      S: )
      S: A11 OK Fetch completed
      C: A12 UID STORE 1 +FLAGS.SILENT (\\Seen)
      S: * 1 FETCH (UID 1 MODSEQ (4))
      S: A12 OK Store completed
      C: A13 UID MOVE 2 "Trash"
      S: * OK [COPYUID 1893456004 2 1] Moved
      S: * 2 EXPUNGE
      S: A13 OK Move completed
      C: A14 CHECK
      S: A14 OK Completed
      C: A15 IDLE
      S: + …
      C: DONE
      S: A15 OK Idle over
    `));

  const thunderbirdFields =
    "BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)]";

  test("Thunderbird, which keeps a copy of what it sent (R73)", () =>
    check(`
      C: 1 ID ("name" "Thunderbird" "version" "140.4.0")
      S: * ID ("name" "Postern" …)
      S: 1 OK ID completed
      C: 2 enable UTF8=ACCEPT
      S: * ENABLED UTF8=ACCEPT
      S: 2 OK Enabled
      C: 3 namespace
      S: * NAMESPACE (("" "/")) NIL NIL
      S: 3 OK Namespace completed
      C: 4 list (subscribed) "" "*" return (special-use)
      ${listed("\\Subscribed ")}
      S: 4 OK List completed
      C: 5 lsub "" "*"
      ${SUBSCRIBED}
      S: 5 OK Lsub completed
      C: 6 select "INBOX" (CONDSTORE)
      S: * OK [HIGHESTMODSEQ 3] …
      ${SELECTED}
      S: 6 OK [READ-WRITE] Selected
      C: 7 UID fetch 1:* (FLAGS)
      S: * 1 FETCH (UID 1 FLAGS (\\Recent))
      S: * 2 FETCH (UID 2 FLAGS (\\Recent))
      S: 7 OK Fetch completed
      C: 8 UID fetch 2 (UID RFC822.SIZE FLAGS ${thunderbirdFields})
      S: * 2 FETCH (UID 2 RFC822.SIZE 49 FLAGS (\\Recent) ${thunderbirdFields.replace(".PEEK", "")} {42}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: )
      S: 8 OK Fetch completed
      C: 9 UID fetch 2 (UID RFC822.SIZE BODY.PEEK[])
      S: * 2 FETCH (UID 2 RFC822.SIZE 49 BODY[] {49}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: short
      S: )
      S: 9 OK Fetch completed
      C: 10 append "Sent" (\\Seen) UTF8 (~{31}
      S: + …
      C: Subject: sent
      C: 
      C: copy of mail
      C: )
      S: 10 OK [APPENDUID 1893456002 1] Append completed
      C: 11 append "Drafts" (\\Draft) {17+}
      C: Subject: draft
      C: 
      S: 11 OK [APPENDUID 1893456001 1] Append completed
      C: 12 UID SEARCH UNDELETED HEADER Message-ID one@example.test
      S: * SEARCH 1
      S: 12 OK Search completed
      C: 13 UID store 2 +FLAGS (\\Seen $label1)
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $label1)
      S: * OK [PERMANENTFLAGS …
      S: * 2 FETCH (UID 2 FLAGS (\\Seen $label1 \\Recent) MODSEQ (4))
      S: 13 OK Store completed
      C: 14 create "Projects"
      S: 14 OK Created
      C: 15 subscribe "Projects"
      S: 15 OK Subscribed
      C: 16 status "Projects" (UIDNEXT MESSAGES UNSEEN RECENT)
      S: * STATUS Projects (UIDNEXT 1 MESSAGES 0 UNSEEN 0 RECENT 0)
      S: 16 OK Status completed
    `));

  // RFC822.peek is of 1994 and was taken back in 1996.
  test("Outlook", () =>
    check(`
      C: 1 LIST "" ""
      S: * LIST (\\Noselect) "/" ""
      S: 1 OK List completed
      C: 2 LSUB "" "*"
      ${SUBSCRIBED}
      S: 2 OK Lsub completed
      C: 3 LIST "" "*"
      ${listed("")}
      S: 3 OK List completed
      C: 4 SELECT "INBOX"
      ${SELECTED}
      S: 4 OK [READ-WRITE] Selected
      C: 5 UID FETCH 1:* (UID FLAGS)
      S: * 1 FETCH (UID 1 FLAGS (\\Recent))
      S: * 2 FETCH (UID 2 FLAGS (\\Recent))
      S: 5 OK Fetch completed
      C: 6 UID fetch 2 (UID RFC822.SIZE RFC822.peek)
      S: * 2 FETCH (UID 2 RFC822.SIZE 49 RFC822 {49}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: short
      S: )
      S: 6 OK Fetch completed
      C: 7 UID FETCH 2 (FLAGS)
      S: * 2 FETCH (UID 2 FLAGS (\\Recent))
      S: 7 OK Fetch completed
      C: 8 UID COPY 2 "Trash"
      S: 8 OK [COPYUID 1893456004 2 1] Copy completed
      C: 9 UID STORE 2 +FLAGS (\\Deleted \\Seen)
      S: * 2 FETCH (UID 2 FLAGS (\\Seen \\Deleted \\Recent))
      S: 9 OK Store completed
      C: 10 EXPUNGE
      S: * 2 EXPUNGE
      S: 10 OK Expunge completed
      C: 11 NOOP
      S: 11 OK Completed
    `));

  const k9Fields =
    "BODY.PEEK[HEADER.FIELDS (date subject from content-type to cc reply-to message-id references in-reply-to list-unsubscribe sender X-K9mail-Identity)]";

  test("K-9 and Thunderbird on Android", () =>
    check(`
      C: 1 NAMESPACE
      S: * NAMESPACE (("" "/")) NIL NIL
      S: 1 OK Namespace completed
      C: 2 LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)
      ${listed("\\Subscribed ")}
      S: 2 OK List completed
      C: 3 EXAMINE "INBOX"
      ${SELECTED.replace(/\(\\Answered \\Flagged \\Deleted \\Seen \\Draft \\\*\)/, "()")}
      S: 3 OK [READ-ONLY] Selected
      C: 4 UID SEARCH 1:* NOT DELETED
      S: * SEARCH 1 2
      S: 4 OK Search completed
      C: 5 UID FETCH 1,2 (UID FLAGS)
      S: * 1 FETCH (UID 1 FLAGS (\\Recent))
      S: * 2 FETCH (UID 2 FLAGS (\\Recent))
      S: 5 OK Fetch completed
      C: 6 UID FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE ${k9Fields})
      S: * 2 FETCH (UID 2 FLAGS (\\Recent) INTERNALDATE "01-Jan-2030 12:00:00 +0000" RFC822.SIZE 49 ${k9Fields.replace(".PEEK", "")} {42}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: )
      S: 6 OK Fetch completed
      C: 7 UID FETCH 2 (UID BODY.PEEK[]<0.32768>)
      S: * 2 FETCH (UID 2 BODY[]<0> {49}
      S: From: bob@example.test
      S: Subject: Short
      S: 
      S: short
      S: )
      S: 7 OK Fetch completed
      C: 8 UID FETCH 1 (UID BODY.PEEK[1.MIME] BODY.PEEK[1])
      S: * 1 FETCH (UID 1 BODY[1.MIME] {43}
      S: Content-Type: text/plain; charset=utf-8
      S: 
      S:  BODY[1] {5}
      S: plain)
      S: 8 OK Fetch completed
      C: 9 SELECT "INBOX"
      S: * OK [CLOSED] …
      ${SELECTED}
      S: 9 OK [READ-WRITE] Selected
      C: 10 UID STORE 1 +FLAGS.SILENT (\\Seen)
      S: 10 OK Store completed
      C: 11 UID SEARCH HEADER MESSAGE-ID "one@example.test"
      S: * SEARCH 1
      S: 11 OK Search completed
      C: 12 IDLE
      S: + …
      C: DONE
      S: 12 OK Idle over
    `));
});
