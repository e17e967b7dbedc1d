import { chmod, rename, stat, unlink } from "node:fs/promises";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Accept, Endpoint, TlsFacts } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { LISTEN_BACKLOG } from "../limits.ts";
import { type HandshakeFailure, handshakeFailure } from "../tls/handshake-failure.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import { normaliseAddress } from "./address.ts";
import { readProxyHeader } from "./proxy-header.ts";
import { handshake, SocketConnection, tlsFacts } from "./socket-connection.ts";

/** Where to listen: `host` is an IP address. */
export type Bind =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly ipv6Only: boolean }
  | { readonly kind: "unix"; readonly path: string };

export interface ListenerOptions {
  readonly bind: Bind;
  /** Several threads bind the same port; the kernel shares connections out. */
  readonly reusePort: boolean;
  /** A socket file that answers belongs to threads which are about to be drained: it is replaced. */
  readonly takesOver?: boolean;
  readonly tls: "implicit" | "starttls" | "none";
  /** Absent only with `tls: "none"`. */
  readonly serverTls: ServerTls | undefined;
  /** Is this peer's PROXY header to be read and believed? Then it must send one. */
  readonly believesProxy: ((address: string) => boolean) | undefined;
  readonly random: Random;
  readonly log: Log;
  /** A handshake failed, behind STARTTLS too. */
  readonly handshakeFailed?: (failure: HandshakeFailure) => void;
  /** Asked when the client's address is known, and before TLS: a place is taken before a handshake costs anything. */
  readonly arrive: (remote: Endpoint) => Arrival;
}

/** What becomes of a client: it comes in, or is dropped without a word. */
export type Arrival =
  | {
      readonly kind: "comes-in";
      readonly accept: Accept;
      /** It is gone before a handler of it knows: in the handshake, or when `accept` failed. */
      readonly lost: () => void;
    }
  | { readonly kind: "turned-away" };

export interface Listening {
  readonly bind: Bind;
  /** Stops taking connections; those that are open live on. */
  close(): Promise<void>;
}

/** Permissions of a socket file: owner and group, so that a local program of the same group can deliver. */
const SOCKET_MODE = 0o660;

/** Rejects with Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL) when the address cannot be bound. */
export async function listen(options: ListenerOptions): Promise<Listening> {
  const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
    // Errors before a handler is attached: the client is gone, nothing was promised.
    socket.on("error", () => socket.destroy());
    admit(socket, options).catch((error: unknown) => {
      options.log.debug("connection-failed", { remote: socket.remoteAddress, cause: String(error) });
      socket.destroy();
    });
  });
  const bind = await bindServer(server, options);
  // A connection that could not be taken (no descriptor left) is no reason to stop taking others.
  server.on("error", (error) => options.log.error("listener-failed", { cause: String(error) }));
  const ownFile = bind.kind === "unix" ? await fileNumber(bind.path) : undefined;
  return {
    bind,
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (bind.kind === "unix" && (await fileNumber(bind.path)) === ownFile) await remove(bind.path);
    },
  };
}

async function bindServer(
  server: Server,
  { bind, reusePort, random, takesOver = false }: ListenerOptions,
): Promise<Bind> {
  if (bind.kind === "unix") {
    if (!takesOver && (await answers(bind.path))) throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
    // Put in its place by its final name, so that clients always find one or the other; and the name that Node removes
    // when the server closes is one that nobody uses any more.
    const madeAt = `${bind.path}.${random.id()}`;
    await listening(server, { path: madeAt, backlog: LISTEN_BACKLOG });
    await chmod(madeAt, SOCKET_MODE);
    await rename(madeAt, bind.path);
    return bind;
  }
  const { host, port, ipv6Only } = bind;
  await listening(server, { host, port, ipv6Only, reusePort, backlog: LISTEN_BACKLOG });
  const address = server.address();
  return typeof address === "object" && address !== null ? { ...bind, port: address.port } : bind;
}

function listening(server: Server, options: Parameters<Server["listen"]>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A socket file outlives a killed server: does anybody answer on it? */
function answers(path: string): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const socket = dial({ path }, () => resolve(true)).on("error", () => resolve(false));
    socket.unref();
    socket.on("connect", () => socket.destroy());
  });
}

async function fileNumber(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

async function admit(raw: Socket, options: ListenerOptions): Promise<void> {
  const endpoints = endpointsOf(raw, options.bind);
  const proxied = options.believesProxy?.(endpoints.remote.address) === true ? await readProxyHeader(raw) : undefined;
  const remote = proxied?.source ?? endpoints.remote;
  const arrival = options.arrive(remote);
  if (arrival.kind === "turned-away") {
    raw.destroy();
    return;
  }
  try {
    const { socket, tls, early } = await secure(raw, options, proxied?.rest ?? new Uint8Array());
    const connection = new SocketConnection(socket, {
      id: options.random.id(),
      remote,
      local: proxied?.destination ?? endpoints.local,
      tls,
      tlsOptions: options.tls === "starttls" ? options.serverTls : undefined,
      handshakeFailed: options.handshakeFailed,
    });
    connection.attach(arrival.accept(connection), early);
    // Closed before anybody listened: nobody else would say so.
    if (socket.destroyed) connection.destroy();
  } catch (error) {
    arrival.lost();
    throw error;
  }
}

async function secure(
  raw: Socket,
  { tls, serverTls, log, handshakeFailed }: ListenerOptions,
  early: Uint8Array,
): Promise<{ socket: Socket; tls: TlsFacts | undefined; early: Uint8Array }> {
  if (tls !== "implicit" || serverTls === undefined) return { socket: raw, tls: undefined, early };
  // What came behind a PROXY header in the same segment belongs to the handshake.
  if (early.length > 0) raw.unshift(early);
  const socket = new TLSSocket(raw, serverTls.socketOptions());
  try {
    await handshake(socket);
  } catch (error) {
    const failure = handshakeFailure(error);
    log.info("tls-handshake-failed", { remote: raw.remoteAddress, failure, cause: (error as Error).message });
    handshakeFailed?.(failure);
    throw error;
  }
  return { socket, tls: tlsFacts(socket, serverTls), early: new Uint8Array() };
}

function endpointsOf(socket: Socket, bind: Bind): { remote: Endpoint; local: Endpoint } {
  if (bind.kind === "unix") {
    const endpoint = { address: `unix:${bind.path}`, port: 0 };
    return { remote: endpoint, local: endpoint };
  }
  const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
  if (remoteAddress === "") throw new Error("the client is gone already");
  return {
    remote: { address: normaliseAddress(remoteAddress), port: remotePort },
    local: { address: normaliseAddress(localAddress), port: localPort },
  };
}
