/** SMTP as the audit speaks it: short sessions that ask, and that never send a message. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { Dialer, OutgoingTls } from "#ports/dialer.ts";
import { HANDSHAKE_MS } from "./limits.ts";
import { LineProbe, type ProbeProblem } from "./line-probe.ts";

export interface SmtpReply {
  readonly code: number;
  /** As they came, with their codes. */
  readonly lines: readonly string[];
}

export interface SmtpTarget {
  readonly address: string;
  readonly port: number;
  /** Said in EHLO. */
  readonly helo: string;
}

const isLastLine = (line: string): boolean => !/^\d{3}-/.test(line);

export class SmtpProbe {
  readonly greeting: SmtpReply;
  readonly #probe: LineProbe;

  private constructor(probe: LineProbe, greeting: SmtpReply) {
    this.#probe = probe;
    this.greeting = greeting;
  }

  /** Connects, and waits for the greeting. */
  static async open(dialer: Dialer, target: SmtpTarget): Promise<Result<SmtpProbe, ProbeProblem>> {
    const opened = await LineProbe.open(dialer, target);
    if (!opened.ok) return opened;
    const probe = opened.value;
    probe.start();
    const greeting = readReply(await probe.answer(isLastLine));
    if (greeting.ok) return ok(new SmtpProbe(probe, greeting.value));
    probe.close();
    return greeting;
  }

  get ownAddress(): string {
    return this.#probe.ownAddress;
  }

  ehlo(name: string): Promise<Result<SmtpReply, ProbeProblem>> {
    return this.ask(`EHLO ${name}`);
  }

  async ask(line: string, waitMs?: number): Promise<Result<SmtpReply, ProbeProblem>> {
    return readReply(await this.#probe.ask(line, isLastLine, waitMs));
  }

  /** An answer that nobody asked for, if one comes. */
  async listen(waitMs: number): Promise<Result<SmtpReply, ProbeProblem>> {
    return readReply(await this.#probe.answer(isLastLine, waitMs));
  }

  /** Octets as they are. */
  sayRaw(octets: string): void {
    this.#probe.sayRaw(octets);
  }

  /** Says goodbye without waiting for the answer. */
  close(): void {
    this.#probe.say("QUIT");
    this.#probe.close();
  }

  /** Breaks the connection: what was begun is never ended. */
  destroy(): void {
    this.#probe.destroy();
  }
}

export function anyCertificate(serverName: string, more: Partial<OutgoingTls> = {}): OutgoingTls {
  return { serverName, trust: { kind: "any" }, timeoutMs: HANDSHAKE_MS, ...more };
}

function readReply(answer: Result<readonly string[], ProbeProblem>): Result<SmtpReply, ProbeProblem> {
  if (!answer.ok) return answer;
  const last = answer.value.at(-1) ?? "";
  const code = /^(\d{3})(?: |$)/.exec(last)?.[1];
  return code === undefined ? failed("no-connection") : ok({ code: Number(code), lines: answer.value });
}
