/** One command line as a value (RFC 5321 §4.1). Never throws: any octets are some command. */
import { Buffer, isUtf8 } from "node:buffer";
import { parseDomain } from "#mail/address.ts";
import { type Reply, reply } from "#mail/reply.ts";

export type Command =
  | { readonly verb: "EHLO" | "HELO" | "LHLO"; readonly name: string }
  /** Path and parameters are parsed when the session knows what was announced. */
  | PathCommand
  | { readonly verb: "DATA" | "RSET" | "QUIT" | "STARTTLS" | "NOOP" | "HELP" | "VRFY" }
  | { readonly verb: "EXPN" | "TURN" | "ETRN" }
  | { readonly verb: "BDAT"; readonly sizeOctets: number; readonly last: boolean }
  | { readonly verb: "AUTH"; readonly mechanism: string; readonly initialResponse: string | undefined }
  /** Octets that SMTP has no meaning for, some of them another protocol's. */
  | { readonly verb: "unrecognized"; readonly notSmtp: boolean }
  | { readonly verb: "malformed"; readonly of: string; readonly reply: Reply; readonly fatal: boolean };

export interface PathCommand {
  readonly verb: "MAIL" | "RCPT";
  /** From the angle bracket on. */
  readonly path: string;
  readonly encoding: Encoding;
}

export type Encoding = "ascii" | "utf-8" | "broken";

const NOT_ASCII = /[^\0-\x7f]/;
/** First words of protocols whose clients are led here by a trick or by mistake, and of a proxy nobody believes. */
const OTHER_PROTOCOLS = new Set(
  "GET POST PUT HEAD DELETE OPTIONS CONNECT TRACE PATCH PRI PROXY SSH-2.0 USER PASS A001".split(" "),
);

/** Parses a line without its CRLF. */
export function parseCommand(line: Buffer): Command {
  const latin1 = line.toString("latin1");
  if (latin1.includes("\0")) {
    return malformed("line", reply(501, "5.5.2", "NUL inside a command line"), true);
  }
  const encoding = !NOT_ASCII.test(latin1) ? "ascii" : isUtf8(line) ? "utf-8" : "broken";
  const text = encoding === "utf-8" ? line.toString("utf8") : latin1;
  const space = text.indexOf(" ");
  const verb = (space === -1 ? text : text.slice(0, space)).toUpperCase();
  const argument = space === -1 ? "" : text.slice(space + 1).trimEnd();
  switch (verb) {
    case "EHLO":
    case "HELO":
    case "LHLO":
      return parseClientName(verb, argument);
    case "MAIL":
      return parsePathCommand(verb, "FROM:", argument, encoding);
    case "RCPT":
      return parsePathCommand(verb, "TO:", argument, encoding);
    case "BDAT":
      return parseChunk(argument);
    case "AUTH":
      return parseAuth(argument);
    case "DATA":
    case "RSET":
    case "QUIT":
    case "STARTTLS":
      if (argument !== "") return malformed(verb, reply(501, "5.5.4", `${verb} takes no argument`), false);
      return { verb };
    case "NOOP":
    case "HELP":
    case "EXPN":
    case "TURN":
    case "ETRN":
      return { verb };
    case "VRFY":
      if (argument === "") return malformed(verb, reply(501, "5.5.4", "VRFY needs an address"), false);
      return { verb };
    default:
      return { verb: "unrecognized", notSmtp: isNotSmtp(verb) };
  }
}

/** HTTP requests, a message's header where a command should be, a PROXY header from a stranger. */
function isNotSmtp(verb: string): boolean {
  return OTHER_PROTOCOLS.has(verb) || /^[!-9;-~]+:/.test(verb);
}

/**
 * A host name or address literal (RFC 5321 §4.1.1.1). Underscores and a final dot are no host name but harmless, and
 * sent by many; what the name is worth is judged elsewhere.
 */
function parseClientName(verb: "EHLO" | "HELO" | "LHLO", argument: string): Command {
  const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?\.?$/.test(argument);
  if (!hostName && !(argument.startsWith("[") && parseDomain(argument).ok)) {
    const text = `${verb} needs your host name, or your address as [192.0.2.1] or [IPv6:2001:db8::1]`;
    return malformed(verb, reply(501, "5.5.4", text), false);
  }
  return { verb, name: argument };
}

function parsePathCommand(
  verb: "MAIL" | "RCPT",
  keyword: "FROM:" | "TO:",
  argument: string,
  encoding: Encoding,
): Command {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) {
    return malformed(verb, reply(501, "5.5.4", `Write ${verb} ${keyword}<address>`), false);
  }
  // RFC 5321 §4.1.1.2 wants no space here; printers and scanners send one, and it can mean nothing else.
  const path = argument.slice(keyword.length + (argument[keyword.length] === " " ? 1 : 0));
  return { verb, path, encoding };
}

/** RFC 3030 §2: a decimal size, then LAST or nothing. Without a size nobody knows where the next command begins. */
function parseChunk(argument: string): Command {
  const [, digits = "", last] = /^(\d{1,20})( LAST)?$/i.exec(argument) ?? [];
  const sizeOctets = Number(digits);
  if (digits === "" || !Number.isSafeInteger(sizeOctets)) {
    return malformed("BDAT", reply(501, "5.5.4", "BDAT needs a decimal number of octets, then LAST or nothing"), true);
  }
  return { verb: "BDAT", sizeOctets, last: last !== undefined };
}

function parseAuth(argument: string): Command {
  const [, mechanism, initialResponse] = /^([A-Za-z0-9_-]{1,20})(?: ([^ ]+))?$/.exec(argument) ?? [];
  if (mechanism === undefined) {
    return malformed("AUTH", reply(501, "5.5.4", "AUTH needs a mechanism, then an initial response or nothing"), false);
  }
  return { verb: "AUTH", mechanism, initialResponse };
}

function malformed(of: string, answer: Reply, fatal: boolean): Command {
  return { verb: "malformed", of, reply: answer, fatal };
}
