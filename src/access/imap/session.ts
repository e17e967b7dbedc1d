/** What a command knows of the session it runs in, and what it may do to it. Reading, ordering and closing are `connection-handler.ts`. */
import type { Authenticator, Identity } from "#identity/authenticator.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import type { Clock } from "#ports/clock.ts";
import type { Endpoint, TlsFacts } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginPlace, LoginPlaces } from "#ports/login-places.ts";
import type { Spool } from "#ports/spool.ts";
import type { CommandReader, ReaderEvent } from "#protocol/imap/command-reader.ts";
import type { ResponseCode } from "#protocol/imap/response.ts";
import type { SaslOffer } from "#protocol/sasl/exchange.ts";
import type { Store } from "#store/store.ts";
import type { FolderView } from "./folder-view.ts";
import type { Output } from "./output.ts";
import type { PreparedValues } from "./prepared-values.ts";
import type { ImapSettings } from "./settings.ts";
import type { Range } from "./uid-list.ts";

/** Works out a message's index while its octets pass; `mail/mime/scanner.ts` has the real one. */
export interface IndexScanner {
  push(octets: Uint8Array): void;
  finish(): MessageIndex;
}

export interface ImapDependencies {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly logins: LoginPlaces;
  readonly clock: Clock;
  readonly log: Log;
  readonly spool: Spool;
  readonly createScanner: () => IndexScanner;
  readonly settings: ImapSettings;
  readonly server: ServerIdentity;
}

export interface ServerIdentity {
  /** Said in the greeting. */
  readonly hostname: string;
  /** Said in ID (RFC 2971). */
  readonly name: string;
  readonly version: string;
}

export type Login = Identity;

/** The end of a command; what came before it are untagged responses. */
export interface Completion {
  readonly status: "OK" | "NO" | "BAD";
  readonly code?: ResponseCode;
  readonly text: string;
}

export interface Session {
  readonly dependencies: ImapDependencies;
  readonly log: Log;
  readonly remote: Endpoint;
  readonly tls: TlsFacts | undefined;
  readonly output: Output;
  readonly prepared: PreparedValues;
  readonly reader: CommandReader;
  capabilities(): readonly string[];
  /** How to log in on this connection as it is now. */
  saslOffer(): SaslOffer;

  readonly login: Login | undefined;
  /** The client is who it says. It may yet be refused: its account, or its address, has as many sessions as it may. */
  admit(login: Login): LoginPlace;
  loginFailures: number;
  /** The selected folder. Set by `select` and `unselect`, which keep the watching of changes in step. */
  readonly view: FolderView | undefined;
  select(view: FolderView): void;
  unselect(): void;
  /** A change of the selected folder was announced and not yet looked up. */
  changeAnnounced: boolean;
  /** RFC 7162 §3.1: the client has shown that it knows mod-sequences. */
  condstore: boolean;
  /** RFC 7162 §3.2: expunges are told as VANISHED, by UID. */
  qresync: boolean;
  /** UIDs that `$` stands for (RFC 5182), ascending. */
  saved: readonly Range[];

  /** The next thing the client sends inside a command; undefined when it is gone. */
  nextEvent(): Promise<ReaderEvent | undefined>;
  /**
   * Like `nextEvent`, and returns "changed" when there are changes of the selected folder to be told, "quiet" when
   * nothing was for a while, "end" when the server wants to end. `sinceMs`: the client has said nothing since
   * (`monotonicMs`).
   */
  nextEventOrChange(sinceMs: number): Promise<ReaderEvent | "changed" | "quiet" | "end" | undefined>;
  /** Resolves after `ms`, or when the client is gone. */
  sleep(ms: number): Promise<void>;
  /** Why the session ends, for the log. */
  endReason: string;
  /** Says BYE, and ends the session when the command that runs is over. */
  bye(code: ResponseCode | null, text: string): void;
  /** BYE after "end". */
  sayWhyItEnds(): void;
  /** Hands the connection to TLS; where that fails the session ends. */
  startTls(): Promise<void>;
  /** Closes the connection at once: what was said can no longer be finished. */
  drop(): void;
}

/** For commands that their state table lets run only after login. */
export function loginOf(session: Session): Login {
  if (session.login === undefined) throw new Error("command ran before login");
  return session.login;
}

/** For commands that their state table lets run only with a selected folder. */
export function viewOf(session: Session): FolderView {
  if (session.view === undefined) throw new Error("command ran without a selected folder");
  return session.view;
}

export function done(text: string, code?: ResponseCode): Completion {
  return code === undefined ? { status: "OK", text } : { status: "OK", code, text };
}

export function refused(code: ResponseCode | null, text: string): Completion {
  return code === null ? { status: "NO", text } : { status: "NO", code, text };
}

export function bad(text: string): Completion {
  return { status: "BAD", text };
}
