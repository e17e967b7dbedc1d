/** Mail servers of others without sockets: a dialer whose world is a map of addresses. */
import { Buffer } from "node:buffer";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type {
  Dialer,
  DialProblem,
  DialTarget,
  OutgoingConnection,
  OutgoingHandler,
  OutgoingTls,
  OutgoingTlsFacts,
  TlsProblem,
} from "#ports/dialer.ts";

/** What is said in answer, or done: `drop` closes, `silent` says nothing any more. */
export type FakeAnswer = string;

export interface FakeServer {
  /** Of the connection: `refused`, `unreachable`, or `silent` (never answers). */
  readonly connect?: "refused" | "unreachable" | "silent";
  /** What it calls itself. */
  readonly name?: string;
  readonly greeting?: FakeAnswer;
  /** `silent` and `drop`, or a refusal; otherwise the extensions are listed. */
  readonly ehlo?: FakeAnswer;
  readonly helo?: FakeAnswer;
  readonly extensions?: readonly string[];
  readonly starttls?: FakeAnswer;
  /** `broken`: no handshake succeeds. Otherwise what its certificate is like; `tlsa`: its key, as DANE compares it. */
  readonly certificate?: "valid" | "self-signed" | "wrong-name" | "expired" | "broken";
  readonly tlsa?: string;
  readonly auth?: FakeAnswer;
  readonly mail?: FakeAnswer;
  /** By recipient, or for all. */
  readonly rcpt?: FakeAnswer | Readonly<Record<string, FakeAnswer>>;
  readonly data?: FakeAnswer;
  /** For the message; LMTP: one for each recipient, by line. */
  readonly final?: FakeAnswer;
}

export interface FakeDelivery {
  readonly address: string;
  readonly from: string | undefined;
  readonly isProtected: boolean;
  /** Those that RCPT was answered yes for. */
  readonly recipients: readonly string[];
  /** What was said to the message. */
  readonly answer: FakeAnswer;
  readonly commands: readonly string[];
  readonly message: string;
}

const FACTS: OutgoingTlsFacts = {
  version: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  serverName: undefined,
  alpn: undefined,
  verified: true,
};

export class FakeNetwork implements Dialer {
  readonly #clock: Clock;
  readonly #servers: Readonly<Record<string, FakeServer>>;
  /** `address` of every connection that was tried, in order; `!` behind it where TLS was begun. */
  readonly tried: string[] = [];
  readonly deliveries: FakeDelivery[] = [];
  /** Everything that was said to servers, in order. */
  readonly commands: string[] = [];
  /** That of it which was said without TLS. */
  readonly inClear: string[] = [];
  /** Connections that are open at the moment. */
  open = 0;

  constructor(clock: Clock, servers: Readonly<Record<string, FakeServer>>) {
    this.#clock = clock;
    this.#servers = servers;
  }

