/** A conversation in lines with a server that may be anything: SMTP, IMAP and POP3 all speak so. */
import { Buffer } from "node:buffer";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Dialer, OutgoingConnection, OutgoingTls, OutgoingTlsFacts, TlsProblem } from "#ports/dialer.ts";
import { ANSWER_LINES_MAX, ANSWER_MS, ANSWER_OCTETS_MAX, CONNECT_MS } from "./limits.ts";

/** Why a server could not be talked to. `refused`: nothing listens there. */
export type ProbeProblem = "refused" | "no-connection" | "timed-out" | "closed" | "too-much";

/** Lines of an answer without their line ends; `isLast` says where one ends. */
export type IsLast = (line: string) => boolean;

export class LineProbe {
  readonly #connection: OutgoingConnection;
  #received = "";
  #closed = false;
  #waiting: (() => void) | undefined;
  #timedOut = false;

  /** Connects, in clear. */
  static async open(
    dialer: Dialer,
    to: { readonly address: string; readonly port: number },
  ): Promise<Result<LineProbe, ProbeProblem>> {
    const dialled = await dialer.dial({ to, timeoutMs: CONNECT_MS });
    if (dialled.ok) return ok(new LineProbe(dialled.value));
    const { code } = dialled.problem;
    if (code === "ECONNREFUSED") return failed("refused");
    return failed(code === "TIMEOUT" || code === "ETIMEDOUT" ? "timed-out" : "no-connection");
  }

  private constructor(connection: OutgoingConnection) {
    this.#connection = connection;
  }

  /** The own address, as this machine sees it: behind a router the other side sees another. */
  get ownAddress(): string {
    return this.#connection.local.address;
  }

  /** Begins to listen; before or after TLS, once. */
  start(): void {
    this.#connection.start({
      octets: (octets) => {
        if (this.#received.length < ANSWER_OCTETS_MAX) this.#received += Buffer.from(octets).toString("latin1");
        this.#wake();
      },
      drained: () => undefined,
      timedOut: () => {
        this.#timedOut = true;
        this.#wake();
      },
      closed: () => {
        this.#closed = true;
        this.#wake();
      },
    });
  }

  startTls(options: OutgoingTls): Promise<Result<OutgoingTlsFacts, TlsProblem>> {
    return this.#connection.startTls(options);
  }

  /** Sends a line, without waiting. */
  say(line: string): void {
    this.#connection.write(`${line}\r\n`);
  }

  /** The next answer, up to the line for which `isLast` holds. */
  async answer(isLast: IsLast, waitMs = ANSWER_MS): Promise<Result<readonly string[], ProbeProblem>> {
    const lines: string[] = [];
    let octets = 0;
    this.#timedOut = false;
    this.#connection.setDeadline(waitMs);
    for (;;) {
      const line = this.#nextLine();
      if (line === undefined) {
        if (this.#received.length >= ANSWER_OCTETS_MAX) return failed("too-much");
        if (this.#closed) return failed("closed");
        if (this.#timedOut) return failed("timed-out");
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
        continue;
      }
      lines.push(line);
      octets += line.length;
      // Lines without end would fill the memory for as long as the answer may take.
      if (octets >= ANSWER_OCTETS_MAX || lines.length >= ANSWER_LINES_MAX) return failed("too-much");
      if (isLast(line)) break;
    }
    this.#connection.setDeadline(0);
    return ok(lines);
  }

  async ask(line: string, isLast: IsLast, waitMs?: number): Promise<Result<readonly string[], ProbeProblem>> {
    this.say(line);
    return this.answer(isLast, waitMs);
  }

  sayRaw(octets: string): void {
    this.#connection.write(Buffer.from(octets, "latin1"));
  }

  close(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #nextLine(): string | undefined {
    const lf = this.#received.indexOf("\n");
    if (lf === -1) return undefined;
    const line = this.#received.slice(0, lf).replace(/\r$/, "");
    this.#received = this.#received.slice(lf + 1);
    return line;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
