/** What a milter answers: one packet, read. */
import { Buffer } from "node:buffer";
import type { EnhancedStatus } from "#mail/reply.ts";
import type { Agreement } from "./flags.ts";
import { REPLY_TEXT_CHARACTERS_MAX } from "./limits.ts";

/** What becomes of the message, as the milter says. */
export type Decision =
  | { readonly kind: "continue" | "accept" | "reject" | "tempfail" | "discard" }
  | {
      readonly kind: "reply";
      /** 4yz or 5yz. */
      readonly code: number;
      readonly status: EnhancedStatus | null;
      /** One line of printable ASCII; empty where it said none. */
      readonly text: string;
    };

/** What it would like to have changed at the end of a message. */
export type Change =
  | { readonly kind: "quarantine"; readonly reason: string }
  /** `index`: before that many fields of the message; null: behind all. */
  | { readonly kind: "add-header"; readonly index: number | null; readonly name: string; readonly value: string }
  | { readonly kind: "change-header"; readonly index: number; readonly name: string; readonly value: string }
  | { readonly kind: "change-from"; readonly address: string }
  | { readonly kind: "add-recipient" | "delete-recipient"; readonly address: string }
  | { readonly kind: "replace-body"; readonly octets: number };

export type MilterReply =
  | { readonly kind: "agreement"; readonly agreement: Agreement }
  | { readonly kind: "decision"; readonly decision: Decision }
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "progress" }
  /** It has seen enough of the body. */
  | { readonly kind: "skip" };

const AGREEMENT_OCTETS = 12;
const INDEX_OCTETS = 4;

/** @param packet letter and data, without the length. Undefined for what is no reply. */
export function parseReply(packet: Uint8Array): MilterReply | undefined {
  const octets = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  const data = octets.subarray(1);
  switch (octets.toString("latin1", 0, 1)) {
    case "O":
      return agreement(data);
    case "a":
      return decided({ kind: "accept" });
    case "c":
      return decided({ kind: "continue" });
    case "r":
      return decided({ kind: "reject" });
    case "t":
      return decided({ kind: "tempfail" });
    case "d":
      return decided({ kind: "discard" });
    // It asks to end the connection, or that it failed: the client comes again.
    case "4":
    case "f":
      return decided({ kind: "tempfail" });
    case "y":
      return replyCode(data);
    case "p":
      return { kind: "progress" };
    case "s":
      return { kind: "skip" };
    case "q":
      return changed(strings(data, 1), ([reason]) => ({ kind: "quarantine", reason }));
    case "h":
      return changed(strings(data, 2), ([name, value]) => ({ kind: "add-header", index: null, name, value }));
    case "i":
      return indexed(data, (index, name, value) => ({ kind: "add-header", index, name, value }));
    case "m":
      return indexed(data, (index, name, value) => ({ kind: "change-header", index, name, value }));
    case "e":
      return changed(strings(data, 1), ([address]) => ({ kind: "change-from", address }));
    case "+":
    case "2":
      return changed(strings(data, 1), ([address]) => ({ kind: "add-recipient", address }));
    case "-":
      return changed(strings(data, 1), ([address]) => ({ kind: "delete-recipient", address }));
    case "b":
      return { kind: "change", change: { kind: "replace-body", octets: data.length } };
    default:
      return undefined;
  }
}

function agreement(data: Buffer): MilterReply | undefined {
  // Behind it a milter may name the macros it wants: it gets all there are.
  if (data.length < AGREEMENT_OCTETS) return undefined;
  const [version, actions, steps] = [data.readUInt32BE(0), data.readUInt32BE(4), data.readUInt32BE(8)];
  return { kind: "agreement", agreement: { version, actions, steps } };
}

function decided(decision: Decision): MilterReply {
  return { kind: "decision", decision };
}

/** `550 5.7.1 text`, of several lines each so (smfi_setmlreply). */
function replyCode(data: Buffer): MilterReply | undefined {
  const [said] = strings(data, 1) ?? [];
  if (said === undefined) return undefined;
  const lines = said.split(/\r\n|\r|\n/).filter((line) => line !== "");
  const [, digits = "", status] =
    /^([45]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3})(?![^ ]))?(?![^ -])/.exec(lines[0] ?? "") ?? [];
  if (digits === "") return undefined;
  const text = lines.map((line) => line.replace(/^[45]\d\d[ -]?(?:[245]\.\d{1,3}\.\d{1,3}(?: |$))?/, "")).join(" ");
  const code = Number(digits);
  // A status of another class than its code says two things; the code counts.
  const isOfItsClass = status !== undefined && status[0] === digits[0];
  return decided({
    kind: "reply",
    code,
    status: isOfItsClass ? (status as EnhancedStatus) : null,
    text: printable(text),
  });
}

function changed<Strings>(found: Strings | undefined, change: (strings: Strings) => Change): MilterReply | undefined {
  return found === undefined ? undefined : { kind: "change", change: change(found) };
}

function indexed(
  data: Buffer,
  change: (index: number, name: string, value: string) => Change,
): MilterReply | undefined {
  if (data.length < INDEX_OCTETS) return undefined;
  const index = data.readUInt32BE(0);
  return changed(strings(data.subarray(INDEX_OCTETS), 2), ([name, value]) => change(index, name, value));
}

/** The first strings of the data, each with its NUL; undefined where there are fewer. */
function strings(data: Buffer, count: 1): readonly [string] | undefined;
function strings(data: Buffer, count: 2): readonly [string, string] | undefined;
function strings(data: Buffer, count: number): readonly string[] | undefined {
  const found: string[] = [];
  let at = 0;
  while (found.length < count) {
    const end = data.indexOf(0, at);
    if (end === -1) return undefined;
    found.push(data.toString("utf8", at, end));
    at = end + 1;
  }
  return found;
}

/** It becomes part of a reply of ours: one line, nothing but printable ASCII. */
function printable(text: string): string {
  return text
    .replace(/[^ -~]+/g, " ")
    .trim()
    .slice(0, REPLY_TEXT_CHARACTERS_MAX);
}
