/** `postern pair`: two nodes that stand in for each other. */
import { systemClock } from "#platform/system-clock.ts";
import type { NodeState, PairState } from "#threads/pair-states.ts";
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import type { PairFacts } from "./ten-protections.ts";
import { counted, duration, moment } from "./wording.ts";

const FINGERPRINT_SHOWN = 16;

const pair: Command = {
  name: "pair",
  operands: ["[HOST]", "[CODE]"],
  summary: "makes a code for another node; with CODE, joins the node at HOST that made it",
  async run(invocation) {
    const { operands, out } = invocation;
    const [host = "", code = ""] = operands;
    if (operands.length === 0) {
      return administer(invocation, "pair-code", {}, "A code", (made) => {
        out.line(made.code);
        out.line("");
        out.line(`On the other node: postern pair HOST CODE, until ${moment(made.untilMs)}. It counts once.`);
        out.line(`Without HOST it looks for this node at ${made.address}.`);
      });
    }
    // A code alone says where to go.
    const args = code === "" ? { host: "", code: host } : { host, code };
    return administer(invocation, "pair-join", args, args.host === "" ? "The other node" : host, (node) => {
      out.line(`Joined ${node.name} at ${node.address} (key ${node.fingerprint.slice(0, FINGERPRINT_SHOWN)}).`);
    });
  },
};

const list: Command = {
  name: "pair list",
  operands: [],
  summary: "the nodes this one is paired with, and the recipient lists they told",
  run(invocation) {
    return administer(invocation, "pair-list", {}, "", (state) => {
      for (const line of pairLines(state, systemClock.now())) invocation.out.line(line);
    });
  },
};

const remove: Command = {
  name: "pair remove",
  operands: ["NODE"],
  summary: "parts with a node: its name, or the beginning of its key",
  run(invocation) {
    const [node = ""] = invocation.operands;
    return administer(invocation, "pair-remove", { node }, node, ({ name }) => {
      invocation.out.line(`Parted with ${name}. Do the same there: it goes on asking otherwise.`);
    });
  },
};

export const pairCommands: readonly Command[] = [pair, list, remove];

/** A node that was not heard for so long is worth a word. Milliseconds. */
const SILENT_MS = 60 * 60 * 1000;

export function pairFacts({ nodes, domains }: PairState, nowMs: number): PairFacts {
  return {
    nodes: nodes.length,
    silent: nodes.filter(({ lastSyncMs }) => nowMs - lastSyncMs > SILENT_MS).length,
    withoutList: domains.filter(({ state }) => state === "none").length,
    oldLists: domains.filter(({ state }) => state === "old").length,
  };
}

export function pairLines({ nodes, domains }: PairState, nowMs: number): readonly string[] {
  if (nodes.length === 0) return ["Paired with nobody. `postern pair` makes a code for another node."];
  const about = domains.map(({ name, detail }) => `${name}: ${detail}`);
  return [...nodes.flatMap((node) => nodeLines(node, nowMs)), ...about];
}

function nodeLines(node: NodeState, nowMs: number): readonly string[] {
  const { name, fingerprint, address, dials, lastSyncMs, samePolicy, problem, list: told } = node;
  const heard = lastSyncMs === 0 ? "never heard" : `heard ${duration(nowMs - lastSyncMs)} ago`;
  const way = dials ? `joined at ${address}` : address === "" ? "joins us" : `joins us, listens at ${address}`;
  const lines = [`${name} (key ${fingerprint.slice(0, FINGERPRINT_SHOWN)}): ${heard}, ${way}`];
  if (told !== null) {
    lines.push(`  ${counted(told.addresses, "recipient")}, as of ${duration(nowMs - told.confirmedMs)} ago`);
  }
  if (!samePolicy) lines.push("  Its policy is another one: it may judge the same message differently.");
  if (problem !== "") lines.push(`  Not connected: ${problem}`);
  return lines;
}
