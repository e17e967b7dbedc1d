/** What happened, as replies and as lines of a trace, for people. */
import type { Reply } from "#mail/reply.ts";
import type { OutgoingTlsFacts, TlsProblem } from "#ports/dialer.ts";
import type { ClientStage, NotSendable, SessionFailure } from "#protocol/smtp/client-events.ts";
import type { AttemptStage, RemoteReply } from "#queue/attempt.ts";
import type { PolicyName } from "../tls-policy/plan.ts";
import { REPLY_TEXT_OCTETS_MAX } from "./limits.ts";

export function repliedBy(host: string, { code, status, text }: Reply, stage: ClientStage): RemoteReply {
  return {
    code,
    enhanced: status,
    text: text.slice(0, REPLY_TEXT_OCTETS_MAX),
    byHost: host,
    stage: attemptStage(stage),
  };
}

/** As a line of a trace has it. */
export function inOneLine({ code, status, text }: Reply): string {
  return [String(code), status ?? "", text]
    .filter((word) => word !== "")
    .join(" ")
    .replaceAll("\n", " ");
}

/** Where no server spoke. */
export function ours(stage: AttemptStage, enhanced: string, text: string): RemoteReply {
  return { code: null, enhanced, text, byHost: null, stage };
}

export function attemptStage(stage: ClientStage): AttemptStage {
  switch (stage) {
    case "starttls":
      return "tls";
    case "ready":
    case "quit":
      return "mail";
    case "content":
      return "data";
    case "greeting":
    case "ehlo":
    case "auth":
    case "mail":
    case "rcpt":
    case "data":
    case "final-dot":
      return stage;
  }
}

export function failureText(host: string, { cause, stage }: SessionFailure): string {
  switch (cause) {
    case "refused":
    case "tls-refused":
    case "authentication-refused":
      return `${host} refused at ${stage}`;
    case "closed":
      return `${host} closed the connection (${stage})`;
    case "timed-out":
      return `${host} did not answer in time (${stage})`;
    case "malformed-reply":
      return `${host} does not speak SMTP (${stage})`;
    case "reply-too-long":
      return `${host} said more than a reply may hold (${stage})`;
    case "out-of-step":
      return `${host} answered what was not asked (${stage})`;
    case "octets-behind-starttls":
      return `Something was slipped in behind the reply of ${host} to STARTTLS`;
    case "tls-not-offered":
      return `TLS is required, and ${host} does not offer it`;
    case "no-authentication":
      return `${host} offers no way to log in that may be used`;
  }
}

export function failureStatus({ cause }: SessionFailure): string {
  switch (cause) {
    case "tls-not-offered":
    case "tls-refused":
      return "4.7.4";
    case "no-authentication":
    case "authentication-refused":
      return "4.7.8";
    case "octets-behind-starttls":
      return "4.7.5";
    case "refused":
    case "closed":
    case "timed-out":
    case "malformed-reply":
    case "reply-too-long":
    case "out-of-step":
      return "4.4.2";
  }
}

export function tlsProblemText(host: string, policy: PolicyName, { kind, code }: TlsProblem): string {
  return `TLS with ${host} failed under the policy ${policy}: ${kind} (${code})`;
}

export function notSendable(host: string, problem: NotSendable): RemoteReply {
  const [enhanced, text] = NOT_SENDABLE[problem];
  return ours("local", enhanced, `${host} ${text}`);
}

const NOT_SENDABLE: Readonly<Record<NotSendable, readonly [string, string]>> = {
  // RFC 6152 §3, RFC 3463 §3.7.
  "needs-8bitmime": ["5.6.3", "takes no 8-bit text (8BITMIME), which this message holds"],
  "needs-binarymime": ["5.6.3", "takes no binary content (BINARYMIME), which this message holds"],
  // RFC 6531 §3.5.
  "needs-smtputf8": ["5.6.7", "takes no addresses or headers beyond ASCII (SMTPUTF8), which this message has"],
  // RFC 8689 §5.
  "needs-requiretls": ["5.7.30", "does not promise to pass this message on under TLS alone (REQUIRETLS)"],
  // RFC 1870 §6.2.
  "larger-than-size": ["5.3.4", "takes no message of this size"],
};

/** `TLSv1.3 TLS_AES_256_GCM_SHA384, verified (DANE)` */
export function tlsWords({ version, cipher, verified }: OutgoingTlsFacts, policy: PolicyName): string {
  return `${version} ${cipher}${verified ? `, verified (${POLICY_WORDS[policy]})` : ""}`;
}

const POLICY_WORDS: Readonly<Record<PolicyName, string>> = {
  dane: "DANE",
  "mta-sts": "MTA-STS",
  "mta-sts-testing": "MTA-STS, testing",
  verify: "authority",
  encrypt: "any certificate",
  opportunistic: "any certificate",
  none: "none",
};
