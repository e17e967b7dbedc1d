/** The session's own words. A refusal says what to do. */
import type { AddressProblem } from "#mail/address.ts";
import { type Reply, reply } from "#mail/reply.ts";
import type { PathProblem } from "./path.ts";
import type { SessionSettings } from "./session-settings.ts";

export const GO_AHEAD = reply(354, null, "End the message with <CRLF>.<CRLF>");
export const RESET = reply(250, "2.0.0", "Reset");
export const GOODBYE = reply(221, "2.0.0", "Goodbye");
export const READY_FOR_TLS = reply(220, "2.0.0", "Ready to start TLS");
/** Commands that change nothing. */
export const COURTESIES: Readonly<Record<"NOOP" | "VRFY" | "HELP", Reply>> = {
  NOOP: reply(250, "2.0.0", "Ok"),
  VRFY: reply(252, "2.1.5", "Not verified; send the message and it will be delivered or refused"),
  HELP: reply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS AUTH QUIT\nSee RFC 5321"),
};

export const TALKS_TOO_EARLY = reply(554, "5.5.0", "You spoke before the greeting; wait for it (RFC 5321 section 3.1)");
export const PIPELINED_PAST_GREETING = reply(
  554,
  "5.5.0",
  "You sent commands before the answer to EHLO; wait for it (RFC 2920 section 3.1)",
);
export const DATA_BEFORE_GO_AHEAD = reply(554, "5.5.0", "You sent data before 354; wait for it (RFC 2920 section 3.1)");
export const NOT_SMTP = reply(554, "5.5.0", "This is a mail server; that was not SMTP");
export const BARE_NEWLINE_COMMAND = reply(500, "5.5.2", "Bare CR or LF: a command line ends in CRLF");
export const BARE_NEWLINE_MESSAGE = reply(
  550,
  "5.6.0",
  "Message holds a CR or LF that is not part of CRLF; end each line in CRLF (RFC 5321 section 2.3.8)",
);
export const LINE_TOO_LONG = reply(500, "5.5.2", "Line too long");
export const SASL_LINE_TOO_LONG = reply(500, "5.5.6", "Authentication exchange line is too long");
export const UNKNOWN_COMMAND = reply(500, "5.5.2", "Command not recognized");
export const NOT_IMPLEMENTED = reply(502, "5.5.1", "Command not implemented here");
export const USE_LHLO = reply(500, "5.5.1", "This is LMTP: say LHLO (RFC 2033 section 4.1)");

export const HELLO_FIRST = reply(503, "5.5.1", "Send EHLO first");
export const MAIL_FIRST = reply(503, "5.5.1", "Send MAIL first");
export const RECIPIENT_FIRST = reply(503, "5.5.1", "No recipient was accepted; send RCPT first");
export const TRANSACTION_OPEN = reply(503, "5.5.1", "A transaction is open; end it or send RSET");
export const CHUNKS_OPEN = reply(503, "5.5.1", "The message is arriving in chunks; go on with BDAT or send RSET");
export const BINARY_NEEDS_CHUNKS = reply(503, "5.5.1", "BODY=BINARYMIME goes with BDAT (RFC 3030 section 3)");
export const TLS_ALREADY = reply(503, "5.5.1", "TLS is already there");
export const ALREADY_AUTHENTICATED = reply(503, "5.5.1", "Already authenticated");

export const TLS_FIRST = reply(530, "5.7.0", "Send STARTTLS first, then authenticate");
export const AUTHENTICATE_FIRST = reply(530, "5.7.0", "Authenticate first; mail from other servers goes to port 25");
export const CREDENTIAL_NEEDS_TLS = reply(538, "5.7.11", "Send STARTTLS first: no password is taken in clear text");
export const CANCELLED = reply(501, "5.7.0", "Authentication cancelled");
export const BAD_SASL_RESPONSE = reply(501, "5.5.2", "Cannot decode the response");

export const TOO_MANY_RECIPIENTS = reply(452, "4.5.3", "Too many recipients; send the rest in another transaction");
export const TOO_MANY_ERRORS = reply(421, "4.7.0", "Too many errors or useless commands; closing the connection");
export const TOO_MANY_UNKNOWN = reply(421, "4.7.0", "Too many unknown recipients; check your list, then try again");
export const TOO_MANY_FAILURES = reply(421, "4.7.0", "Too many failed authentications; closing the connection");
export const HELD_TOO_MUCH = reply(421, "4.3.2", "Too many commands in advance; closing the connection");
export const TIMED_OUT = reply(421, "4.4.2", "Nothing came in time; closing the connection");
export const SHUTTING_DOWN = reply(421, "4.3.2", "The server is shutting down; try again in a minute");
export const NEEDS_SMTPUTF8 = reply(
  553,
  "5.6.7",
  "Address is not ASCII; say SMTPUTF8 on MAIL, or use an ASCII address",
);
export const NOT_UTF8 = reply(501, "5.5.2", "Address is not valid UTF-8");
export const NULL_RECIPIENT = reply(501, "5.1.3", "The null path <> cannot receive");

const PATH_PROBLEMS: Readonly<Record<Exclude<PathProblem, "needs-smtputf8">, string>> = {
  "no-angle-brackets": "write one address in angle brackets, then parameters after a space",
  "bad-route": "bad source route",
  "no-domain": "the domain is missing",
  "bad-local-part": "bad local part",
  "bad-domain": "bad domain; an IP address goes in brackets",
  "too-long": "too long",
} satisfies Record<Exclude<AddressProblem | PathProblem, "needs-smtputf8">, string>;

export function pathRefusal(verb: "MAIL" | "RCPT", problem: PathProblem): Reply {
  if (problem === "needs-smtputf8") return NEEDS_SMTPUTF8;
  const [status, what] = verb === "MAIL" ? (["5.1.7", "sender"] as const) : (["5.1.3", "recipient"] as const);
  return reply(501, status, `Syntax error in the ${what} address: ${PATH_PROBLEMS[problem]}`);
}

export function unknownMechanism(offered: readonly string[]): Reply {
  return reply(504, "5.5.4", `Mechanism not known; use ${offered.join(" or ")}`);
}

export function greeting({ protocol, hostname }: SessionSettings): Reply {
  return reply(220, null, `${hostname} ${protocol === "lmtp" ? "LMTP" : "ESMTP"} Postern`);
}

/** The answer to EHLO and LHLO: everything in it works (RFC 5321 §4.1.1.1). */
export function capabilities(settings: SessionSettings, tlsEstablished: boolean): Reply {
  const lines = [
    settings.hostname,
    "PIPELINING",
    `SIZE ${settings.messageSizeOctetsMax}`,
    "8BITMIME",
    "BINARYMIME",
    "CHUNKING",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "DSN",
    `LIMITS RCPTMAX=${settings.recipientsMax}`,
  ];
  if (settings.tls === "starttls" && !tlsEstablished) lines.push("STARTTLS");
  if (tlsEstablished) lines.push("REQUIRETLS");
  if (settings.credentialChannel(tlsEstablished) === "open") lines.push(`AUTH ${settings.sasl().mechanisms.join(" ")}`);
  return reply(250, null, lines.join("\n"));
}
