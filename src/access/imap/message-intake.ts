/** Takes the octets of an appended message: into the spool as they come, or, where they may need encoding, held first. */
import { Buffer } from "node:buffer";
import type { Content } from "#mail/content.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import { BINARY_APPEND_OCTETS_MAX } from "../limits.ts";
import { encodeBinaryParts, hasBinaryParts } from "./binary-parts.ts";
import type { ImapDependencies } from "./session.ts";
import { Signal } from "./signal.ts";

export interface TakenMessage {
  readonly content: Content;
  readonly index: MessageIndex;
}

export interface MessageIntake {
  /** Resolves when more can be taken. The octets must not change afterwards. */
  push(octets: Uint8Array): Promise<void>;
  /** Undefined: it holds what no transfer encoding known here carries. Rejects with the disk's error. */
  finish(): Promise<TakenMessage | undefined>;
  /** Forgets what was taken: whenever the store has not taken it over, after `finish` too. */
  discard(): void;
}

type Tools = Pick<ImapDependencies, "spool" | "createScanner">;

/** @param binary the message was announced as literal8 (RFC 3516). */
export function takeMessage(
  tools: Tools,
  options: { readonly binary: boolean; readonly sizeOctets: number },
): MessageIntake {
  if (!options.binary) return streamed(tools, () => true);
  if (options.sizeOctets > BINARY_APPEND_OCTETS_MAX) return streamed(tools, ({ root }) => !hasBinaryParts(root));
  return held(tools);
}

function streamed({ spool, createScanner }: Tools, acceptable: (index: MessageIndex) => boolean): MessageIntake {
  const drained = new Signal();
  const writer = spool.begin(() => drained.raise());
  const scanner = createScanner();
  let holdsNul = false;
  return {
    async push(octets) {
      holdsNul ||= octets.includes(0);
      scanner.push(octets);
      if (!writer.write(octets)) await drained.wait();
    },
    async finish() {
      const index = scanner.finish();
      if (holdsNul || !acceptable(index)) return undefined;
      return { content: await writer.finish(), index };
    },
    discard: () => writer.discard(),
  };
}

function held(tools: Tools): MessageIntake {
  let pieces: Uint8Array[] = [];
  let onward: MessageIntake | undefined;
  return {
    async push(octets) {
      pieces.push(octets);
    },
    async finish() {
      const message = Buffer.concat(pieces);
      pieces = [];
      const scanner = tools.createScanner();
      scanner.push(message);
      const encoded = encodeBinaryParts(message, scanner.finish().root);
      if (encoded === undefined) return undefined;
      onward = streamed(tools, () => true);
      await onward.push(encoded);
      return onward.finish();
    },
    discard() {
      pieces = [];
      onward?.discard();
    },
  };
}
