"""A milter that does what the subject of a message says, and tells what it was told, one JSON object a message.

Usage: small-milter.py PORT NAME, NAME being the authserv-id that it tries to forge."""
import json
import os
import socket
import struct
import sys
import threading
import time

PORT, NAME = int(sys.argv[1]), sys.argv[2]
OFFERED = "O"


def packet(letter, data=b""):
    return struct.pack(">I", 1 + len(data)) + letter.encode() + data


def strings(data):
    return [part.decode("utf-8", "replace") for part in data.split(b"\0")[:-1]]


def field(name, value):
    return packet("h", name.encode() + b"\0" + value.encode() + b"\0")


CONTINUE = packet("c")
FORGED = [
    field("Authentication-Results", NAME + "; dmarc=pass header.from=bank.example"),
    field("X-Spam-Status", "No, score=-100"),
    field("X-Postern-Secret", "1"),
    field("Received", "from nowhere by nobody; Wed, 25 Nov 2026 12:00:00 +0000"),
    field("From", "other@bank.example"),
    field("Content-Type", "text/html"),
    field("X-Broken", "a\nBcc: somebody@bank.example"),
    field("X-Folded", "one\n\ttwo"),
    field("Authentication-Results", "other.example; x-own=pass"),
]
ANSWERS = {
    "accept": [packet("a")],
    "reject": [packet("r")],
    "tempfail": [packet("t")],
    "discard": [packet("d")],
    "reply": [packet("y", b"550 5.7.99 Not here\0")],
    "slow down": [packet("y", b"421 4.7.0 Come back\0")],
    "quarantine": [packet("q", b"looks odd\0"), packet("a")],
    "add": [field("X-Seen", "yes"), packet("i", struct.pack(">I", 0) + b"X-Top\0first\0"), packet("c")],
    "forge": FORGED + [packet("a")],
    "change": [packet("b", b"other body"), packet("+", b"<x@bank.example>\0"), packet("-", b"<y@bank.example>\0"), packet("a")],
    "nonsense": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "patience": [packet("p")] * 3 + [packet("a")],
}


def serve(connection):
    told = {"macros": {}, "recipients": [], "fields": {}, "body": 0, "largest": 0}

    def receive(count):
        data = b""
        while len(data) < count:
            piece = connection.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    try:
        while True:
            (length,) = struct.unpack(">I", receive(4))
            data = receive(length)
            letter, data = chr(data[0]), data[1:]
            subject = told["fields"].get("Subject", "").strip()
            if letter == "O":
                # Wants additions and quarantine, and answers to everything.
                told["offered"] = list(struct.unpack(">III", data))
                connection.sendall(packet("O", struct.pack(">III", 6, 0x21, 0)))
            elif letter == "D":
                pairs = strings(data[1:])
                told["macros"].update(zip(pairs[::2], pairs[1::2]))
            elif letter == "Q":
                return
            elif letter == "A":
                pass
            elif letter == "E":
                print(json.dumps(told), flush=True)
                if subject == "hang":
                    time.sleep(600)
                if subject == "crash":
                    return
                connection.sendall(b"".join(ANSWERS.get(subject, [CONTINUE])))
            else:
                if letter == "C":
                    name, rest = data.split(b"\0", 1)
                    told["client"] = [name.decode(), chr(rest[0]), struct.unpack(">H", rest[1:3])[0], rest[3:-1].decode()]
                elif letter == "H":
                    told["helo"] = strings(data)[0]
                elif letter == "M":
                    told["sender"] = strings(data)[0]
                elif letter == "R":
                    told["recipients"].append(strings(data)[0])
                elif letter == "L":
                    name, value = strings(data)
                    told["fields"][name] = value
                elif letter == "B":
                    told["body"] += len(data)
                    told["largest"] = max(told["largest"], len(data))
                    if subject == "crash midway" and told["body"] > 100000:
                        return
                    if subject == "hang midway" and told["body"] > 100000:
                        time.sleep(600)
                connection.sendall(CONTINUE)
    except (EOFError, OSError):
        pass
    finally:
        connection.close()


listener = socket.create_server(("127.0.0.1", PORT))
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
