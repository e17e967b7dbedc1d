import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { type KeyPair, secureContext } from "./server-tls.ts";

/** The certificates in use. Replaced as a whole: connections that live keep theirs, the next handshake gets the new ones. */
export class CertificateSet {
  #entries: readonly { readonly certificate: X509Certificate; readonly context: SecureContext }[] = [];

  /** Throws when a pair cannot be used; the set is then what it was. */
  constructor(pairs: readonly [KeyPair, ...KeyPair[]]) {
    this.replace(pairs);
  }

  replace(pairs: readonly [KeyPair, ...KeyPair[]]): void {
    this.#entries = pairs.map((pair) => ({
      certificate: new X509Certificate(pair.certificatePem),
      context: secureContext(pair),
    }));
  }

  /** The certificate that names this host; the first one for an unknown name and for a client that gives none. */
  contextFor(serverName: string | undefined): SecureContext {
    const named =
      serverName === undefined
        ? undefined
        : this.#entries.find(({ certificate }) => certificate.checkHost(serverName) !== undefined);
    const context = (named ?? this.#entries[0])?.context;
    if (context === undefined) throw new Error("a certificate set without certificates");
    return context;
  }
}
