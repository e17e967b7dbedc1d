import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 200;
const PAUSE_MS = 100;

/** Resolves when something takes connections there. */
export async function listening(address: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (await connects(address, port)) return;
    await sleep(PAUSE_MS);
  }
  throw new Error(`nothing listens on ${address}:${port}`);
}

function connects(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
