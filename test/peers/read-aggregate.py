"""Reads the message of an aggregate report from standard input with Python's own email, gzip and XML, and says as JSON what is in it."""
import email, email.policy, gzip, json, sys
import xml.etree.ElementTree as tree

NAMESPACE = "{urn:ietf:params:xml:ns:dmarc-2.0}"
message = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = list(message.iter_attachments())
feedback = tree.fromstring(gzip.decompress(parts[0].get_content()))


def texts(path):
    return [element.text or "" for element in feedback.iterfind("/".join(NAMESPACE + name for name in path.split("/")))]


print(json.dumps({
    "defects": [str(defect) for part in message.walk() for defect in part.defects],
    "subject": str(message["subject"]),
    "types": [part.get_content_type() for part in message.walk()],
    "file": parts[0].get_filename(),
    "root": feedback.tag,
    "domain": texts("policy_published/domain"),
    "range": texts("report_metadata/date_range/begin") + texts("report_metadata/date_range/end"),
    "organization": texts("report_metadata/org_name"),
    "sources": texts("record/row/source_ip"),
    "counts": texts("record/row/count"),
    "dispositions": texts("record/row/policy_evaluated/disposition"),
    "spf": texts("record/auth_results/spf/result"),
}))
