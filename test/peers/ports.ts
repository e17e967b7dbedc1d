/** Ports that are free on loopback, IPv4 and IPv6. */
import { createServer } from "node:net";

/** Below the range from which the system takes the ports of outgoing connections. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** Processes whose ids are neighbours, as those of a test run are, begin so far apart. */
const APART = 40;

let next = (process.pid * APART) % PORTS;

/** Never gives a port twice in a process; other test processes, which run at the same time, begin elsewhere. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST_PORT + next;
    next = (next + 1) % PORTS;
    if ((await isFree(port, "127.0.0.1")) && (await isFree(port, "::1"))) ports.push(port);
  }
  return ports;
}

function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "EADDRINUSE" && code !== "EACCES"));
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}
