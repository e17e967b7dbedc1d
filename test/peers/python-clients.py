"""Python's own mail clients against a server: python-clients.py PART PORT CA USER PASSWORD RECIPIENT < message."""

import imaplib
import poplib
import smtplib
import ssl
import sys

part, port, ca, user, password, recipient = sys.argv[1:]
message = sys.stdin.buffer.read()
context = ssl.create_default_context(cafile=ca)


def smtp_starttls():
    with smtplib.SMTP("localhost", int(port)) as client:
        client.starttls(context=context)
        client.login(user, password)
        assert client.sendmail(user, [recipient], message) == {}


def smtp_tls():
    with smtplib.SMTP_SSL("localhost", int(port), context=context) as client:
        client.login(user, password)
        assert client.sendmail(user, [recipient], message) == {}


def ok(result):
    status, data = result
    assert status == "OK", result
    return data


def imap_login():
    client = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
    ok(client.login(user, password))
    return client


def imap_append():
    client = imap_login()
    ok(client.append("INBOX", None, None, message))
    client.logout()


def imap():
    client = imap_login()
    ok(client.create("Python"))
    ok(client.append("Python", r"(\Flagged)", imaplib.Time2Internaldate(1_700_000_000), message))
    assert ok(client.select("Python")) == [b"1"]
    assert ok(client.search(None, "FLAGGED", "SUBJECT", "imaplib")) == [b"1"]
    fetched = ok(client.fetch("1", "(INTERNALDATE FLAGS RFC822.SIZE)"))[0]
    assert b"\\Flagged" in fetched and b"RFC822.SIZE %d" % len(message) in fetched, fetched
    when = imaplib.Internaldate2tuple(fetched)
    assert when is not None, fetched
    body = ok(client.fetch("1", "(BODY.PEEK[])"))[0][1]
    ok(client.store("1", "+FLAGS", r"(\Seen)"))
    ok(client.copy("1", "INBOX"))
    ok(client.store("1", "+FLAGS", r"(\Deleted)"))
    assert ok(client.expunge()) == [b"1"]
    ok(client.close())
    ok(client.delete("Python"))
    client.logout()
    sys.stdout.buffer.write(body)


def pop():
    client = poplib.POP3_SSL("localhost", int(port), context=context)
    client.user(user)
    client.pass_(password)
    count, _ = client.stat()
    assert len(client.list()[1]) == count
    assert len(client.uidl()[1]) == count
    _, lines, _ = client.retr(count)
    _, top, _ = client.top(count, 1)
    assert len(top) < len(lines)
    client.dele(count)
    client.rset()
    client.dele(count)
    client.quit()
    sys.stdout.buffer.write(b"\r\n".join(lines) + b"\r\n")


parts = {
    "smtp-starttls": smtp_starttls,
    "smtp-tls": smtp_tls,
    "imap": imap,
    "imap-append": imap_append,
    "pop": pop,
}
parts[part]()
