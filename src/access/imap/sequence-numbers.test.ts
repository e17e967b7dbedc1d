/** Sessions at random on one folder, each watched by a client that believes what it is told: it must never be misled. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { FakeConnection } from "../../../test/fakes/connection.ts";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

type Step = readonly [client: number, action: Action, number: number];
type Action =
  | "append"
  | "delete"
  | "flag"
  | "expunge"
  | "noop"
  | "fetch"
  | "uid-fetch"
  | "move"
  | "idle"
  | "search"
  | "select";

const actions: readonly Action[] = [
  "append",
  "append",
  "delete",
  "flag",
  "expunge",
  "noop",
  "fetch",
  "uid-fetch",
  "move",
  "idle",
  "search",
  "select",
];

suite("message numbers", () => {
  test("stay true for every client, whatever the others do (property)", async () => {
    const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(2), fc.constantFrom(...actions), fc.nat(7));
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), play), { numRuns: 25 });
  });
});

async function play(steps: readonly Step[]): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", "Subject: 1\n\n1\n", "Subject: 2\n\n2\n");
  const clients = [new Client(server), new Client(server), new Client(server)];
  for (const client of clients) await client.open();
  for (const [which, action, number] of steps) await clients[which]?.act(action, number);
  for (const client of clients) await client.settle();
  const [first, ...others] = clients.map(({ flags }) => flags);
  // At rest they all see the same, \Recent apart.
  for (const other of others) assert.deepEqual(other, first);
}

class Client {
  readonly #server: ImapServer;
  #connection: FakeConnection | undefined;
  /** UID of each message where the client knows it; the length is what EXISTS and EXPUNGE made it. */
  #uids: (number | undefined)[] = [];
  #tags = 0;
  flags: readonly string[] = [];

  constructor(server: ImapServer) {
    this.#server = server;
  }

  async open(): Promise<void> {
    this.#connection = await this.#server.logIn();
    await this.#select();
  }

  async act(action: Action, number: number): Promise<void> {
    const message = this.#uids.length === 0 ? 0 : (number % this.#uids.length) + 1;
    switch (action) {
      case "append":
        return this.#say("APPEND INBOX {4+}\r\nx\r\n\r");
      case "noop":
        return this.#say("NOOP");
      case "expunge":
        return this.#say("EXPUNGE");
      case "search":
        return this.#say("SEARCH ALL", { mayExpunge: false });
      case "select":
        return this.#select();
      case "idle":
        return this.#say("IDLE\r\nDONE");
      case "fetch":
        return message === 0 ? undefined : this.#say(`FETCH ${message}:* UID`, { mayExpunge: false });
      case "uid-fetch":
        return this.#say("UID FETCH 1:* FLAGS");
      case "delete":
        return message === 0 ? undefined : this.#say(`STORE ${message} +FLAGS (\\Deleted)`, { mayExpunge: false });
      case "flag":
        return message === 0 ? undefined : this.#say(`STORE ${message} FLAGS (\\Flagged)`, { mayExpunge: false });
      case "move":
        return message === 0 ? undefined : this.#say(`MOVE ${message} INBOX`);
    }
  }

  /** Hears everything, then asks for all flags. */
  async settle(): Promise<void> {
    await this.#say("NOOP");
    const said = await this.#send("UID FETCH 1:* FLAGS");
    this.flags = said.filter((line) => line.includes("FETCH")).map((line) => line.replace(/ ?\\Recent/, ""));
    assert.equal(this.flags.length, this.#uids.length);
  }

  async #select(): Promise<void> {
    this.#uids = [];
    await this.#say("SELECT INBOX");
  }

  async #say(text: string, { mayExpunge } = { mayExpunge: true }): Promise<void> {
    for (const line of await this.#send(text)) {
      const [, number = "", what = ""] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH)/.exec(line) ?? [];
      if (what !== "") this.#hear(Number(number), what, line, mayExpunge);
    }
  }

  #hear(number: number, what: string, line: string, mayExpunge: boolean): void {
    if (what === "EXISTS") {
      assert.ok(number >= this.#uids.length, "EXISTS may not shrink a folder");
      while (this.#uids.length < number) this.#uids.push(undefined);
      return;
    }
    assert.ok(number >= 1 && number <= this.#uids.length, `no such message: ${line}`);
    if (what === "EXPUNGE") {
      assert.ok(mayExpunge, `an expunge where numbers are in use: ${line}`);
      this.#uids.splice(number - 1, 1);
      return;
    }
    const uid = /\bUID (\d+)/.exec(line)?.[1];
    if (uid === undefined) return;
    const known = this.#uids[number - 1] ?? Number(uid);
    assert.equal(known, Number(uid), `another message than the client thinks: ${line}`);
    this.#uids[number - 1] = known;
  }

  async #send(text: string): Promise<string[]> {
    const connection = this.#connection;
    assert.ok(connection !== undefined);
    const tag = `t${++this.#tags}`;
    connection.send(`${tag} ${text}\r\n`);
    const said = (
      await connection.until((octets) => new RegExp(`^${tag} .*\r\n`, "m").test(octets.toString()))
    ).toString();
    assert.match(said, new RegExp(`^${tag} (?:OK|NO)`, "m"));
    return said.split("\r\n");
  }
}
