/** One command line (RFC 1939 §3, RFC 2449 §4), parsed once. */
export type Command =
  | AuthorizationCommand
  | TransactionCommand
  /** Taken in either state; or no command at all. */
  | Bare<"CAPA" | "QUIT" | "malformed" | "unknown">;

export type AuthorizationCommand =
  | { readonly verb: "USER"; readonly name: string }
  | { readonly verb: "PASS"; readonly password: string }
  /** RFC 5034: no mechanism asks which there are; `initial` is base64 as sent. */
  | { readonly verb: "AUTH"; readonly mechanism: string | undefined; readonly initial: string | undefined }
  | Bare<"STLS" | "UTF8">;

export type TransactionCommand =
  | Bare<"STAT" | "RSET" | "NOOP">
  | { readonly verb: "LIST" | "UIDL"; readonly number: number | undefined }
  | { readonly verb: "RETR" | "DELE"; readonly number: number }
  | { readonly verb: "TOP"; readonly number: number; readonly bodyLines: number };

/** A command of one word. */
type Bare<Verb extends string> = Verb extends string ? { readonly verb: Verb } : never;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Never throws: any line is some command. Verbs are taken in any case. */
export function parseCommand(line: Uint8Array): Command {
  let text: string;
  try {
    text = utf8.decode(line);
  } catch {
    return { verb: "malformed" };
  }
  const space = text.indexOf(" ");
  const verb = (space === -1 ? text : text.slice(0, space)).toUpperCase();
  const rest = space === -1 ? "" : text.slice(space + 1);
  switch (verb) {
    case "USER":
      return rest.trim() === "" ? { verb: "malformed" } : { verb, name: rest.trim() };
    case "PASS":
      // RFC 1939 §7: spaces belong to the password.
      return rest === "" ? { verb: "malformed" } : { verb, password: rest };
    case "AUTH":
      return parseAuth(words(rest));
    case "STLS":
    case "CAPA":
    case "STAT":
    case "RSET":
    case "NOOP":
    case "QUIT":
    case "UTF8":
      return words(rest).length === 0 ? { verb } : { verb: "malformed" };
    case "LIST":
    case "UIDL":
      return parseListing(verb, words(rest));
    case "RETR":
    case "DELE":
      return parseOne(verb, words(rest));
    case "TOP":
      return parseTop(words(rest));
    default:
      return { verb: "unknown" };
  }
}

function parseAuth([mechanism, initial, ...others]: readonly string[]): Command {
  return others.length > 0 ? { verb: "malformed" } : { verb: "AUTH", mechanism, initial };
}

function parseListing(verb: "LIST" | "UIDL", [argument, ...others]: readonly string[]): Command {
  if (argument === undefined) return { verb, number: undefined };
  const number = parseNumber(argument);
  return number === undefined || others.length > 0 ? { verb: "malformed" } : { verb, number };
}

function parseOne(verb: "RETR" | "DELE", [argument, ...others]: readonly string[]): Command {
  const number = parseNumber(argument);
  return number === undefined || others.length > 0 ? { verb: "malformed" } : { verb, number };
}

function parseTop([first, second, ...others]: readonly string[]): Command {
  const number = parseNumber(first);
  const bodyLines = parseNumber(second);
  if (number === undefined || bodyLines === undefined || others.length > 0) return { verb: "malformed" };
  return { verb: "TOP", number, bodyLines };
}

/** Ten digits at most: what is longer counts nothing here. */
function parseNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function words(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}