  dial({ to, from, timeoutMs }: DialTarget): Promise<Result<OutgoingConnection, DialProblem>> {
    const address = "path" in to ? to.path : to.address;
    const server = this.#servers["path" in to || to.port === 25 ? address : `${address}:${to.port}`];
    this.tried.push(address);
    if (server === undefined || server.connect === "unreachable")
      return Promise.resolve(failed({ code: "EHOSTUNREACH" }));
    if (server.connect === "refused") return Promise.resolve(failed({ code: "ECONNREFUSED" }));
    if (server.connect === "silent") {
      return new Promise((resolve) => this.#clock.after(timeoutMs, () => resolve(failed({ code: "TIMEOUT" }))));
    }
    this.open++;
    const port = "path" in to ? 0 : to.port;
    return Promise.resolve(ok(new FakeOutgoing(this, this.#clock, server, { address, port, from })));
  }
}

class FakeOutgoing implements OutgoingConnection {
  readonly remote;
  readonly local;
  readonly #network: FakeNetwork;
  readonly #clock: Clock;
  readonly #server: FakeServer;
  readonly #from: string | undefined;
  #handler: OutgoingHandler | undefined;
  #tls: OutgoingTlsFacts | undefined;
  #deadline: Timer | undefined;
  #input = "";
  #chunkOctets = 0;
  #isLastChunk = false;
  #mode: "commands" | "content" | "chunk" = "commands";
  #accepted: string[] = [];
  #commands: string[] = [];
  #message = "";
  #isSilent = false;
  #isClosed = false;

  constructor(
    network: FakeNetwork,
    clock: Clock,
    server: FakeServer,
    to: { readonly address: string; readonly port: number; readonly from: string | undefined },
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#server = server;
    this.#from = to.from;
    this.remote = { address: to.address, port: to.port };
    this.local = { address: to.from ?? "203.0.113.1", port: 50_000 };
  }

  get tls(): OutgoingTlsFacts | undefined {
    return this.#tls;
  }

  start(handler: OutgoingHandler): void {
    this.#handler = handler;
    this.#answer(this.#server.greeting ?? `220 ${this.#server.name ?? "mx.peer.test"} ESMTP`);
  }

  write(octets: Uint8Array | string): boolean {
    if (this.#isClosed) return true;
    this.#input += Buffer.from(octets).toString("latin1");
    queueMicrotask(() => this.#read());
    return true;
  }

  pause(): void {}
  resume(): void {}

  async startTls({ trust, mustPass = true }: OutgoingTls): Promise<Result<OutgoingTlsFacts, TlsProblem>> {
    await Promise.resolve();
    this.#network.tried.push(`${this.#network.tried.pop()}!`);
    const problem = certificateProblem(this.#server, trust);
    if (problem !== undefined && (mustPass || problem.code === "BROKEN")) {
      this.destroy();
      return failed(problem);
    }
    this.#tls = { ...FACTS, verified: trust.kind !== "any" && problem === undefined, ...(problem && { problem }) };
    return ok(this.#tls);
  }

  end(): void {
    this.#close();
  }

  destroy(): void {
    this.#close();
  }

  setDeadline(ms: number): void {
    this.#deadline?.cancel();
    if (ms > 0 && !this.#isClosed) this.#deadline = this.#clock.after(ms, () => this.#handler?.timedOut());
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#network.open--;
    this.#deadline?.cancel();
    queueMicrotask(() => this.#handler?.closed(undefined));
  }

  #answer(answer: FakeAnswer): void {
    if (answer === "silent") this.#isSilent = true;
    if (this.#isSilent) return;
    if (answer === "drop") return this.#close();
    const octets = Buffer.from(`${answer.replaceAll("\n", "\r\n")}\r\n`);
    queueMicrotask(() => {
      if (!this.#isClosed) this.#handler?.octets(octets);
    });
  }

  #read(): void {
    while (!this.#isClosed && this.#readOne());
  }

  /** False: the rest is not there yet. */
  #readOne(): boolean {
    if (this.#mode === "chunk") return this.#readChunk();
    if (this.#mode === "content") return this.#readContent();
    const end = this.#input.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 2);
    this.#commands.push(line);
    this.#network.commands.push(line);
    if (this.#tls === undefined) this.#network.inClear.push(line);
    this.#command(line);
    return true;
  }

  #readContent(): boolean {
    const end = `\r\n${this.#input}`.indexOf("\r\n.\r\n");
    if (end === -1) return false;
    this.#message += this.#input.slice(0, end).replaceAll(/(^|\r\n)\.\./g, "$1.");
    this.#input = this.#input.slice(end + 3);
    this.#over();
    return true;
  }

  #readChunk(): boolean {
    if (this.#input.length < this.#chunkOctets) return false;
    this.#message += this.#input.slice(0, this.#chunkOctets);
    this.#input = this.#input.slice(this.#chunkOctets);
    this.#mode = "commands";
    if (this.#isLastChunk) this.#over();
    else this.#answer("250 go on");
    return true;
  }

  #over(): void {
    this.#mode = "commands";
    this.#network.deliveries.push({
      address: this.remote.address,
      from: this.#from,
      isProtected: this.#tls !== undefined,
      recipients: this.#accepted,
      answer: this.#server.final ?? "250",
      commands: this.#commands,
      message: this.#message,
    });
    this.#commands = [];
    this.#message = "";
    const replies = (this.#server.final ?? "250 2.0.0 taken").split("\n");
    const isLmtp = this.#network.commands.some((line) => line.startsWith("LHLO"));
    for (let i = 0; i < (isLmtp ? this.#accepted.length : 1); i++) this.#answer(replies[i] ?? replies[0] ?? "");
    this.#accepted = [];
  }

  #command(line: string): void {
    const { ehlo, helo, starttls, auth, mail, data, name = "mx.peer.test", extensions = [] } = this.#server;
    const [verb = ""] = line.toUpperCase().split(" ");
    switch (verb) {
      case "EHLO":
      case "LHLO":
        if (ehlo !== undefined) return this.#answer(ehlo);
        return this.#answer(
          [name, ...extensions].map((text, i, all) => `250${i === all.length - 1 ? " " : "-"}${text}`).join("\n"),
        );
      case "HELO":
        return this.#answer(helo ?? `250 ${name}`);
      case "STARTTLS":
        return this.#answer(starttls ?? "220 go");
      case "AUTH":
        return this.#answer(auth ?? "235 in");
      case "MAIL":
        return this.#answer(mail ?? "250 OK");
      case "RCPT":
        return this.#recipient(/<(.*?)>/.exec(line)?.[1] ?? "");
      case "DATA": {
        const answer = this.#accepted.length > 0 ? (data ?? "354 go") : "554 nobody";
        if (answer.startsWith("354")) this.#mode = "content";
        return this.#answer(answer);
      }
      case "BDAT":
        this.#chunkOctets = Number(line.split(" ")[1]);
        this.#isLastChunk = line.endsWith(" LAST");
        this.#mode = "chunk";
        return;
      case "RSET":
        this.#accepted = [];
        return this.#answer("250 OK");
      case "QUIT":
        return this.#answer("221 bye");
      default:
        return this.#answer("250 OK");
    }
  }

  #recipient(address: string): void {
    const { rcpt = "250 OK" } = this.#server;
    const answer = typeof rcpt === "string" ? rcpt : (rcpt[address] ?? "250 OK");
    if (answer.startsWith("250")) this.#accepted.push(address);
    this.#answer(answer);
  }
}

function certificateProblem(
  { certificate = "valid", tlsa }: FakeServer,
  trust: OutgoingTls["trust"],
): TlsProblem | undefined {
  if (certificate === "broken") return { kind: "validation-failure", code: "BROKEN" };
  if (trust.kind === "any") return undefined;
  if (trust.kind === "dane") {
    const fits = trust.records.some(({ data }) =>
      Buffer.from(data)
        .toString("latin1")
        .startsWith(tlsa ?? "none"),
    );
    return fits ? undefined : { kind: "tlsa-invalid", code: "NO-TLSA-MATCH" };
  }
  switch (certificate) {
    case "valid":
      return undefined;
    case "self-signed":
      return { kind: "certificate-not-trusted", code: "DEPTH_ZERO_SELF_SIGNED_CERT" };
    case "wrong-name":
      return { kind: "certificate-host-mismatch", code: "NAME-MISMATCH" };
    case "expired":
      return { kind: "certificate-expired", code: "CERT_HAS_EXPIRED" };
  }
}
