/** The file format of the scripts: header, then groups of commands with the replies they must, may or must not get. */
import { type Pattern, parsePattern } from "./pattern.ts";

export interface Script {
  readonly name: string;
  /** Upper case. */
  readonly capabilities: readonly string[];
  readonly connections: number;
  /** How many messages to append before the script; those of the mbox over again when it has fewer. */
  readonly messages: number | "all";
  readonly state: State;
  /** Connections that log in as the second user. */
  readonly secondUser: ReadonlySet<number>;
  readonly groups: readonly Group[];
}

const states = ["nonauth", "auth", "created", "appended", "selected"] as const;
/** How far the interpreter brings the connections before the first command; each includes those before it. */
export type State = (typeof states)[number];

export function reaches(state: State, wanted: State): boolean {
  return states.indexOf(state) >= states.indexOf(wanted);
}

/** Commands sent together on one connection, and what must come back before all of them are answered. */
export interface Group {
  readonly connection: number;
  readonly commands: readonly Command[];
  readonly untagged: readonly Expectation[];
}

export interface Command {
  readonly line: number;
  /** Number in `tag1`; 0 where the script gives none. */
  readonly tag: number;
  readonly pieces: readonly Piece[];
  /** The tagged reply, compared as a prefix. */
  readonly reply: readonly Pattern[];
}

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  /** `binary`: a literal8 (RFC 3516). */
  | { readonly kind: "literal"; readonly octets: string; readonly binary: boolean };

export interface Expectation {
  readonly line: number;
  readonly source: string;
  readonly occurs: "must" | "must not" | "may";
  readonly pattern: readonly Pattern[];
}

interface Line {
  readonly number: number;
  readonly pieces: readonly Piece[];
}

/** Reads a script. `octets` is the file in latin1. Throws, with the line, on what the format does not know. */
export function parseScript(name: string, octets: string): Script {
  const physical = octets.split("\n");
  const headerEnd = physical.indexOf("");
  const header = parseHeader(name, physical.slice(0, headerEnd));
  const groups = new GroupReader(name, header.connections > 1);
  for (const line of logicalLines(name, physical, headerEnd + 1)) groups.line(line);
  return { name, ...header, groups: groups.end() };
}

type Header = Omit<Script, "name" | "groups">;

function parseHeader(name: string, lines: readonly string[]): Header {
  let header: Header = {
    capabilities: [],
    connections: 1,
    messages: "all",
    state: "selected",
    secondUser: new Set<number>(),
  };
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    const [, key = "", value = ""] = /^([^:]*?) *: *(.*)$/.exec(line) ?? [];
    header = { ...header, ...headerField(name, key.toLowerCase(), value, header) };
  }
  return header;
}

function headerField(name: string, key: string, value: string, header: Header): Partial<Header> {
  if (key === "capabilities") return { capabilities: value.toUpperCase().split(" ") };
  if (key === "connections") return { connections: Number(value) };
  if (key === "messages") return { messages: value === "all" ? "all" : Number(value) };
  const state = states.find((known) => known === value.toLowerCase());
  if (key === "state" && state !== undefined) return { state };
  const [, user] = /^user (\d+)$/.exec(key) ?? [];
  if (user !== undefined) return { secondUser: new Set([...header.secondUser, Number(user) - 1]) };
  throw new Error(`${name}: unknown header "${key}: ${value}"`);
}

/** Lines with their literals: `{{{`, lines, and `}}}` with which the line goes on. */
function* logicalLines(name: string, physical: readonly string[], begin: number): Generator<Line> {
  for (let at = begin; at < physical.length; at += 1) {
    let rest = physical[at] ?? "";
    if (rest === "" || rest.startsWith("#")) continue;
    const number = at + 1;
    const pieces: Piece[] = [];
    while (rest.endsWith("{{{")) {
      const close = physical.findIndex((line, index) => index > at && line.startsWith("}}}"));
      if (close < 0) throw new Error(`${name}, line ${number}: the literal is never closed`);
      const binary = rest.endsWith("~{{{");
      pieces.push({ kind: "text", text: rest.slice(0, binary ? -4 : -3) });
      // Text gets CRLF; binary keeps the line ends it has. The last line end belongs to the script, not to the literal.
      const octets = physical.slice(at + 1, close).join(binary ? "\n" : "\r\n");
      pieces.push({ kind: "literal", octets, binary });
      rest = (physical[close] ?? "").slice(3);
      at = close;
    }
    pieces.push({ kind: "text", text: rest });
    yield { number, pieces };
  }
}

const occurrences = { "*": "must", "!": "must not", "?": "may" } as const;

