import { systemClock } from "#platform/system-clock.ts";
import { CertificateSet } from "#platform/tls/certificate-set.ts";
import { type ClientAuthorities, shownAddresses } from "#platform/tls/client-certificates.ts";
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

type ClientSocket = Parameters<NonNullable<ServerTls["clientAddresses"]>>[0];

/** TLS as one front has it: certificates, keys of tickets, and what certificate authorities are answered. */
export class FrontTls {
  readonly #tickets: TicketKeyRing;
  readonly #certificates: CertificateSet;
  #clients: ClientAuthorities | undefined;
  #challenges: ReadonlyMap<string, string> = new Map();
  #acmeContexts: ReadonlyMap<string, SecureContext> = new Map();

  constructor(material: TlsMaterial) {
    this.#tickets = new TicketKeyRing(material.ticketKeys);
    this.#clients = material.clients;
    this.#certificates = new CertificateSet(material.keyPairs, this.#tickets, material.clients);
    this.#answerAcme(material);
  }

  replace(material: TlsMaterial): void {
    this.#tickets.replace(material.ticketKeys);
    this.#clients = material.clients;
    this.#certificates.replace(material.keyPairs, material.clients);
    this.#answerAcme(material);
  }

  /** Of http-01, by token. */
  keyAuthorization(token: string): string | undefined {
    return this.#challenges.get(token);
  }

  /** @param notBelieved hears why a client's certificate was not; absent where users do not log in: clients are asked for none. */
  serverTls(alpn: AlpnName, oldest: OldestTls, notBelieved?: (cause: string) => void): ServerTls {
    const asks = notBelieved !== undefined && this.#clients !== undefined;
    const contextFor = (serverName: string | undefined): SecureContext =>
      this.#certificates.contextFor(serverName, oldest, asks);
    if (alpn === "http/1.1") {
      return serverTls(contextFor, alpn, { acmeAnswer: (name) => this.#acmeContexts.get(name.toLowerCase()) });
    }
    if (!asks) return serverTls(contextFor, alpn);
    return serverTls(contextFor, alpn, { clientAddresses: (socket) => this.#shown(socket, notBelieved) });
  }

  #shown(socket: ClientSocket, notBelieved: (cause: string) => void): readonly string[] {
    const shown = this.#clients === undefined ? undefined : shownAddresses(socket, this.#clients, systemClock.now());
    if (shown?.ok === false) notBelieved(shown.problem);
    return shown?.ok === true ? shown.value : [];
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
