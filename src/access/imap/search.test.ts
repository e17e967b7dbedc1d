import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

/** A session on an INBOX of five messages; the third is gone, so that numbers and UIDs differ. */
async function check(script: string): Promise<void> {
  await using server = await ImapServer.start();
  const subjects = ["one", "two", "three", "na\u00c3\u00afve", "five"];
  await server.deliver("INBOX", ...subjects.map((subject) => `Subject: ${subject}\n\nbody of ${subject}\n`));
  const connection = await server.logIn();
  connection.send("s SELECT INBOX\r\nd STORE 3 +FLAGS.SILENT (\\Deleted)\r\ne EXPUNGE\r\n");
  await connection.until((octets) => octets.toString().includes("e OK"));
  await server.play(script, [connection]);
}

test("words that are not ASCII are found, in encoded words as in raw octets, however they are sent (R75)", async () => {
  await using server = await ImapServer.start();
  const raw = "gr\u00c3\u00b6\u00c3\u009fer";
  await server.deliver(
    "INBOX",
    "Subject: =?utf-8?q?gr=C3=B6=C3=9Fer?=\n\nx\n",
    "Subject: other\n\nx\n",
    `Subject: ${raw}\n\nx\n`,
    "Subject: =?iso-8859-1?b?Z3L232Vy?=\n\nx\n",
    "Subject: =?utf-8?b?Z3LDtg==?= =?utf-8?q?=C3=9Fer?=\n\nx\n",
  );
  await server.play(
    `
    C: a UID SEARCH CHARSET UTF-8 SUBJECT {8}
    S: + OK
    C: ${raw}
    S: * SEARCH 1 3 4 5
    S: a OK Search completed
    C: b UID SEARCH CHARSET UTF-8 SUBJECT {8+}
    C: ${raw}
    S: * SEARCH 1 3 4 5
    S: b OK Search completed
    C: c UID SEARCH SUBJECT "${raw}"
    S: * SEARCH 1 3 4 5
    S: c OK Search completed
    C: d UID SEARCH HEADER Subject {8+}
    C: ${raw}
    S: * SEARCH 1 3 4 5
    S: d OK Search completed
    C: e UID SEARCH CHARSET ISO-8859-1 SUBJECT {6+}
    C: gr\u00f6\u00dfer
    S: e NO [BADCHARSET (UTF-8 US-ASCII)] …
  `,
    [await server.open("INBOX", "EXAMINE")],
  );
});

suite("SEARCH", () => {
  test("turns numbers into UIDs and back (RFC 3501 §6.4.4)", () =>
    check(`
      C: a SEARCH ALL
      S: * SEARCH 1 2 3 4
      S: a OK Search completed
      C: b UID SEARCH 3:*
      S: * SEARCH 4 5
      S: b OK Search completed
      C: c SEARCH UID 4:9999
      S: * SEARCH 3 4
      S: c OK Search completed
      C: d SEARCH OR 1 NOT 1:3
      S: * SEARCH 1 4
      S: d OK Search completed
      C: e SEARCH 99
      S: * SEARCH
      S: e OK Search completed
      C: f UID SEARCH UID *
      S: * SEARCH 5
      S: f OK Search completed
    `));

  test("finds text in headers and bodies, whatever its case", () =>
    check(`
      C: a SEARCH SUBJECT TWO
      S: * SEARCH 2
      S: a OK Search completed
      C: b SEARCH BODY "of five"
      S: * SEARCH 4
      S: b OK Search completed
      C: c SEARCH NOT TEXT one
      S: * SEARCH 2 3 4
      S: c OK Search completed
    `));

  test("takes UTF-8, and refuses charsets it does not know (RFC 3501 §6.4.4; R75)", () =>
    check(`
      C: a SEARCH CHARSET UTF-8 SUBJECT {6+}
      C: na\u00c3\u00afve
      S: * SEARCH 3
      S: a OK Search completed
      C: b SEARCH SUBJECT {6+}
      C: na\u00c3\u00afve
      S: * SEARCH 3
      S: b OK Search completed
      C: c SEARCH CHARSET KOI8-R SUBJECT x
      S: c NO [BADCHARSET (UTF-8 US-ASCII)] …
      C: d SEARCH CHARSET us-ascii SUBJECT one
      S: * SEARCH 1
      S: d OK Search completed
    `));

  test("finds by flags and age (RFC 5032)", () =>
    check(`
      C: a STORE 2 FLAGS.SILENT (\\Flagged Work)
      S: a OK Store completed
      C: b SEARCH FLAGGED
      S: * SEARCH 2
      S: b OK Search completed
      C: c SEARCH KEYWORD work UNSEEN
      S: * SEARCH 2
      S: c OK Search completed
      C: d SEARCH RECENT UNKEYWORD Work
      S: * SEARCH 1 3 4
      S: d OK Search completed
      C: e SEARCH YOUNGER 3600
      S: * SEARCH 1 2 3 4
      S: e OK Search completed
      C: f SEARCH OLDER 3600
      S: * SEARCH
      S: f OK Search completed
    `));

  test("returns what was asked for (RFC 4731)", () =>
    check(`
      C: a SEARCH RETURN () ALL
      S: * ESEARCH (TAG "a") ALL 1:4
      S: a OK Search completed
      C: b UID SEARCH RETURN (MIN MAX COUNT) 2:4
      S: * ESEARCH (TAG "b") UID MIN 2 MAX 5 COUNT 3
      S: b OK Search completed
      C: c SEARCH RETURN (COUNT MIN) SUBJECT nothing
      S: * ESEARCH (TAG "c") COUNT 0
      S: c OK Search completed
    `));

  test("saves what it found for later commands (RFC 5182)", () =>
    check(`
      C: a SEARCH RETURN (SAVE) 2:3
      S: a OK Search completed
      C: b FETCH $ UID
      S: * 2 FETCH (UID 2)
      S: * 3 FETCH (UID 4)
      S: b OK Fetch completed
      C: c UID STORE $ +FLAGS.SILENT (\\Deleted)
      S: c OK Store completed
      C: d UID EXPUNGE 2
      S: * 2 EXPUNGE
      S: d OK Expunge completed
      C: e SEARCH $
      S: * SEARCH 2
      S: e OK Search completed
      C: f SEARCH RETURN (SAVE MIN) ALL
      S: * ESEARCH (TAG "f") MIN 1
      S: f OK Search completed
      C: g SEARCH UID $
      S: * SEARCH 1
      S: g OK Search completed
      C: h UNSELECT
      S: h OK Unselected
      C: i SELECT INBOX
      S: * FLAGS …
      S: * OK [PERM…
      S: * 3 EXISTS
      S: * 0 RECENT
      S: * OK [UNSEEN 1] …
      S: * OK …
      S: * OK …
      S: * OK …
      S: i OK …
      C: j SEARCH $
      S: * SEARCH
      S: j OK Search completed
    `));
});
