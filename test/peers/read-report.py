"""Reads a report of RFC 3464 from standard input with Python's own email package, and says as JSON what is in it."""
import email, email.policy, json, sys

message = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = list(message.iter_parts())
status = parts[1].get_payload()
groups = [{name.lower(): " ".join(value.split()) for name, value in group.items()} for group in status]
wanted = ("original-recipient", "final-recipient", "action", "status", "diagnostic-code")
defects = [str(defect) for part in message.walk() for defect in part.defects]
print(json.dumps({
    "defects": defects,
    "from": message["from"].addresses[0].addr_spec,
    "return-path": message["return-path"],
    "auto-submitted": message["auto-submitted"],
    "in-reply-to": message["in-reply-to"],
    "types": [part.get_content_type() for part in parts],
    "message": {name: groups[0][name] for name in ("original-envelope-id", "reporting-mta")},
    "recipients": [{name: group[name] for name in wanted if name in group} for group in groups[1:]],
    "says": "550 5.1.1 Nobody of that name" in " ".join(parts[0].get_content().split()),
}))
