/** What belongs to certificates from an authority, in `tls/acme` of the data folder: readable by the owner alone. */
import { join } from "node:path";
import { readIfThere, writeSecretFile } from "../secret-file.ts";
import { makePrivateKey } from "../tls/private-key.ts";
import type { KeyPair } from "../tls/server-tls.ts";

export class AcmeFiles {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "tls", "acme");
  }

  /** Key and chain stand in one file, so that there is never one without the other. */
  certificateFile(keyType: "ecdsa" | "rsa"): string {
    return join(this.#folder, `${keyType}.pem`);
  }

  async putCertificate(keyType: "ecdsa" | "rsa", { certificatePem, keyPem }: KeyPair): Promise<void> {
    await writeSecretFile(this.certificateFile(keyType), `${certificatePem.trim()}\n${keyPem.trim()}\n`);
  }

  /** Made once: it is who we are to the authority. */
  async accountKey(): Promise<string> {
    const path = join(this.#folder, "account.key");
    const known = await readIfThere(path);
    if (known !== undefined) return known;
    const made = await makePrivateKey("ecdsa");
    await writeSecretFile(path, made);
    return made;
  }

  /** JSON. */
  async memory(): Promise<unknown> {
    const text = await readIfThere(join(this.#folder, "orders.json"));
    try {
      return text === undefined ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  async putMemory(value: unknown): Promise<void> {
    await writeSecretFile(join(this.#folder, "orders.json"), `${JSON.stringify(value)}\n`);
  }
}
