import { connect, type Socket } from "node:net";
import { failed, ok, type Result } from "#mail/result.ts";

/** A command may wait for the disk; a server that says nothing for so long is stuck. */
const SILENCE_MS = 60_000;

/** Connects to the control socket of a running server. `no-server`: nobody listens there. */
export async function dialControlSocket(path: string): Promise<Result<Socket, "no-server" | "not-allowed">> {
  const socket = connect({ path });
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error("the server does not answer")));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return ok(socket);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ECONNREFUSED") return failed("no-server");
    if (code === "EACCES" || code === "EPERM") return failed("not-allowed");
    throw error;
  }
}
