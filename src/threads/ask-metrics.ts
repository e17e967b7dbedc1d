import { join } from "node:path";
import { ask } from "#platform/net/ask-control.ts";
import { dialControlSocket } from "#platform/net/control-dial.ts";

/** The main thread knows the figures: it is asked as the command line asks it. Undefined where it cannot be. */
export async function askMetrics(dataDir: string): Promise<string | undefined> {
  try {
    const dialled = await dialControlSocket(join(dataDir, "control.sock"));
    if (!dialled.ok) return undefined;
    const outcome = (await ask(dialled.value, "metrics", {})) as { readonly ok: boolean; readonly value?: string };
    return outcome.ok ? outcome.value : undefined;
  } catch {
    return undefined;
  }
}
