"""SCRAM-SHA-256 (RFC 5802, RFC 7677) over IMAP and SMTP inside TLS, written for these tests alone. Says what the server said.
Arguments: protocol, port, file of the authority, user. Password on standard input. The server's signature is checked."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import sys

protocol, port, ca, user = sys.argv[1:5]
password = sys.stdin.buffer.read()
context = ssl.create_default_context(cafile=ca)
stream = context.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost").makefile("rwb")


def say(line):
    stream.write(line + b"\r\n")
    stream.flush()


def hear():
    return stream.readline().rstrip(b"\r\n")


def b64(octets):
    return base64.b64encode(octets)


nonce = b64(os.urandom(18))
bare = b"n=" + user.encode() + b",r=" + nonce
hear()
if protocol == "imap":
    say(b"a AUTHENTICATE SCRAM-SHA-256 " + b64(b"n,," + bare))
    prompt = b"+ "
else:
    say(b"EHLO localhost")
    while hear()[3:4] == b"-":
        pass
    say(b"AUTH SCRAM-SHA-256 " + b64(b"n,," + bare))
    prompt = b"334 "
line = hear()
if not line.startswith(prompt):
    print(line.decode())
    sys.exit(0)
first = base64.b64decode(line[len(prompt):])
fields = dict(part.split(b"=", 1) for part in first.split(b","))
assert fields[b"r"].startswith(nonce) and fields[b"r"] != nonce
salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(fields[b"s"]), int(fields[b"i"]))
client_key = hmac.digest(salted, b"Client Key", "sha256")
final = b"c=" + b64(b"n,,") + b",r=" + fields[b"r"]
signed = bare + b"," + first + b"," + final
signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
proof = bytes(a ^ b for a, b in zip(client_key, signature))
say(b64(final + b",p=" + b64(proof)))
line = hear()
if line.startswith(prompt):
    said = base64.b64decode(line[len(prompt):])
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    assert said == b"v=" + b64(hmac.digest(server_key, signed, "sha256")), said
    print("server proven, " + fields[b"i"].decode() + " rounds")
    say(b"")
    line = hear()
while line.startswith(b"*"):
    line = hear()
print(line.decode())
