/** What TLS is spoken with, as it is on disk now. */
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { type ClientAuthorities, readClientAuthorities } from "#platform/tls/client-certificates.ts";
import { type KeyPairs, keyPairsOf } from "./key-pairs.ts";

export interface TlsFiles {
  readonly pairs: KeyPairs;
  /** Undefined: no client is asked for a certificate. */
  readonly clients: ClientAuthorities | undefined;
}

interface FilesProblem {
  readonly message: string;
  readonly remedy: string;
}

export async function tlsFilesOf(settings: Settings, nowMs: number): Promise<Result<TlsFiles, FilesProblem>> {
  const pairs = await keyPairsOf(settings, nowMs);
  if (!pairs.ok) return pairs;
  const clients = await clientsOf(settings);
  return clients.ok ? ok({ pairs: pairs.value, clients: clients.value }) : clients;
}

async function clientsOf({
  clientCertificates,
}: Settings): Promise<Result<ClientAuthorities | undefined, FilesProblem>> {
  if (clientCertificates === undefined) return ok(undefined);
  const clients = await readClientAuthorities(clientCertificates);
  if (clients.ok) return clients;
  const { caFile, crlFile } = clientCertificates;
  const files = crlFile === "" ? caFile : `${caFile} and ${crlFile}`;
  const message = `the files of [client_certificates], ${files}, cannot be used: ${clients.problem}`;
  return failed({ message, remedy: "or take [client_certificates] out" });
}
