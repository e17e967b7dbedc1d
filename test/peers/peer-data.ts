/** Where other people's test data lies, and the parts of it that tests read. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MboxMessage, parseMbox, parseScript, type Script } from "../imap-scripts/script.ts";

export const peerData = join(import.meta.dirname, "../../../shared/peers");

export interface ScriptWithMessages {
  readonly script: Script;
  readonly messages: readonly MboxMessage[];
}

/** All scripts, each with the mbox beside it or the common one. */
export function imapScripts(): readonly ScriptWithMessages[] {
  const folder = join(peerData, "imap-scripts");
  return readdirSync(folder)
    .filter((name) => !name.endsWith(".mbox") && !name.startsWith("COPYING"))
    .map((name) => {
      const own = join(folder, `${name}.mbox`);
      const mbox = existsSync(own) ? own : join(folder, "default.mbox");
      return {
        script: parseScript(name, readFileSync(join(folder, name), "latin1")),
        messages: parseMbox(readFileSync(mbox, "latin1")),
      };
    });
}
