/** Listens for other nodes: TLS 1.3 and nothing older, and a key on their side that is known by its fingerprint. */
import { createServer, type TLSSocket } from "node:tls";
import type { OutgoingConnection } from "#ports/dialer.ts";
import type { Log } from "#ports/log.ts";
import { LISTEN_BACKLOG, PAIR_HANDSHAKE_MS, PAIR_SOCKETS_MAX } from "../limits.ts";
import { keyFingerprint } from "../tls/pairing-identity.ts";
import type { KeyPair } from "../tls/server-tls.ts";
import { normaliseAddress } from "./address.ts";
import { SocketOutgoingConnection } from "./outgoing-connection.ts";

export interface PairListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly identity: KeyPair;
  readonly log: Log;
  /** @param fingerprint of the key whose possession the other side proved in the handshake; undefined: it showed none. */
  readonly arrived: (connection: OutgoingConnection, fingerprint: string | undefined) => void;
}

export interface PairListening {
  readonly port: number;
  /** Stops taking connections, and ends those that are open. */
  close(): Promise<void>;
}

/** Rejects with Node's error where the address cannot be bound. */
export async function listenForNodes(options: PairListenerOptions): Promise<PairListening> {
  const { host, port, identity, log, arrived } = options;
  const open = new Set<TLSSocket>();
  const server = createServer(
    {
      cert: identity.certificatePem,
      key: identity.keyPem,
      minVersion: "TLSv1.3",
      handshakeTimeout: PAIR_HANDSHAKE_MS,
      requestCert: true,
      // No authority vouches for any of them: whose key it is, is looked up.
      rejectUnauthorized: false,
      noDelay: true,
      keepAlive: true,
      allowHalfOpen: true,
    },
    (socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      socket.on("error", () => socket.destroy());
      const certificate = socket.getPeerX509Certificate();
      const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
      const endpoints = {
        remote: { address: normaliseAddress(remoteAddress), port: remotePort },
        local: { address: normaliseAddress(localAddress), port: localPort },
      };
      arrived(
        new SocketOutgoingConnection(socket, endpoints),
        certificate === undefined ? undefined : keyFingerprint(certificate),
      );
    },
  );
  server.maxConnections = PAIR_SOCKETS_MAX;
  server.on("tlsClientError", (error) => log.debug("pair-handshake-failed", { cause: String(error) }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error) => log.error("pair-listener-failed", { cause: String(error) }));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
