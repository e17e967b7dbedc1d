"""What a client with a certificate is offered, and whether EXTERNAL lets it in:
external-client.py PROTOCOL tls|starttls PORT CA [CERTIFICATE KEY]."""

import imaplib
import poplib
import smtplib
import ssl
import sys

protocol, how, port, ca, *identity = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if identity:
    context.load_cert_chain(*identity)


def imap():
    if how == "tls":
        client = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
    else:
        client = imaplib.IMAP4("localhost", int(port))
        client.starttls(context)
    print(" ".join(client.capabilities))
    if "AUTH=EXTERNAL" in client.capabilities:
        print("in:", client.authenticate("EXTERNAL", lambda _: b"")[0])
    client.logout()


def pop3():
    if how == "tls":
        client = poplib.POP3_SSL("localhost", int(port), context=context)
    else:
        client = poplib.POP3("localhost", int(port))
        client.stls(context)
    mechanisms = client.capa().get("SASL", [])
    print(" ".join(mechanisms))
    if "EXTERNAL" in mechanisms:
        print("in:", client._shortcmd("AUTH EXTERNAL ="))
    client.quit()


def submission():
    if how == "tls":
        client = smtplib.SMTP_SSL("localhost", int(port), context=context)
    else:
        client = smtplib.SMTP("localhost", int(port))
        client.starttls(context=context)
    client.ehlo()
    mechanisms = client.esmtp_features.get("auth", "")
    print(mechanisms)
    if "EXTERNAL" in mechanisms:
        print("in:", client.docmd("AUTH EXTERNAL =")[0])
    client.quit()


{"imap": imap, "pop3": pop3, "submission": submission}[protocol]()
