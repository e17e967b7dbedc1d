import { CertificateSet } from "#platform/tls/certificate-set.ts";
import {
  type AlpnName,
  type SecureContext,
  type ServerTls,
  secureContext,
  serverTls,
} from "#platform/tls/server-tls.ts";
import { TicketKeyRing } from "#platform/tls/ticket-keys.ts";
import type { OldestTls } from "#platform/tls/tls-policy.ts";
import type { TlsMaterial } from "./tls-material.ts";

/** TLS as one front has it: certificates, keys of tickets, and what certificate authorities are answered. */
export class FrontTls {
  readonly #tickets: TicketKeyRing;
  readonly #certificates: CertificateSet;
  #challenges: ReadonlyMap<string, string> = new Map();
  #acmeContexts: ReadonlyMap<string, SecureContext> = new Map();

  constructor(material: TlsMaterial) {
    this.#tickets = new TicketKeyRing(material.ticketKeys);
    this.#certificates = new CertificateSet(material.keyPairs, this.#tickets);
    this.#answerAcme(material);
  }

  replace(material: TlsMaterial): void {
    this.#tickets.replace(material.ticketKeys);
    this.#certificates.replace(material.keyPairs);
    this.#answerAcme(material);
  }

  /** Of http-01, by token. */
  keyAuthorization(token: string): string | undefined {
    return this.#challenges.get(token);
  }

  serverTls(alpn: AlpnName, oldest: OldestTls): ServerTls {
    const contextFor = (serverName: string | undefined): SecureContext =>
      this.#certificates.contextFor(serverName, oldest);
    if (alpn !== "http/1.1") return serverTls(contextFor, alpn);
    return serverTls(contextFor, alpn, (serverName) => this.#acmeContexts.get(serverName.toLowerCase()));
  }

  #answerAcme({ acmeAnswers }: TlsMaterial): void {
    const challenges = new Map<string, string>();
    const contexts = new Map<string, SecureContext>();
    for (const answer of acmeAnswers) {
      if (answer.kind === "http-01") challenges.set(answer.token, answer.keyAuthorization);
      else contexts.set(answer.serverName, secureContext(answer.keyPair));
    }
    this.#challenges = challenges;
    this.#acmeContexts = contexts;
  }
}
