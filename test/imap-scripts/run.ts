/** Runs a script against a server: brings the connections into the script's state, then group by group. */
import { parseReply } from "./argument.ts";
import { type Endpoint, ImapConnection } from "./connection.ts";
import { type Bindings, expand, match, type Scope } from "./pattern.ts";
import { type Command, type Expectation, type Group, type MboxMessage, reaches, type Script } from "./script.ts";
import { SequenceMap } from "./sequence-map.ts";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Target {
  readonly endpoint: Endpoint;
  readonly first: Login;
  /** For scripts in which two people meet. */
  readonly second: Login;
  /** The folder that scripts fill and destroy, with all whose names begin so. */
  readonly mailbox: string;
}

/** Capabilities after login, in upper case. */
export async function capabilities(target: Target): Promise<ReadonlySet<string>> {
  const connection = await logIn(target.endpoint, target.first);
  const { untagged } = await connection.ok("CAPABILITY");
  connection.close();
  const line = untagged.find((text) => /^CAPABILITY /i.test(text)) ?? "";
  return new Set(line.toUpperCase().split(" ").slice(1));
}

/** Plays a script. Throws, with script, line and transcript, on the first thing that is not as it says. */
export async function runScript(script: Script, messages: readonly MboxMessage[], target: Target): Promise<void> {
  const session = await Session.prepare(script, messages, target);
  try {
    for (const group of script.groups) await session.play(group);
  } finally {
    session.close();
  }
}

async function logIn(endpoint: Endpoint, login: Login): Promise<ImapConnection> {
  const connection = await ImapConnection.open(endpoint);
  await connection.ok(`LOGIN ${quote(login.user)} ${quote(login.password)}`);
  return connection;
}

class Session {
  readonly #script: Script;
  readonly #connections: readonly ImapConnection[];
  readonly #messages: readonly MboxMessage[];
  #appended = 0;
  #variables: Bindings;

  private constructor(
    script: Script,
    connections: readonly ImapConnection[],
    messages: readonly MboxMessage[],
    variables: Bindings,
  ) {
    this.#script = script;
    this.#connections = connections;
    this.#messages = messages;
    this.#variables = variables;
  }

  static async prepare(script: Script, messages: readonly MboxMessage[], target: Target): Promise<Session> {
    const connections: ImapConnection[] = [];
    for (let index = 0; index < script.connections; index += 1) {
      const login = script.secondUser.has(index) ? target.second : target.first;
      connections.push(
        reaches(script.state, "auth")
          ? await logIn(target.endpoint, login)
          : await ImapConnection.open(target.endpoint),
      );
    }
    const session = new Session(script, connections, messages, predefined(target));
    await session.#bringTo(target.mailbox);
    return session;
  }

  async #bringTo(mailbox: string): Promise<void> {
    const { state, messages } = this.#script;
    const [first] = this.#connections;
    if (first === undefined) return;
    if (reaches(state, "auth")) await clear(first, mailbox);
    if (reaches(state, "created")) await first.ok(`CREATE ${quote(mailbox)}`);
    if (reaches(state, "appended")) {
      const count = messages === "all" ? this.#messages.length : messages;
      for (let index = 0; index < count; index += 1) {
        const { internalDate, octets } = this.#nextMessage();
        await first.ok(`APPEND ${quote(mailbox)} "${internalDate}"`, octets);
      }
    }
    if (reaches(state, "selected"))
      for (const connection of this.#connections) await connection.ok(`SELECT ${quote(mailbox)}`);
  }

  async play(group: Group): Promise<void> {
    const connection = this.#connections[group.connection];
    if (connection === undefined) throw new Error(`${this.#script.name}: no connection ${group.connection + 1}`);
    try {
      await this.#play(group, connection);
    } catch (error) {
      const line = group.commands[0]?.line ?? 0;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.#script.name}, line ${line}: ${reason}\n${connection.transcript}`, { cause: error });
    }
  }

