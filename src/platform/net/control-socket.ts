import { chmod, unlink } from "node:fs/promises";
import { createServer, type Socket } from "node:net";

/** A request may carry a block list of 16 MiB, in JSON. The socket is its owner's alone. */
const LINE_CHARACTERS_MAX = 32 * 1024 * 1024;
const OWNER_ONLY = 0o600;

interface Request {
  readonly id: unknown;
  readonly command: string;
  readonly args: unknown;
}

/**
 * The socket the command line talks through: a JSON object a line, `{id, command, args}` in, `{id, ok, value}` or
 * `{id, ok: false, error}` out. Whoever may open the file is the admin: it belongs to its owner alone.
 */
export async function openControlSocket(
  path: string,
  handle: (command: string, args: unknown) => Promise<unknown>,
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, handle);
  });
  await unlink(path).catch(() => undefined); // left by a killed server; the store's lock says that none is running
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, resolve);
  });
  await chmod(path, OWNER_ONLY);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Who just sits there must not keep the server from ending.
      for (const socket of sockets) socket.destroySoon();
      await closed;
      await unlink(path).catch(() => undefined);
    },
  };
}

function serve(socket: Socket, handle: (command: string, args: unknown) => Promise<unknown>): void {
  /** Pieces of a line that has not ended yet: joined once, so that a long one is not copied again for each. */
  let held: string[] = [];
  let heldCharacters = 0;
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (text: string) => {
    const [first = "", ...others] = text.split("\n");
    held.push(first);
    heldCharacters += first.length;
    for (const piece of others) {
      void answer(held.join(""), handle).then((reply) => socket.write(`${JSON.stringify(reply)}\n`));
      held = [piece];
      heldCharacters = piece.length;
    }
    if (heldCharacters > LINE_CHARACTERS_MAX) socket.destroy();
  });
}

async function answer(
  line: string,
  handle: (command: string, args: unknown) => Promise<unknown>,
): Promise<{ id: unknown; ok: boolean; value?: unknown; error?: string }> {
  let id: unknown = null;
  try {
    const request = JSON.parse(line) as Request;
    id = request.id;
    return { id, ok: true, value: await handle(request.command, request.args) };
  } catch (error) {
    return { id, ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
