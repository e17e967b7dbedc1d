/** Certificates that clients show: which are believed, and whose they are. OpenSSL judges the chain; what it leaves open is here. */
import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions, type TLSSocket } from "node:tls";
import { X509Crl } from "@peculiar/x509";
import { failed, ok, type Result } from "#mail/result.ts";
import { CLIENT_CERTIFICATE_ADDRESSES_MAX, CLIENT_CERTIFICATE_REUSE_OCTETS } from "../limits.ts";

/** Can be cloned. */
export interface ClientAuthorities {
  /** Of the authorities that make clients' certificates; in PEM. */
  readonly authoritiesPem: string;
  /** Their lists of what they have revoked, one PEM each. Where there is one, there must be one of each authority (RFC 5280 §6.3). */
  readonly revokedPem: readonly string[];
  /** When the first of these lists is out of date; undefined: never. Milliseconds since the epoch. */
  readonly listsEndMs: number | undefined;
  /** By a certificate's fingerprint (SHA-256, `AB:CD:…`): the address that it stands for, whatever it says itself. */
  readonly accounts: Readonly<Record<string, string>>;
}

/** The files as they are on disk now; `crlFile` may be empty. The problem says what is wrong with them. */
export async function readClientAuthorities({
  caFile,
  crlFile,
  accounts,
}: {
  readonly caFile: string;
  readonly crlFile: string;
  readonly accounts: Readonly<Record<string, string>>;
}): Promise<Result<ClientAuthorities, string>> {
  try {
    const revokedPem = crlFile === "" ? "" : await readFile(crlFile, "utf8");
    return clientAuthorities(await readFile(caFile, "utf8"), revokedPem, accounts);
  } catch (error) {
    return failed(String(error));
  }
}

export function clientAuthorities(
  authoritiesPem: string,
  revokedPem: string,
  accounts: Readonly<Record<string, string>>,
): Result<ClientAuthorities, string> {
  const lists = blocks(revokedPem, "X509 CRL");
  try {
    const authorities = blocks(authoritiesPem, "CERTIFICATE").map((pem) => new X509Certificate(pem));
    if (authorities.length === 0) return failed("there is no certificate of an authority in PEM");
    if (!authorities.every(({ ca }) => ca)) return failed("a certificate there is none of an authority");
    if (revokedPem.trim() !== "" && lists.length === 0)
      return failed("there is no list of revoked certificates in PEM");
    createSecureContext(clientOptions({ authoritiesPem, revokedPem: lists }));
    const ends = lists.flatMap((pem) => new X509Crl(pem).nextUpdate?.getTime() ?? []);
    const listsEndMs = ends.length === 0 ? undefined : Math.min(...ends);
    return ok({ authoritiesPem, revokedPem: lists, listsEndMs, accounts });
  } catch (error) {
    return failed(String(error));
  }
}

function blocks(text: string, label: string): readonly string[] {
  return text.match(new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, "g")) ?? [];
}

/** What a context needs for it. Sessions are resumed under the same authorities and lists alone: what was revoked since is seen. */
export function clientOptions({
  authoritiesPem,
  revokedPem,
}: Pick<ClientAuthorities, "authoritiesPem" | "revokedPem">): SecureContextOptions {
  const hash = createHash("sha256").update(JSON.stringify([authoritiesPem, revokedPem]));
  return {
    ca: authoritiesPem,
    ...(revokedPem.length === 0 ? {} : { crl: [...revokedPem] }),
    sessionIdContext: hash.digest("hex").slice(0, CLIENT_CERTIFICATE_REUSE_OCTETS),
  };
}

/** Node's own face of a socket; only its servers ask it what OpenSSL found. */
interface Judged {
  readonly ssl?: { readonly verifyError?: () => NodeJS.ErrnoException | null };
}

/** Whose certificate the client has shown; undefined: none. The problem: why it is not believed. */
export function shownAddresses(
  socket: TLSSocket,
  { accounts }: Pick<ClientAuthorities, "accounts">,
  nowMs: number,
): Result<readonly string[], string> | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const { ssl } = socket as Judged;
  if (typeof ssl?.verifyError !== "function") return failed("NOT_JUDGED");
  const error = ssl.verifyError();
  if (error) return failed(error.code ?? "NOT_BELIEVED");
  // A session that is resumed was judged when it began.
  if (nowMs >= Date.parse(certificate.validTo)) return failed("CERT_HAS_EXPIRED");
  const account = accounts[certificate.fingerprint256];
  const addresses = account === undefined ? mailAddresses(certificate) : [account];
  return addresses.length === 0 ? failed("NO_ADDRESS") : ok(addresses);
}

/** rfc822Name (RFC 5280 §4.2.1.6). Node writes commas within a name as an escape in quotes: what is quoted is no address of ours. */
function mailAddresses({ subjectAltName = "" }: X509Certificate): readonly string[] {
  const entries = subjectAltName.split(", ").slice(0, CLIENT_CERTIFICATE_ADDRESSES_MAX);
  return entries.flatMap((entry) => /^email:([^\s"@]+@[^\s"@]+)$/.exec(entry)?.[1] ?? []);
}
