/** Which command may run in which state (RFC 3501 §6), and what is told of the selected folder when it ends. */
import type { Command } from "#protocol/imap/command.ts";
import { authenticate, login, startTls } from "./commands/authenticate.ts";
import { capability, enable, id, logout, namespace, noop } from "./commands/basic.ts";
import { copy, move } from "./commands/copy.ts";
import { expunge } from "./commands/expunge.ts";
import { fetch } from "./commands/fetch.ts";
import { create, remove, rename, subscribe } from "./commands/folders.ts";
import { idle } from "./commands/idle.ts";
import { list, lsub } from "./commands/list.ts";
import { search } from "./commands/search.ts";
import { close, select, unselect } from "./commands/select.ts";
import { status } from "./commands/status.ts";
import { store } from "./commands/store.ts";
import { bad, type Completion, type Session } from "./session.ts";
import { sync } from "./sync.ts";

type CommandName = Command["name"];
type CommandNamed<Name extends CommandName> = Command extends infer Each
  ? Each extends { readonly name: infer Names }
    ? Name extends Names
      ? Each & { readonly name: Name }
      : never
    : never
  : never;

type State = "not-authenticated" | "authenticated" | "selected";

/** `answered`: the command had to say its own tagged response. */
type Outcome = Completion | "answered";

interface Entry<Name extends CommandName> {
  readonly states: readonly State[];
  /** `ask`: look at the store; `announced`: only when a change was announced; `none`: the command tells all itself. */
  readonly sync: "ask" | "announced" | "none";
  /** Commands with message numbers hold expunges back, so that the numbers stay true (RFC 3501 §7.4.1). */
  readonly mayExpunge: boolean | ((command: CommandNamed<Name>) => boolean);
  readonly run: (session: Session, command: CommandNamed<Name>, tag: string) => Outcome | Promise<Outcome>;
}

const ANY = ["not-authenticated", "authenticated", "selected"] as const;
const BEFORE_LOGIN = ["not-authenticated"] as const;
const AFTER_LOGIN = ["authenticated", "selected"] as const;
const SELECTED = ["selected"] as const;

const byUid = ({ uid }: { readonly uid: boolean }): boolean => uid;

const table: { readonly [Name in CommandName]: Entry<Name> } = {
  CAPABILITY: { states: ANY, sync: "announced", mayExpunge: true, run: capability },
  NOOP: { states: ANY, sync: "ask", mayExpunge: true, run: noop },
  LOGOUT: { states: ANY, sync: "none", mayExpunge: false, run: logout },
  ID: { states: ANY, sync: "announced", mayExpunge: true, run: id },

  STARTTLS: { states: BEFORE_LOGIN, sync: "none", mayExpunge: false, run: startTls },
  AUTHENTICATE: { states: BEFORE_LOGIN, sync: "none", mayExpunge: false, run: authenticate },
  LOGIN: { states: BEFORE_LOGIN, sync: "none", mayExpunge: false, run: login },

  ENABLE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: enable },
  SELECT: { states: AFTER_LOGIN, sync: "none", mayExpunge: false, run: select },
  EXAMINE: { states: AFTER_LOGIN, sync: "none", mayExpunge: false, run: select },
  CREATE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: create },
  DELETE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: remove },
  RENAME: { states: AFTER_LOGIN, sync: "ask", mayExpunge: true, run: rename },
  SUBSCRIBE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: subscribe },
  UNSUBSCRIBE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: subscribe },
  LIST: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: list },
  LSUB: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: lsub },
  NAMESPACE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: namespace },
  STATUS: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: status },
  IDLE: { states: AFTER_LOGIN, sync: "announced", mayExpunge: true, run: idle },

  CHECK: { states: SELECTED, sync: "ask", mayExpunge: true, run: noop },
  CLOSE: { states: SELECTED, sync: "none", mayExpunge: false, run: close },
  UNSELECT: { states: SELECTED, sync: "none", mayExpunge: false, run: unselect },
  EXPUNGE: { states: SELECTED, sync: "none", mayExpunge: true, run: expunge },
  SEARCH: { states: SELECTED, sync: "announced", mayExpunge: byUid, run: search },
  FETCH: { states: SELECTED, sync: "announced", mayExpunge: byUid, run: fetch },
  STORE: { states: SELECTED, sync: "ask", mayExpunge: byUid, run: store },
  COPY: { states: SELECTED, sync: "ask", mayExpunge: byUid, run: copy },
  MOVE: { states: SELECTED, sync: "ask", mayExpunge: true, run: move },
};

export async function runCommand(session: Session, tag: string, command: Command): Promise<Outcome> {
  // Each entry takes the command of its own name; the compiler cannot follow that through a look-up.
  const entry = table[command.name] as Entry<CommandName>;
  const typed: CommandNamed<CommandName> = command;
  const state = stateOf(session);
  if (!entry.states.includes(state)) return bad(outOfState(state, command.name));
  const completion = await entry.run(session, typed, tag);
  if (entry.sync !== "none") {
    const mayExpunge = typeof entry.mayExpunge === "function" ? entry.mayExpunge(typed) : entry.mayExpunge;
    const withUid = "uid" in command && command.uid;
    await sync(session, { ask: entry.sync === "ask", mayExpunge, withUid });
  }
  return completion;
}

function stateOf({ login: identity, view }: Session): State {
  if (identity === undefined) return "not-authenticated";
  return view === undefined ? "authenticated" : "selected";
}

function outOfState(state: State, name: CommandName): string {
  switch (state) {
    case "not-authenticated":
      return `${name}: log in first`;
    case "authenticated":
      return states(name) === BEFORE_LOGIN ? `${name}: already logged in` : `${name}: no mailbox is selected`;
    case "selected":
      return `${name}: already logged in`;
  }
}

function states(name: CommandName): readonly State[] {
  return table[name].states;
}
