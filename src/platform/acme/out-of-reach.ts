/** Why an authority cannot be reached. The library forgets it: what it throws then is a TypeError of its own. */
import { once } from "node:events";
import { type Agent, get } from "node:https";
import { REACH_MS } from "./limits.ts";

/** @returns `https://… could not be reached: connect ECONNREFUSED 127.0.0.1:14000`. Never rejects. */
export async function outOfReach(url: string, agent: Agent): Promise<string> {
  const where = new URL(url).origin;
  const request = get(url, { agent, timeout: REACH_MS });
  request.on("timeout", () => request.destroy(new Error(`no answer in ${REACH_MS / 1000} seconds`)));
  try {
    await once(request, "response");
    request.destroy();
    return `${where} broke off an answer`;
  } catch (error) {
    return `${where} could not be reached: ${wordsOf(error)}`;
  }
}

/** Where a name has several addresses, Node says only that all failed. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
