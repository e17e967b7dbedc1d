/** TLS as the client of another server: the handshake, and what is made of the certificate it showed. */
import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { failed, ok, type Result } from "#mail/result.ts";
import type { CertificateFacts, OutgoingTls, OutgoingTlsFacts, TlsProblem } from "#ports/dialer.ts";
import { dnsNames, namesOneOf } from "./certificate-names.ts";
import { daneProblem } from "./dane.ts";

/** Certificates of a chain that are looked at: real ones have four. */
const CHAIN_CERTIFICATES_MAX = 10;

export interface Secured {
  readonly socket: TLSSocket;
  readonly facts: OutgoingTlsFacts;
}

/** Never rejects; after a problem the socket is destroyed. */
export async function secureAsClient(socket: Socket, options: OutgoingTls): Promise<Result<Secured, TlsProblem>> {
  // Whoever speaks before our first message speaks in clear (RFC 3207 §5): commands or replies slipped in.
  if (socket.readableLength > 0) return refuse(socket, { kind: "validation-failure", code: "OCTETS-IN-CLEAR" });
  let secured: TLSSocket;
  try {
    secured = connect(connectionOptions(socket, options));
  } catch (error) {
    return refuse(socket, problemOf(error as NodeJS.ErrnoException)); // an own certificate that cannot be read
  }
  const broken = await handshakeProblem(secured, options.timeoutMs);
  const problem = broken ?? certificateProblem(secured, options);
  if (problem !== undefined && (problem === broken || options.mustPass !== false)) {
    secured.destroy();
    return refuse(socket, problem);
  }
  return ok({
    socket: secured,
    facts: {
      version: secured.getProtocol() ?? "unknown",
      cipher: secured.getCipher().name,
      serverName: options.serverName,
      alpn: secured.alpnProtocol === false ? undefined : (secured.alpnProtocol ?? undefined),
      verified: options.trust.kind !== "any" && problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(options.describes === true ? describe(secured) : {}),
    },
  });
}

function refuse(socket: Socket, problem: TlsProblem): Result<Secured, TlsProblem> {
  socket.on("error", () => undefined);
  socket.destroy();
  return failed(problem);
}

function connectionOptions(
  socket: Socket,
  { serverName, trust, alpn, identity, versions }: OutgoingTls,
): ConnectionOptions {
  const authorities = trust.kind === "authorities" ? trust.authoritiesPem : undefined;
  return {
    socket,
    ...versionOptions(versions),
    // Judged below: it depends on more than Node compares.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    // RFC 6066 §3: an address is no server name.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.keyPem }),
  };
}

/** What is older than 1.2 OpenSSL itself takes only with its lowest level of security. */
function versionOptions(versions: OutgoingTls["versions"]): ConnectionOptions {
  if (versions === undefined) return { minVersion: "TLSv1.2" };
  const isOld = versions.min === "TLSv1" || versions.min === "TLSv1.1";
  const range = { minVersion: versions.min, maxVersion: versions.max };
  return isOld ? { ...range, ciphers: "DEFAULT@SECLEVEL=0" } : range;
}

function describe(socket: TLSSocket): { readonly certificate?: CertificateFacts } {
  const [leaf] = chainOf(socket);
  if (leaf === undefined) return {};
  const { asymmetricKeyType = "unknown", asymmetricKeyDetails } = leaf.publicKey;
  const kind = asymmetricKeyType === "ec" ? "EC" : asymmetricKeyType.toUpperCase();
  return {
    certificate: {
      names: dnsNames(leaf),
      issuer: leaf.issuer.replaceAll("\n", ", "),
      validFromMs: Date.parse(leaf.validFrom),
      validToMs: Date.parse(leaf.validTo),
      key: `${kind} ${asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve ?? ""}`.trim(),
      chainProblem: socket.authorized ? undefined : String(socket.authorizationError),
    },
  };
}

function handshakeProblem(socket: TLSSocket, timeoutMs: number): Promise<TlsProblem | undefined> {
  return new Promise((resolve) => {
    const settle = (problem: TlsProblem | undefined): void => {
      clearTimeout(timer);
      socket.off("secureConnect", succeed);
      socket.off("error", fail);
      socket.off("close", closed);
      socket.off("end", closed);
      socket.on("error", () => undefined);
      resolve(problem);
    };
    const succeed = (): void => settle(undefined);
    const fail = (error: NodeJS.ErrnoException): void => settle(problemOf(error));
    const closed = (): void => settle({ kind: "validation-failure", code: "CLOSED-IN-HANDSHAKE" });
    const timer = setTimeout(() => settle({ kind: "validation-failure", code: "TIMEOUT" }), timeoutMs);
    socket.on("secureConnect", succeed);
    socket.on("error", fail);
    socket.on("close", closed);
    socket.on("end", closed);
  });
}

function certificateProblem(socket: TLSSocket, { trust }: OutgoingTls): TlsProblem | undefined {
  if (trust.kind === "any") return undefined;
  const chain = chainOf(socket);
  if (trust.kind === "dane") return daneProblem(chain, trust.records, trust.names, Date.now());
  const [leaf] = chain;
  if (leaf === undefined) return { kind: "validation-failure", code: "NO-CERTIFICATE" };
  if (!socket.authorized) return problemOf({ code: String(socket.authorizationError) });
  return namesOneOf(leaf, trust.names) ? undefined : { kind: "certificate-host-mismatch", code: "NAME-MISMATCH" };
}

/** The certificates that the server sent, each followed by its issuer, in whatever order they came. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<DetailedPeerCertificate>();
  while (next?.raw !== undefined && !seen.has(next) && chain.length < CHAIN_CERTIFICATES_MAX) {
    seen.add(next);
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}

const NOT_TRUSTED =
  /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_CHAIN_TOO_LONG|CERT_REVOKED|INVALID_CA|CERT_UNTRUSTED|CERT_REJECTED|INVALID_PURPOSE|PATH_LENGTH)/;

function problemOf({ code = "unknown" }: { readonly code?: string | undefined }): TlsProblem {
  if (code === "CERT_HAS_EXPIRED") return { kind: "certificate-expired", code };
  return { kind: NOT_TRUSTED.test(code) ? "certificate-not-trusted" : "validation-failure", code };
}
