/** Postfix's `smtp-sink` as the servers of others, on loopback: they take all mail, and say how much it was. */
import { type ChildProcess, spawn } from "node:child_process";
import { freePorts } from "../test/peers/ports.ts";
import { hold, stop, waitForPort } from "../test/peers/process.ts";

/** Connections that may wait to be accepted, while the sinks stand still above all. */
const BACKLOG = 1000;

export class Sinks {
  readonly ports: readonly number[];
  readonly #children: readonly ChildProcess[];
  readonly #taken: number[];
  #target = Number.POSITIVE_INFINITY;
  #reached: ((atMs: number) => void) | undefined;

  private constructor(ports: readonly number[]) {
    this.ports = ports;
    this.#taken = ports.map(() => 0);
    // Root is not what they run as.
    const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    this.#children = ports.map((port, sink) => {
      const child = spawn("smtp-sink", [...user, "-c", `127.0.0.1:${port}`, `${BACKLOG}`], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      child.stdout.setEncoding("latin1");
      child.stdout.on("data", (text: string) => this.#counted(sink, text));
      return hold(child);
    });
  }

  static async open(count: number): Promise<Sinks> {
    const sinks = new Sinks(await freePorts(count));
    for (const [sink, port] of sinks.ports.entries()) {
      const child = sinks.#children[sink];
      if (child !== undefined) await waitForPort(port, child);
    }
    return sinks;
  }

  /** Messages, since the beginning. */
  get taken(): number {
    return this.#taken.reduce((sum, count) => sum + count, 0);
  }

  /** When so many had come. Milliseconds of `performance.now()`. */
  reached(taken: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#target = taken;
    this.#reached = resolve;
    this.#look();
    return promise;
  }

  /** They stand still, as servers that are too busy to say anything: whoever connects waits. */
  pause(): void {
    for (const child of this.#children) child.kill("SIGSTOP");
  }

  resume(): void {
    for (const child of this.#children) child.kill("SIGCONT");
  }

  async close(): Promise<void> {
    this.resume();
    await Promise.all(this.#children.map((child) => stop(child)));
  }

  /** `sess=1 quit=0 mesg=3`, over and over. */
  #counted(sink: number, text: string): void {
    const [last] = [...text.matchAll(/mesg=(\d+)\r/g)].slice(-1);
    if (last === undefined) return;
    this.#taken[sink] = Number(last[1]);
    this.#look();
  }

  #look(): void {
    if (this.taken < this.#target) return;
    this.#target = Number.POSITIVE_INFINITY;
    this.#reached?.(performance.now());
  }
}
