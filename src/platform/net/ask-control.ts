/** Asks the running server over its control socket: one JSON object a line, `{id, command, args}` and `{id, ok, value|error}`. */
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

interface Reply {
  readonly id: unknown;
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: string;
}

/** One question, one answer; the stream is ended. Rejects when the connection ends without one, or with the server's error. */
export async function ask(stream: Duplex, command: string, args: unknown): Promise<unknown> {
  const id = 1;
  let failure: Error | undefined;
  // readline passes errors on only from its own input events; the stream's close ends the loop below.
  stream.on("error", (error) => {
    failure = error;
  });
  stream.write(`${JSON.stringify({ id, command, args })}\n`);
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      const reply = JSON.parse(line) as Reply;
      if (reply.id !== id) continue;
      if (!reply.ok) throw new Error(reply.error ?? "the server gave no reason");
      return reply.value;
    }
  } finally {
    stream.end();
  }
  throw failure ?? new Error("the server closed the connection without an answer");
}
