import { createServer } from "node:net";

/** Binds the port alone and lets it go. The code of the error when that fails; a port of 0 is always free. */
export function probePort(address: {
  readonly host: string;
  readonly port: number;
  readonly ipv6Only: boolean;
}): Promise<string | undefined> {
  if (address.port === 0) return Promise.resolve(undefined);
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen(address, () => server.close(() => resolve(undefined)));
  });
}
