import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { AcmeFiles } from "#platform/acme/acme-files.ts";
import { type LoadedKeyPair, loadKeyPair, loadOrMakeSelfSigned } from "#platform/tls/key-pair-files.ts";

export type KeyPairs = readonly [LoadedKeyPair, ...LoadedKeyPair[]];

/** The certificates the settings ask for, as they are on disk now. Until an authority has given one, a self-signed one holds its place. */
export async function keyPairsOf(
  settings: Settings,
  nowMs: number,
): Promise<Result<KeyPairs, { message: string; remedy: string }>> {
  const { tls, hostname, dataDir, domains } = settings;
  const pairs: LoadedKeyPair[] = tls.source === "acme" ? await obtainedPairs(settings) : [];
  for (const { certificateFile, keyFile } of tls.certificates) {
    const pair = await loadKeyPair(certificateFile, keyFile);
    if (!pair.ok) return failed({ message: pair.problem, remedy: 'or set [tls] source = "self-signed"' });
    pairs.push(pair.value);
  }
  if (pairs.length === 0) {
    const names = [hostname, "localhost", ...domains.map(({ name }) => `mail.${name}`), "127.0.0.1", "::1"];
    const made = await loadOrMakeSelfSigned(join(dataDir, "tls"), [...new Set(names)] as [string, ...string[]], nowMs);
    if (!made.ok) return failed({ message: made.problem, remedy: "remove the files to have new ones made" });
    pairs.push(made.value);
  }
  return ok(pairs as [LoadedKeyPair, ...LoadedKeyPair[]]);
}

/** What cannot be read is ordered again. */
async function obtainedPairs({ acme, dataDir }: Settings): Promise<LoadedKeyPair[]> {
  const files = new AcmeFiles(dataDir);
  const pairs = await Promise.all(
    acme.keyTypes.map((keyType) => loadKeyPair(files.certificateFile(keyType), files.certificateFile(keyType))),
  );
  return pairs.flatMap((pair) => (pair.ok ? [pair.value] : []));
}
