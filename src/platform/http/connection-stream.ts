import { Duplex } from "node:stream";
import type { Connection } from "#ports/connection.ts";

/** A Connection as the stream that `node:http` wants. Reading and writing stop when the other side does. */
export class ConnectionStream extends Duplex {
  readonly #connection: Connection;
  #written: (() => void) | undefined;

  constructor(connection: Connection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
  }

  /** The client's octets. */
  receive(octets: Uint8Array): void {
    if (!this.push(octets)) this.#connection.pause();
  }

  /** The client has said all it will. */
  receiveEnd(): void {
    this.push(null);
  }

  drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(octets: Uint8Array, _encoding: string, done: () => void): void {
    if (this.#connection.write(octets)) done();
    else this.#written = done;
  }

  override _final(done: () => void): void {
    this.#connection.end();
    done();
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#connection.destroy();
    done();
  }
}
