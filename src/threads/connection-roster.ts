import type { Accept, Connection, ConnectionHandler } from "#ports/connection.ts";

/** Every connection of one thread, so that a server that drains can tell each of them. */
export class ConnectionRoster {
  readonly #handlers = new Set<ConnectionHandler>();
  readonly #connections = new Set<Connection>();
  #whenEmpty: (() => void) | undefined;

  get size(): number {
    return this.#handlers.size;
  }

  /** The same accept, with each connection on the roster while it lives. */
  keeping(accept: Accept, onClosed: () => void): Accept {
    return (connection) => {
      const inner = accept(connection);
      const handler: ConnectionHandler = {
        octets: (octets) => inner.octets(octets),
        ...(inner.inputEnded === undefined ? {} : { inputEnded: () => inner.inputEnded?.() }),
        drained: () => inner.drained(),
        timedOut: () => inner.timedOut(),
        shutdown: () => inner.shutdown(),
        closed: () => {
          this.#handlers.delete(handler);
          this.#connections.delete(connection);
          inner.closed();
          onClosed();
          if (this.#handlers.size === 0) this.#whenEmpty?.();
        },
      };
      this.#handlers.add(handler);
      this.#connections.add(connection);
      return handler;
    };
  }

  /** Asks everybody to finish; resolves when all are gone. */
  async drain(): Promise<void> {
    if (this.#handlers.size === 0) return;
    const empty = new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    for (const handler of this.#handlers) handler.shutdown();
    await empty;
  }

  dropAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
