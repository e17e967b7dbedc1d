import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type TLSSocket, type TLSSocketOptions } from "node:tls";
import { type ClientAuthorities, clientOptions } from "./client-certificates.ts";
import { type OldestTls, policyOptions } from "./tls-policy.ts";

export type { SecureContext } from "node:tls";

/** A certificate chain and its key, in PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What one listener needs to speak TLS as a server; the same object serves implicit TLS and STARTTLS. */
export interface ServerTls {
  socketOptions(): TLSSocketOptions;
  /** Whose certificate a client showed, after the handshake. Absent: nobody is asked for one. */
  readonly clientAddresses?: (socket: TLSSocket) => readonly string[];
}

/** Pairs of different key types: the client has what it can. Throws when certificate and key do not fit each other or cannot be read. */
export function secureContext(
  pair: KeyPair | readonly KeyPair[],
  oldest: OldestTls = "1.2",
  clients?: ClientAuthorities,
): SecureContext {
  const pairs = "keyPem" in pair ? [pair] : pair;
  for (const { certificatePem, keyPem } of pairs) {
    // OpenSSL looks no further where the two are of different types.
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) {
      throw new Error("the key is that of another certificate");
    }
  }
  return createSecureContext({
    ...policyOptions(oldest),
    ...(clients === undefined ? {} : clientOptions(clients)),
    cert: pairs.map(({ certificatePem }) => certificatePem),
    key: pairs.map(({ keyPem }) => keyPem),
  });
}

export type AlpnName = "smtp" | "imap" | "pop3" | "http/1.1";

/** RFC 8737 §3: what a certificate authority says when it looks who answers here. */
export const ACME_TLS_ALPN = "acme-tls/1";

/** The certificate that answers the authority's question about a name. */
export type AcmeAnswer = (serverName: string) => SecureContext | undefined;

/**
 * @param contextFor asked at every handshake, so that a renewed certificate serves the next connection.
 * @param alpn the one protocol spoken here. A client that offers others only is turned away (RFC 7301 §3.2,
 *   no_application_protocol): mail is not spoken to a browser that was led here.
 * @param more.acmeAnswer for HTTPS: another certificate for the authority's own protocol, which nobody else speaks.
 * @param more.clientAddresses each client is asked for a certificate, and may have none: without, or with a bad one, it goes on.
 */
export function serverTls(
  contextFor: (serverName: string | undefined) => SecureContext,
  alpn: AlpnName,
  { acmeAnswer, clientAddresses }: { readonly acmeAnswer?: AcmeAnswer } & Pick<ServerTls, "clientAddresses"> = {},
): ServerTls {
  return {
    ...(clientAddresses === undefined ? {} : { clientAddresses }),
    socketOptions: () => {
      const standard = contextFor(undefined);
      return {
        isServer: true,
        ...(clientAddresses === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
        secureContext: standard,
        SNICallback: (serverName, use) => {
          const chosen = contextFor(serverName);
          // One given here serves its first certificate alone; the context it began with serves one of each key type.
          if (chosen === standard) use(null);
          else use(null, chosen);
        },
        ALPNCallback(this: TLSSocket, { servername, protocols }) {
          if (protocols.includes(alpn)) return alpn;
          const answer = protocols.includes(ACME_TLS_ALPN) ? acmeAnswer?.(servername) : undefined;
          if (answer === undefined) return undefined;
          this.setKeyCert(answer);
          return ACME_TLS_ALPN;
        },
      };
    },
  };
}
