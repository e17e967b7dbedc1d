import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import type { ClientAuthorities } from "./client-certificates.ts";
import { type KeyPair, secureContext } from "./server-tls.ts";
import type { TicketKeyRing } from "./ticket-keys.ts";
import type { OldestTls } from "./tls-policy.ts";

interface Entry {
  readonly pair: KeyPair;
  readonly certificate: X509Certificate;
  /** `ec`, `rsa`, `ed25519`: a client may know one of them alone. */
  readonly keyType: string;
}

/** The certificates in use. Replaced as a whole: connections that live keep theirs, the next handshake gets the new ones. */
export class CertificateSet {
  readonly #tickets: TicketKeyRing;
  #entries: readonly [Entry, ...Entry[]];
  #clients: ClientAuthorities | undefined;
  /** By pairs, oldest version, and whether clients are asked. */
  #contexts = new Map<string, SecureContext>();

  /** Throws when a pair cannot be used; the set is then what it was. */
  constructor(pairs: readonly [KeyPair, ...KeyPair[]], tickets: TicketKeyRing, clients?: ClientAuthorities) {
    this.#tickets = tickets;
    this.#entries = entriesOf(pairs);
    this.#clients = clients;
  }

  replace(pairs: readonly [KeyPair, ...KeyPair[]], clients?: ClientAuthorities): void {
    this.#entries = entriesOf(pairs);
    this.#clients = clients;
    this.#contexts = new Map();
  }

  /**
   * The certificate that names this host; the first one for an unknown name and for a client that gives none. The first
   * may have companions of other key types for the same names, which are then in the same context.
   *
   * @param asks for a listener that asks clients for certificates: the context knows their authorities.
   */
  contextFor(serverName: string | undefined, oldest: OldestTls = "1.2", asks = false): SecureContext {
    const [first] = this.#entries;
    const named =
      serverName === undefined ? [] : this.#entries.filter(({ certificate }) => names(certificate, serverName));
    if (named.length === 0 || named.includes(first)) return this.#context(this.#companions(first), oldest, asks);
    // Only one can be given by name: RSA, which every client knows.
    const chosen = named.find(({ keyType }) => keyType === "rsa") ?? named[0] ?? first;
    return this.#context([chosen], oldest, asks);
  }

  #companions(first: Entry): readonly Entry[] {
    const companions = new Map([[first.keyType, first]]);
    for (const entry of this.#entries) {
      const isAlike = entry.certificate.subjectAltName === first.certificate.subjectAltName;
      if (isAlike && !companions.has(entry.keyType)) companions.set(entry.keyType, entry);
    }
    return [...companions.values()];
  }

  #context(entries: readonly Entry[], oldest: OldestTls, asks: boolean): SecureContext {
    const key = [oldest, asks, ...entries.map((entry) => this.#entries.indexOf(entry))].join(" ");
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const context = secureContext(
      entries.map(({ pair }) => pair),
      oldest,
      asks ? this.#clients : undefined,
    );
    this.#tickets.serve(context);
    this.#contexts.set(key, context);
    return context;
  }
}

function names(certificate: X509Certificate, serverName: string): boolean {
  return certificate.checkHost(serverName) !== undefined;
}

function entriesOf(pairs: readonly [KeyPair, ...KeyPair[]]): readonly [Entry, ...Entry[]] {
  return pairs.map((pair) => {
    secureContext(pair); // throws for one that cannot be used
    const certificate = new X509Certificate(pair.certificatePem);
    return { pair, certificate, keyType: certificate.publicKey.asymmetricKeyType ?? "" };
  }) as [Entry, ...Entry[]];
}
