import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { type LoadedKeyPair, loadKeyPair, loadOrMakeSelfSigned } from "#platform/tls/key-pair-files.ts";

/** The certificates the settings ask for. `acme` is not built yet: its place is held by a self-signed one. */
export async function keyPairsOf(
  { tls, hostname, dataDir, domains }: Settings,
  nowMs: number,
): Promise<Result<readonly [LoadedKeyPair, ...LoadedKeyPair[]], { message: string; remedy: string }>> {
  const pairs: LoadedKeyPair[] = [];
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
