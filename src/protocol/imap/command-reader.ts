/**
 * Octets of a client in, commands out. The caller pulls: `push` what came, then `next` until it says undefined. Whatever
 * `next` was not asked for stays as octets, so commands sent ahead wait, and a change of mode takes effect at its place.
 */
import type { AppendRequest, TaggedCommand } from "./command.ts";
import type { ResponseCode } from "./response.ts";

export type ReaderEvent =
  | ({ readonly kind: "command" } & TaggedCommand)
  /** Not a command: answer `tag status [code] text`, untagged when the tag is null. The reader has moved on. */
  | ({ readonly kind: "bad"; readonly tag: string | null } & CommandProblem)
  /** Say `+ `: the client waits for it before it sends a literal. */
  | { readonly kind: "continue" }
  /** The message of an APPEND is about to come. The reader stands still until `acceptAppend` or `refuseAppend`. */
  | {
      readonly kind: "append-begin";
      readonly tag: string;
      readonly request: AppendRequest;
      readonly synchronizing: boolean;
    }
  /** A slice of what was pushed. */
  | { readonly kind: "append-octets"; readonly octets: Uint8Array }
  /** All of it came and the command ended well. */
  | {
      readonly kind: "append-end" /** NUL stood in it, and it was not announced as literal8. */;
      readonly hasNul: boolean;
    }
  /** The command went on in a way it may not: forget the message and answer. */
  | ({ readonly kind: "append-failed"; readonly tag: string } & CommandProblem)
  /** In line mode: one line without its end. */
  | { readonly kind: "line"; readonly octets: Uint8Array }
  /** Too much to skip: say BYE and close. Always the last event. */
  | { readonly kind: "close"; readonly text: string };

export interface CommandProblem {
  readonly status: "BAD" | "NO";
  readonly code?: ResponseCode;
  readonly text: string;
}

export interface CommandReader {
  /** Takes octets as they are; the caller must not change them afterwards. */
  push(octets: Uint8Array): void;
  next(): ReaderEvent | undefined;
  /** Octets held that no event has consumed: pause the connection when they are many; after STARTTLS there must be none. */
  readonly pendingOctets: number;
  /** The next event is one line (IDLE's DONE, an AUTHENTICATE response); commands again after it. */
  expectLine(): void;
  /** The answer to `append-begin`. For a synchronizing literal the caller says `+ ` itself. */
  acceptAppend(): void;
  /** The answer to `append-begin`: its literal is dropped or never comes. The caller has answered the command. */
  refuseAppend(): void;
  /** UTF8=ACCEPT was enabled: mailbox names are UTF-8 from the next command on (RFC 6855 §3). */
  acceptUtf8(): void;
}

export function createCommandReader(): CommandReader {
  throw new Error("not written yet");
}
