/** Ports that are free on loopback, IPv4 and IPv6, at the moment of asking. */
import { once } from "node:events";
import { createServer } from "node:net";

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
  }
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}
