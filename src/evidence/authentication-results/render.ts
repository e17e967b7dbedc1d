/** The Authentication-Results field (RFC 8601): what we found out, for those who read the message after us. */
import type { ArcEvidence } from "../arc/evidence.ts";
import type { SignatureEvidence, SignatureProblem } from "../dkim/evidence.ts";
import type { DmarcEvidence } from "../dmarc/evidence.ts";
import type { SpfEvidence } from "../spf/evidence.ts";
import type { MessageAuthentication } from "./evidence.ts";
import { comment, foldedField, property } from "./field-text.ts";

type Statement = readonly (string | undefined)[];

/** @param authservId our host name. */
export function authenticationResultsField(authservId: string, found: MessageAuthentication): string {
  const statements: readonly Statement[] = [
    ...(found.spf === null ? [] : [spfStatement(found.spf)]),
    ...dkimStatements(found),
    ...(found.arc.result === "none" ? [] : [arcStatement(found.arc, found.spf)]),
    dmarcStatement(found.dmarc),
  ];
  return foldedField(`Authentication-Results: ${authservId};`, statements, ";");
}

/** RFC 8601 §2.7.2: the identity that was checked; the local-part only where it took part. */
function spfStatement({ result, identity, domain, sender, usesLocalPart, helo, problem }: SpfEvidence): Statement {
  return [
    `spf=${result}`,
    problem === undefined ? undefined : comment(problem.text),
    identity === "helo" ? property("smtp.helo", helo) : property("smtp.mailfrom", usesLocalPart ? sender : domain),
  ];
}

function dkimStatements({
  dkim: { signatures, signaturesLeftOut, headerTooLarge },
}: MessageAuthentication): readonly Statement[] {
  if (headerTooLarge) return [["dkim=permerror", comment("the header is too large")]];
  if (signatures.length === 0) return [["dkim=none"]];
  const left =
    signaturesLeftOut === 0 ? [] : [["dkim=policy", comment(`${signaturesLeftOut} more signatures not checked`)]];
  return [...signatures.map(signatureStatement), ...left];
}

function signatureStatement(signature: SignatureEvidence): Statement {
  const { result, problem, unsignedBodyOctets, key } = signature;
  const notes = [
    ...(problem === undefined ? [] : [problemText(problem)]),
    ...(unsignedBodyOctets === 0 ? [] : [`${unsignedBodyOctets} octets of the body are not signed`]),
    ...(key?.isTesting === true ? ["testing"] : []),
  ];
  return [
    `dkim=${result}`,
    notes.length === 0 ? undefined : comment(notes.join(", ")),
    property("header.d", signature.domain),
    property("header.i", signature.identity),
    property("header.s", signature.selector),
    property("header.a", signature.algorithm),
    property("header.b", signature.signatureStart),
  ];
}

/** In a few words, for people. */
export function problemText(problem: SignatureProblem): string {
  switch (problem.kind) {
    case "signature-syntax":
      return `the signature is malformed at ${problem.tag}`;
    case "missing-tag":
      return `the signature lacks ${problem.tag}=`;
    case "weak-key":
    case "oversized-key":
      return `${problem.kind === "weak-key" ? "weak" : "oversized"} key of ${problem.bits} bits`;
    case "dns":
      return `the key could not be asked for: ${problem.failure}`;
    case "body-hash":
      return "the body was changed";
    case "bad-signature":
      return "the header was changed";
    case "no-key":
      return "there is no key";
    case "key-revoked":
      return "the key is revoked";
    case "unknown-version":
    case "unknown-algorithm":
    case "unknown-canonicalization":
    case "unknown-query-method":
    case "weak-algorithm":
    case "from-not-signed":
    case "identity-mismatch":
    case "expired":
    case "key-syntax":
    case "key-type":
    case "key-hash":
    case "key-service":
      return problem.kind.replaceAll("-", " ");
  }
}

/** RFC 8617 §6. */
function arcStatement({ result, problem, sets }: ArcEvidence, spf: SpfEvidence | null): Statement {
  const note = result === "pass" ? `i=${sets.length}` : (problem?.kind.replaceAll("-", " ") ?? "");
  return [`arc=${result}`, comment(note), spf === null ? undefined : property("smtp.remote-ip", spf.client)];
}

/** RFC 9989 §9.1. */
function dmarcStatement({ result, author, policy, record }: DmarcEvidence): Statement {
  const note = author.kind === "one" ? (record === undefined ? undefined : `p=${record.p}`) : authorText(author.kind);
  return [
    `dmarc=${result}`,
    note === undefined ? undefined : comment(note),
    author.kind === "one" ? property("header.from", author.domain) : undefined,
    record === undefined || policy === "unknown" ? undefined : property("policy.dmarc", policy),
  ];
}

function authorText(kind: "none" | "several-fields" | "several-addresses" | "malformed" | "header-too-large"): string {
  switch (kind) {
    case "none":
      return "no author";
    case "several-fields":
    case "several-addresses":
      return "more than one author";
    case "malformed":
      return "the author is malformed";
    case "header-too-large":
      return "the header is too large";
  }
}
