"""Logs in with a bearer token: oauth-client.py IMAPS SUBMISSIONS CA USER TOKEN. Prints what each server said."""

import imaplib
import smtplib
import ssl
import sys

imaps, submissions, ca, user, token = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)

imap = imaplib.IMAP4_SSL("localhost", int(imaps), ssl_context=context)
imap_said, _ = imap.authenticate("XOAUTH2", lambda _: f"user={user}\1auth=Bearer {token}\1\1".encode())
imap.logout()

with smtplib.SMTP_SSL("localhost", int(submissions), context=context) as smtp:
    smtp.ehlo()
    smtp_said, _ = smtp.auth("OAUTHBEARER", lambda challenge=None: f"n,a={user},\1auth=Bearer {token}\1\1")

print(imap_said, smtp_said)
