import type { Result } from "#mail/result.ts";
import type { Endpoint, TlsFacts } from "./connection.ts";
import type { TlsaRecord } from "./resolver.ts";

/** Opens connections to others: next hops, scanners, filters, providers of identity. Names are resolved before. */
export interface Dialer {
  /** Never rejects. A connection that is not there after `timeoutMs` is given up. */
  dial(target: DialTarget): Promise<Result<OutgoingConnection, DialProblem>>;
}

export interface DialTarget {
  /** An IP address and a port, or the path of a socket. */
  readonly to: { readonly address: string; readonly port: number } | { readonly path: string };
  /** The own address to come from; absent: the system's choice. */
  readonly from?: string;
  readonly timeoutMs: number;
}

/** `code`: Node's, such as `ECONNREFUSED`; `TIMEOUT` where nothing answered. */
export interface DialProblem {
  readonly code: string;
}

/** A connection that we opened. Octets come through the handler given to `start`; nothing is read before. */
export interface OutgoingConnection {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Set while the octets are protected. */
  readonly tls: OutgoingTlsFacts | undefined;
  /** Begins to read. Once. */
  start(handler: OutgoingHandler): void;
  /** Queues octets. False when more than the high-water mark waits: go on at `drained`. */
  write(octets: Uint8Array | string): boolean;
  pause(): void;
  resume(): void;
  /**
   * Hands the socket to TLS as a client, before or after `start`. Never rejects; after a problem the connection
   * is closed, and `closed` comes after the answer. Octets of the other side that wait here in clear are one: it has nothing to say before our first message.
   */
  startTls(options: OutgoingTls): Promise<Result<OutgoingTlsFacts, TlsProblem>>;
  /** Sends what is queued, then FIN; what the other side still says is handed on. It must end soon, too. */
  end(): void;
  destroy(): void;
  /** Calls `handler.timedOut` once, after so long and whatever came meanwhile. Replaces the previous one. Milliseconds; 0 is none. */
  setDeadline(ms: number): void;
}

/** Called on one thread, never again after `closed`. */
export interface OutgoingHandler {
  octets(octets: Uint8Array): void;
  drained(): void;
  timedOut(): void;
  /** The other side ended or broke the connection (`code`: Node's, where there is one), or we did. Always the last call. */
  closed(code: string | undefined): void;
}

export interface OutgoingTls {
  /** Said in SNI, and what the certificate must name where `trust` asks for it. */
  readonly serverName: string;
  readonly trust: /** Whatever certificate there is: protects from those who only listen. */
    | { readonly kind: "any" }
    /** A chain to a known authority, for one of these names; `authoritiesPem`: instead of the system's. */
    | { readonly kind: "authorities"; readonly names: readonly string[]; readonly authoritiesPem?: string }
    /**
     * DANE (RFC 7672): one of these records must match; `names` are what usage 2 compares. Records of other usages and
     * unknown selectors or matching types are passed over.
     */
    | { readonly kind: "dane"; readonly records: readonly TlsaRecord[]; readonly names: readonly string[] };
  /** False: what is wrong with the certificate is told in the facts, and the connection goes on. */
  readonly mustPass?: boolean;
  readonly alpn?: string;
  readonly timeoutMs: number;
  /** Only these versions, to find out what the other side takes. Absent: 1.2 or newer. */
  readonly versions?: { readonly min: TlsVersion; readonly max: TlsVersion };
  /** Tell what the certificate says. */
  readonly describes?: boolean;
  /** Our own certificate, where the other side wants one. PEM. */
  readonly identity?: { readonly certificatePem: string; readonly keyPem: string };
}

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** What a certificate says of itself, and whether the system's authorities vouch for it. */
export interface CertificateFacts {
  /** DNS names of its subjectAltName, with wildcards as they are. */
  readonly names: readonly string[];
  readonly issuer: string;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** `RSA 2048`, `EC prime256v1`. */
  readonly key: string;
  /** Node's code of why no authority vouches for it; undefined: one does. */
  readonly chainProblem: string | undefined;
}

export interface OutgoingTlsFacts extends TlsFacts {
  /** Where it was asked for. */
  readonly certificate?: CertificateFacts;
  /** Was the other side's certificate held against `trust`, and did it pass? False for `any`. */
  readonly verified: boolean;
  /** What was wrong, where it need not pass. */
  readonly problem?: TlsProblem;
}

/** `kind` in the terms of RFC 8460 §4.3. */
export interface TlsProblem {
  readonly kind:
    | "starttls-not-supported"
    | "certificate-host-mismatch"
    | "certificate-expired"
    | "certificate-not-trusted"
    | "tlsa-invalid"
    | "validation-failure";
  /** Node's or OpenSSL's code; `TIMEOUT`; `OCTETS-IN-CLEAR`. */
  readonly code: string;
}
