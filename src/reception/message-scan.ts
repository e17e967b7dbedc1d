/** Shows a message to the virus scanner and the milters, whoever sent it, and keeps what they add to its header. */
import type { TlsFacts } from "#ports/connection.ts";
import type { Evidence } from "#verdict/evidence.ts";
import type { ArrivedMessage } from "./evidence-gathering.ts";
import type { Judge, MetClient } from "./judge.ts";

/** Where a message comes from and where it goes, for programs that judge by that. */
export interface ScanOrigin {
  /** Of the message: in its Received field, in `why`, in the filter's log. */
  readonly id: string;
  readonly listener: MetClient["listener"];
  readonly address: string;
  readonly port: number;
  /** As said in EHLO. */
  readonly clientName: string;
  /** Of the client's address, forward-confirmed. */
  readonly reverseName: string | undefined;
  readonly tls: TlsFacts | undefined;
  readonly login: { readonly account: string; readonly mechanism: string } | undefined;
  /** `local-part@domain`, empty for the null path. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** Somebody of another server is to have it. */
  readonly leavesServer: boolean;
}

/** What only the session knows of an origin. */
export type ScanEnvelope = Pick<ScanOrigin, "port" | "tls" | "login" | "recipients" | "leavesServer">;

export type ScanFindings = Pick<Evidence, "antivirus" | "milters">;

export interface Scanners {
  /**
   * All that are set up for such mail, each within its own time. Null where there is none. Never rejects.
   * @param gone fires when nobody wants to know any more.
   */
  scan(
    message: ArrivedMessage,
    origin: ScanOrigin,
    gone: AbortSignal,
  ): Promise<ScanFindings & { readonly fields: readonly string[] }>;
}

const NOTHING: ScanFindings = { antivirus: null, milters: null };

export class MessageScan {
  readonly #client: MetClient;
  readonly #judge: Judge;
  readonly #gone = new AbortController();
  #fields: readonly string[] = [];

  constructor(client: MetClient, judge: Judge) {
    this.#client = client;
    this.#judge = judge;
  }

  /** Those that milters added to the last message, with their CRLF. None where they are without effect. */
  get fields(): readonly string[] {
    return this.#judge.deps.policies.standard.modes.milter === "enforce" ? this.#fields : [];
  }

  /** Never rejects. */
  async findings(
    message: ArrivedMessage,
    { id, mailFrom, evidence }: { readonly id: string; readonly mailFrom: string | null; readonly evidence: Evidence },
    clientName: string | null,
  ): Promise<ScanFindings> {
    const { scanners } = this.#judge.deps;
    this.#fields = [];
    if (scanners === undefined) return NOTHING;
    const { listener, address } = this.#client;
    const origin: ScanOrigin = {
      ...message.envelope,
      id,
      listener,
      address,
      clientName: clientName ?? "",
      reverseName: evidence.reverseDns?.confirmedName,
      mailFrom: mailFrom ?? "",
    };
    const { fields, ...findings } = await scanners.scan(message, origin, this.#gone.signal);
    this.#fields = fields;
    return findings;
  }

  /** The client is gone: nobody waits any longer. */
  end(): void {
    this.#gone.abort();
  }
}
