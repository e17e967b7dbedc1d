import type { Socket } from "node:net";
import type { Endpoint } from "#ports/connection.ts";

export async function readProxyHeader(
  _raw: Socket,
): Promise<{ source: Endpoint | undefined; destination: Endpoint | undefined; rest: Uint8Array }> {
  throw new Error("not yet");
}
