/** One attempt: the hosts of a destination in turn, until every recipient has its answer or no host is left. */
import type { AttemptReport, RemoteHost } from "#queue/attempt.ts";
import { TRACE_LINES_MAX } from "#queue/attempt.ts";
import { findHosts } from "../routing/find-hosts.ts";
import type { Host } from "../routing/hosts.ts";
import { LOOKUP_MS } from "../routing/limits.ts";
import { raceConnect } from "../routing/race-connect.ts";
import type { RouteSettings, TlsPolicySetting } from "../routing/settings.ts";
import type { StsPolicy } from "../tls-policy/mta-sts-policy.ts";
import { planTls, type TlsPlan } from "../tls-policy/plan.ts";
import { HostVisit, type VisitOutcome } from "./host-visit.ts";
import { CONNECT_MS, TRACE_LINE_OCTETS_MAX } from "./limits.ts";
import { RecipientLedger } from "./recipient-ledger.ts";
import { type AttemptParts, routeOf } from "./surroundings.ts";
import { ours } from "./words.ts";

type Plan = TlsPlan & { readonly kind: "plan" };

export class RemoteAttempt {
  readonly #parts: AttemptParts;
  readonly #route: RouteSettings;
  readonly #ledger: RecipientLedger;
  readonly #trace: string[] = [];
  readonly #startedAtMs: number;
  #host: RemoteHost | undefined;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#route = routeOf(parts.job.destination, parts.around.settings);
    this.#ledger = new RecipientLedger(parts.job);
    this.#startedAtMs = parts.around.clock.now();
  }

  async run(): Promise<AttemptReport> {
    const { signal, around, job } = this.#parts;
    try {
      await this.#tryAll();
    } catch (error) {
      // A bug: the message is not lost for it.
      around.log.error("delivery-broken", { messageId: job.messageId, cause: String((error as Error).stack ?? error) });
      this.#ledger.noteAll("temporary", ours("local", "4.3.0", "An internal error"));
    }
    if (signal.aborted) this.#ledger.noteAll("temporary", ours("local", "4.3.2", "This server is being stopped"));
    return {
      results: this.#ledger.results(),
      host: this.#host,
      startedAtMs: this.#startedAtMs,
      endedAtMs: around.clock.now(),
      trace: this.#trace,
    };
  }

  async #tryAll(): Promise<void> {
    const { job, around } = this.#parts;
    const deadlineMs = around.clock.monotonicMs() + LOOKUP_MS;
    const usesSts = this.#route.host === undefined && this.#tlsSetting === "auto" && !job.destination.startsWith("[");
    const [hosts, sts] = await Promise.all([
      findHosts(job.destination, this.#route, around, deadlineMs),
      usesSts ? around.mtaSts.find(job.destination, deadlineMs) : undefined,
    ]);
    if (hosts.kind === "problem") {
      this.#note(hosts.text);
      const stage = hosts.enhanced === "5.4.6" ? "local" : "dns";
      const reply = { ...ours(stage, hosts.enhanced, hosts.text), code: hosts.code };
      for (const recipient of this.#ledger.open) this.#ledger.settle(recipient, hosts.outcome, reply);
      return;
    }
    if (hosts.kind === "path") return this.#overSocket(hosts.path);
    for (const note of hosts.notes) this.#note(note);
    if (sts?.problem !== undefined) this.#stsProblem(sts.problem.kind, sts.problem.text);
    for (const host of hosts.hosts) {
      if (this.#isOver()) return;
      await this.#tryHost(host, sts?.policy);
    }
  }

  /** RFC 8460 §5.3.1: what a domain publishes does not keep back the report that it is broken. Our own settings do. */
  get #tlsSetting(): TlsPolicySetting {
    const { tls } = this.#route;
    return this.#parts.job.origin === "tls-report" && tls === "auto" ? "opportunistic" : tls;
  }

  #isOver(): boolean {
    return this.#parts.signal.aborted || this.#ledger.open.length === 0;
  }

  /** A next hop on this machine, over a socket. */
  async #overSocket(path: string): Promise<void> {
    const { around } = this.#parts;
    const dialled = await around.dialer.dial({ to: { path }, timeoutMs: CONNECT_MS });
    if (!dialled.ok) return this.#notReached(path, path, dialled.problem.code);
    const plan: Plan = { kind: "plan", policy: "none", required: false, tls: undefined };
    await this.#visit({ name: path, address: path, plan }).over(dialled.value);
  }

  async #tryHost(host: Host, sts: StsPolicy | undefined): Promise<void> {
    const { job, around } = this.#parts;
    const { clock, resolver } = around;
    const plan = await planTls({
      domain: job.destination,
      host,
      port: this.#route.port,
      setting: this.#tlsSetting,
      sts,
      requireTls: job.requireTls,
      resolver,
      deadlineMs: clock.monotonicMs() + LOOKUP_MS,
    });
    if (plan.kind === "not-here") {
      this.#note(plan.text);
      if (plan.resultType !== undefined) {
        this.#visit({ name: host.name, address: "", plan: undefined }).count(plan, {
          type: plan.resultType,
          code: plan.enhanced,
        });
      }
      const reply = ours("tls", plan.enhanced, plan.text);
      return this.#ledger.noteAll(plan.isFinal ? "permanent" : "temporary", reply);
    }
    await this.#tryAddresses(host, plan);
  }

  /** All addresses of a host are one machine, or a pool of equals: one of them that has its say speaks for all. */
  async #tryAddresses(host: Host, plan: Plan): Promise<void> {
    const { around } = this.#parts;
    const left = new Set(host.addresses);
    const reused = await this.#visit({ name: host.name, address: "", plan }).overKept();
    if (reused === "spoken") return;
    while (left.size > 0 && !this.#isOver()) {
      const { connection, failures } = await raceConnect({
        addresses: [...left],
        port: this.#route.port,
        sourceAddresses: this.#route.sourceAddresses,
        timeoutMs: CONNECT_MS,
        dialer: around.dialer,
        clock: around.clock,
      });
      for (const { address, code } of failures) {
        left.delete(address);
        this.#notReached(host.name, address, code);
      }
      if (connection === undefined) return;
      const { address } = connection.remote;
      left.delete(address);
      let outcome: VisitOutcome = await this.#visit({ name: host.name, address, plan }).over(connection);
      if (outcome === "again-in-clear" && !this.#isOver()) outcome = await this.#inClear(host, address);
      if (outcome === "spoken") return;
    }
  }

  /** RFC 7435: where nothing asks for TLS and TLS is broken, mail goes as it would without. Once, on a new connection. */
  async #inClear(host: Host, address: string): Promise<VisitOutcome> {
    const { dialer } = this.#parts.around;
    const { port, sourceAddresses } = this.#route;
    this.#note(`${host.name}[${address}]: once more in clear`);
    const from = sourceAddresses.find((own) => own.includes(":") === address.includes(":"));
    const target = { to: { address, port }, timeoutMs: CONNECT_MS, ...(from === undefined ? {} : { from }) };
    const dialled = await dialer.dial(target);
    if (!dialled.ok) {
      this.#notReached(host.name, address, dialled.problem.code);
      return "not-spoken";
    }
    const plan: Plan = { kind: "plan", policy: "none", required: false, tls: undefined };
    return this.#visit({ name: host.name, address, plan }).over(dialled.value);
  }

  #visit(to: { readonly name: string; readonly address: string; readonly plan: Plan | undefined }): HostVisit {
    return new HostVisit({
      ...this.#parts,
      ...to,
      route: this.#route,
      ledger: this.#ledger,
      note: (line) => this.#note(line),
      met: (host) => {
        this.#host = host;
      },
    });
  }

  #notReached(name: string, address: string, code: string): void {
    this.#note(`${name}[${address}]: no connection (${code})`);
    this.#ledger.noteAll("temporary", ours("connect", "4.4.1", `No connection to ${name}[${address}] (${code})`));
  }

  #stsProblem(type: "sts-policy-fetch-error" | "sts-policy-invalid", text: string): void {
    this.#note(`MTA-STS: ${type} (${text})`);
    this.#visit({ name: "", address: "", plan: undefined }).count({ policy: "mta-sts" }, { type, code: text });
  }

  #note(line: string): void {
    if (this.#trace.length < TRACE_LINES_MAX) this.#trace.push(line.slice(0, TRACE_LINE_OCTETS_MAX));
  }
}