  async #play(group: Group, connection: ImapConnection): Promise<void> {
    const sequences = new SequenceMap();
    const open = new Map<string, Command>();
    const wanted = new Set(group.untagged);
    const firstTag = connection.newTag();
    for (const [index, command] of group.commands.entries()) {
      const tag = index === 0 ? firstTag : connection.newTag();
      open.set(tag, command);
      await this.#send(connection, tag, command, (text) => this.#untagged(text, wanted, sequences, firstTag));
    }
    while (open.size > 0) {
      const reply = await connection.next();
      const command = open.get(reply.tag);
      if (command !== undefined) {
        open.delete(reply.tag);
        this.#tagged(command, reply.text, this.#scope(sequences, reply.tag));
      } else if (reply.tag === "*") this.#untagged(reply.text, wanted, sequences, firstTag);
      else throw new Error(`a reply nobody asked for: ${reply.tag} ${reply.text}`);
    }
    const missing = [...wanted].filter((expectation) => expectation.occurs === "must");
    if (missing.length > 0)
      throw new Error(`never came: ${missing.map(({ line, source }) => `${source} (line ${line})`).join(", ")}`);
  }

  /**
   * Sends a command, literals when the server asks for them. A bare APPEND gets the next message of the mbox. A reply to
   * the command in place of a request ends the sending; it is put back by being handled at once.
   */
  async #send(
    connection: ImapConnection,
    tag: string,
    command: Command,
    untagged: (text: string) => void,
  ): Promise<void> {
    const scope = this.#scope(new SequenceMap(), tag);
    const parts = this.#filledIn(command, scope);
    let line = `${tag} `;
    for (const part of parts) {
      if (typeof part === "string") {
        line += part;
        continue;
      }
      connection.send(`${line}${part.binary ? "~" : ""}{${part.octets.length}}\r\n`);
      if (!(await connection.askedForLiteral(untagged))) return;
      line = part.octets;
    }
    connection.send(`${line}\r\n`);
  }

  #filledIn(command: Command, scope: Scope): readonly (string | { octets: string; binary: boolean })[] {
    const parts = command.pieces.map((piece) => (piece.kind === "text" ? expand(piece.text, scope) : piece));
    const [text] = parts;
    if (parts.length > 1 || typeof text !== "string") return parts;
    const [, mailbox, rest = ""] = /^append(?: (\S+)(.*))?$/is.exec(text) ?? [];
    if (!/^append(?: |$)/i.test(text) || /catenate/i.test(rest)) return parts;
    const { internalDate, octets } = this.#nextMessage();
    const target = mailbox ?? quote(this.#variables.get("mailbox") ?? "");
    return [`append ${target}${rest} "${internalDate}" `, { octets, binary: false }, ""];
  }

  #nextMessage(): MboxMessage {
    const message = this.#messages[this.#appended % this.#messages.length];
    if (message === undefined) throw new Error(`${this.#script.name}: the mbox is empty`);
    this.#appended += 1;
    return message;
  }

  /** One reply may be what several lines of the script describe; each line is met once. */
  #untagged(text: string, wanted: Set<Expectation>, sequences: SequenceMap, tag: string): void {
    const reply = parseReply(text);
    const prefix = /^(?:ok|no|bad|bye)\b/i.test(text);
    for (const expectation of wanted) {
      const bindings = match(expectation.pattern, reply, this.#scope(sequences, tag), prefix);
      if (bindings === null) continue;
      if (expectation.occurs === "must not") throw new Error(`must not come: ${text} (line ${expectation.line})`);
      wanted.delete(expectation);
      this.#variables = withoutTag(bindings);
    }
    const [, expunged] = /^(\d+) expunge$/i.exec(text) ?? [];
    if (expunged !== undefined) sequences.expunge(Number(expunged));
  }

  #tagged(command: Command, text: string, scope: Scope): void {
    const bindings = match(command.reply, parseReply(text), scope, true);
    if (bindings === null) throw new Error(`line ${command.line} was answered: ${text}`);
    this.#variables = withoutTag(bindings);
  }

  #scope(sequences: SequenceMap, tag: string): Scope {
    return {
      variables: new Map([...this.#variables, ["tag", tag]]),
      sequence: (number) => sequences.now(number),
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** `$tag` is the group's own: it never outlives it. */
function withoutTag(bindings: Bindings): Bindings {
  return new Map([...bindings].filter(([name]) => name !== "tag"));
}

function predefined(target: Target): Bindings {
  const { first, second, mailbox } = target;
  const [username = "", domain = ""] = first.user.split("@");
  return new Map([
    ["user", first.user],
    ["username", username],
    ["domain", domain],
    ["password", first.password],
    ["user2", second.user],
    ["mailbox", mailbox],
    ["mailbox_url", encodeURIComponent(mailbox)],
  ]);
}

/** Removes the test folder and all below or beside it whose name begins the same, and their subscriptions. */
async function clear(connection: ImapConnection, mailbox: string): Promise<void> {
  const listed = await connection.ok(`LIST "" ${quote(`${mailbox}*`)}`);
  const subscribed = await connection.ok(`LSUB "" ${quote(`${mailbox}*`)}`);
  for (const name of names(subscribed.untagged, "lsub")) await connection.command(`UNSUBSCRIBE ${quote(name)}`);
  for (const name of names(listed.untagged, "list")) await connection.command(`DELETE ${quote(name)}`);
}

/** Longest first, so that children go before their parents. */
function names(untagged: readonly string[], reply: string): readonly string[] {
  return untagged
    .map((text) => parseReply(text))
    .flatMap(([kind, , , name]) =>
      kind?.kind === "text" && kind.text.toLowerCase() === reply && name?.kind === "text" ? [name.text] : [],
    )
    .toSorted((a, b) => b.length - a.length);
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
