/**
 * A client's connection as the rooms above see it: octets and facts, no sockets. `platform/net` makes
 * the real ones, tests and the simulation make theirs.
 */
export interface Connection {
  /** Identifies the session in logs, trace fields and replies. */
  readonly id: string;
  /** The client, normalised once (`::ffff:192.0.2.5` is `192.0.2.5`), after a believed PROXY header. */
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Set while the octets are protected; implicit TLS: from the start. */
  readonly tls: TlsFacts | undefined;

  /** Queues octets. False when more than the high-water mark waits: go on at `drained`. */
  write(octets: Uint8Array | string): boolean;
  /** Stops reading; what the kernel holds stays there, so that a sender feels it. */
  pause(): void;
  resume(): void;
  /**
   * Hands the socket to TLS as a server. What the client sent in the clear before is the caller's affair: it must
   * have dropped the connection when there was any. Rejects when the handshake fails; the connection is then closed.
   */
  startTls(): Promise<TlsFacts>;
  /** Sends what is queued, then FIN. A client that does not close its side soon after is dropped. */
  end(): void;
  /** Drops the connection now. */
  destroy(): void;
  /** Closes through `handler.timedOut` when nothing happened for so long. Replaces the previous one. Milliseconds; 0 is none. */
  setDeadline(ms: number): void;
}

export interface Endpoint {
  /** An IP address, or `unix:PATH`. */
  readonly address: string;
  readonly port: number;
}

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string;
  /** IANA or OpenSSL name of the cipher suite. */
  readonly cipher: string;
  readonly serverName: string | undefined;
  readonly alpn: string | undefined;
  /** The tls-exporter value of this connection (RFC 9266); absent where the version does not give one that can be relied on. */
  readonly channelBinding?: Uint8Array;
  /** Mail addresses that the client's certificate stands for; empty or absent unless one was shown that our authorities made. */
  readonly clientAddresses?: readonly string[];
}

/** What a protocol makes of a connection. Called on one thread, never again after `closed`. */
export interface ConnectionHandler {
  octets(octets: Uint8Array): void;
  /**
   * The client has said all it will, and still listens (FIN, or TLS close_notify). The handler says what is due, then ends:
   * within a bound, for nobody knows whether the client has not gone altogether. Without this the connection ends at once.
   */
  inputEnded?(): void;
  /** Everything queued is below the low-water mark again. */
  drained(): void;
  /** The deadline passed. The handler says its last words and ends. */
  timedOut(): void;
  /** The server drains: finish what is open, then end. */
  shutdown(): void;
  /** The client is gone, or `end`/`destroy` was called. Always the last call. */
  closed(): void;
}

/** Takes a connection that has been admitted, and for implicit TLS after the handshake. */
export type Accept = (connection: Connection) => ConnectionHandler;
