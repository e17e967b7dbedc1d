"""Verifies DKIM signatures with dkimpy. In: one JSON object with records and messages (base64). Out: for each message the
results of its signatures, and whether any signature survives another field of those that are signed."""
import base64
import json
import sys

import dkim

given = json.load(sys.stdin)
records = {name.encode() + b".": text.encode() for name, text in given["records"].items()}


def dnsfunc(name, timeout=5):
    return records.get(name if isinstance(name, bytes) else name.encode())


def results(message):
    verifier = dkim.DKIM(message)
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    found = []
    for index in range(count):
        try:
            found.append(bool(dkim.DKIM(message).verify(idx=index, dnsfunc=dnsfunc)))
        except dkim.DKIMException as problem:
            found.append(str(problem))
    return found


def survives(message):
    return [
        name
        for name in given["added"]
        if any(result is True for result in results(name.encode() + b": added by somebody\r\n" + message))
    ]


answers = []
for index, text in enumerate(given["messages"]):
    message = base64.b64decode(text)
    answers.append({"results": results(message), "survives": survives(message) if index < given["tampered"] else []})
json.dump(answers, sys.stdout)