class GroupReader {
  readonly #name: string;
  readonly #numbered: boolean;
  readonly #groups: Group[] = [];
  #connection = 0;
  #commands: (Command & { readonly answered: boolean })[] = [];
  #untagged: Expectation[] = [];

  constructor(name: string, numbered: boolean) {
    this.#name = name;
    this.#numbered = numbered;
  }

  line(line: Line): void {
    const [sign, wire] = [line.pieces[0], onWire(line.pieces)];
    const occurs = occurrences[wire.slice(0, 2).trim() as keyof typeof occurrences];
    if (occurs !== undefined && wire[1] === " ") {
      if (this.#commands.length === 0) throw this.#error(line, "a reply before any command");
      const source = wire.slice(2);
      this.#untagged.push({ line: line.number, source, occurs, pattern: parsePattern(source) });
      return;
    }
    if (sign?.kind !== "text") throw this.#error(line, "begins with a literal");
    const { connection, tag, reply, rest } = this.#prefix(line, sign.text);
    const awaited = this.#commands.findIndex((command) => !command.answered && command.tag === tag);
    const unanswered = this.#commands.some((command) => !command.answered);
    if (reply !== null && awaited >= 0) {
      if (connection !== this.#connection) throw this.#error(line, "a reply on another connection");
      this.#answer(awaited, `${reply} ${rest}${onWire(line.pieces.slice(1))}`);
      return;
    }
    if (unanswered && tag === 0) throw this.#error(line, "the command before has no reply");
    if (!unanswered) this.#close();
    if (unanswered && connection !== this.#connection) throw this.#error(line, "one group, two connections");
    this.#connection = connection;
    this.#commands.push({
      line: line.number,
      tag,
      pieces: [{ kind: "text", text: rest }, ...line.pieces.slice(1)],
      reply: reply === null ? [] : parsePattern(reply),
      answered: reply !== null,
    });
  }

  end(): readonly Group[] {
    if (this.#commands.some((command) => !command.answered))
      throw new Error(`${this.#name}: the last reply is missing`);
    this.#close();
    return this.#groups;
  }

  #answer(index: number, source: string): void {
    const command = this.#commands[index];
    if (command !== undefined)
      this.#commands[index] = { ...command, answered: true, reply: parsePattern(source.trimEnd()) };
  }

  #close(): void {
    if (this.#commands.length > 0)
      this.#groups.push({ connection: this.#connection, commands: this.#commands, untagged: this.#untagged });
    this.#commands = [];
    this.#untagged = [];
  }

  /** `2 tag1 ok ` in front of a command: connection, tag, expected reply, each where it is given. */
  #prefix(line: Line, text: string): { connection: number; tag: number; reply: string | null; rest: string } {
    const shape = this.#numbered
      ? /^(\d+) (?:tag(\d+) )?(?:(ok|no|bad|"")(?: |$))?(.*)$/is
      : /^()(?:tag(\d+) )?(?:(ok|no|bad|"")(?: |$))?(.*)$/is;
    const found = shape.exec(text);
    if (found === null) throw this.#error(line, "no connection number");
    const [, connection = "", tag = "0", reply = null, rest = ""] = found;
    return { connection: this.#numbered ? Number(connection) - 1 : 0, tag: Number(tag), reply, rest };
  }

  #error(line: Line, what: string): Error {
    return new Error(`${this.#name}, line ${line.number}: ${what}`);
  }
}

/** Text with its literals as they would come over the wire. */
function onWire(pieces: readonly Piece[]): string {
  return pieces
    .map((part) => (part.kind === "text" ? part.text : `{${part.octets.length}}\r\n${part.octets}`))
    .join("");
}

export interface MboxMessage {
  /** IMAP date-time of the `From ` line; UTC where it names no zone. */
  readonly internalDate: string;
  readonly octets: string;
}

/** Messages of an mbox, with CRLF. */
export function parseMbox(octets: string): readonly MboxMessage[] {
  return octets
    .split(/^(?=From )/m)
    .filter((part) => part !== "")
    .map((part) => {
      const lineEnd = part.indexOf("\n");
      const stamp = /(?<month>\w{3}) +(?<day>\d+) (?<time>[\d:]+) (?<year>\d{4})(?: (?<zone>[-+]\d{4}))?$/;
      const found = stamp.exec(part.slice(0, lineEnd))?.groups;
      if (found === undefined) throw new Error(`no date: ${part.slice(0, lineEnd)}`);
      const { month = "", day = "", time = "", year = "", zone = "+0000" } = found;
      return {
        internalDate: `${day.padStart(2, " ")}-${month}-${year} ${time} ${zone}`,
        octets: part.slice(lineEnd + 1).replace(/\r?\n/g, "\r\n"),
      };
    });
}
