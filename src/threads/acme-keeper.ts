/** Certificates from an authority: when they are due is decided by `certificates/`, how they are had by `platform/acme/`. */
import { type CertificateOrder, CertificateOrders, type OrderMemory } from "#certificates/certificate-orders.ts";
import { wantedNames } from "#certificates/wanted-names.ts";
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { AcmeAuthority, type Proof } from "#platform/acme/acme-authority.ts";
import { AcmeFiles } from "#platform/acme/acme-files.ts";
import { runDnsHook } from "#platform/acme/dns-hook.ts";
import { renewalId } from "#platform/acme/renewal-id.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { readIfThere } from "#platform/secret-file.ts";
import { loadKeyPair } from "#platform/tls/key-pair-files.ts";
import { makePrivateKey } from "#platform/tls/private-key.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { Alerts } from "./alerts.ts";
import type { AcmeAnswerFor } from "./tls-material.ts";

export interface AcmeKeeperOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly alerts: Pick<Alerts, "raise" | "settle">;
  /** Resolves when every thread answers so. */
  readonly answer: (answers: readonly AcmeAnswerFor[]) => Promise<void>;
  /** New files are there: resolves when they are served. */
  readonly changed: () => Promise<void>;
}

/** For all questions about names. Milliseconds. */
const NAMES_MS = 30_000;
const NOT_OBTAINED = "certificate-not-obtained";

export class AcmeKeeper {
  readonly #options: AcmeKeeperOptions;
  readonly #files: AcmeFiles;
  readonly #orders: CertificateOrders;
  #authority: Promise<AcmeAuthority> | undefined;
  /** In the DNS now. */
  #records: readonly Extract<Proof, { kind: "dns-01" }>[] = [];

  constructor(options: AcmeKeeperOptions) {
    const { settings, clock, random, log, alerts } = options;
    this.#options = options;
    this.#files = new AcmeFiles(settings.dataDir);
    this.#orders = new CertificateOrders({
      clock,
      random,
      log,
      keyTypes: settings.acme.keyTypes,
      wantedNames: () => this.#wantedNames(),
      held: (keyType) => this.#held(keyType),
      obtain: (order) => this.#obtain(order),
      suggestedRenewal: async (id) => (await this.#atAuthority()).suggestedRenewal(id),
      memory: {
        load: async () => (await this.#files.memory()) as OrderMemory | undefined,
        save: (memory) => this.#files.putMemory(memory),
      },
      obtained: (keyType) => alerts.settle(NOT_OBTAINED, keyType),
      notObtained: (keyType, problem, nextMs) =>
        alerts.raise({
          name: NOT_OBTAINED,
          subject: keyType,
          text: `No certificate (${keyType}) was obtained: ${problem}. It is tried again at ${new Date(nextMs).toISOString()}.`,
          remedy: REMEDIES[settings.acme.challenge],
          evidence: [],
        }),
    });
  }

  /** An order that is under way is not waited for: the authority may take minutes. */
  close(): void {
    this.#orders.close();
  }

  async #wantedNames(): Promise<readonly string[]> {
    const { settings, clock, random, log } = this.#options;
    const { hostname, domains, acme, dns } = settings;
    const resolver = createDnsClient({ servers: dns.servers, timeoutMs: dns.timeoutMs, clock, random, log });
    const wanted = { hostname, domains: domains.map(({ name }) => name), names: acme.names };
    return wantedNames(wanted, resolver, clock.monotonicMs() + NAMES_MS);
  }

  async #held(
    keyType: CertificateOrder["keyType"],
  ): ReturnType<ConstructorParameters<typeof CertificateOrders>[0]["held"]> {
    const file = this.#files.certificateFile(keyType);
    const pair = await loadKeyPair(file, file);
    if (!pair.ok) return undefined;
    const { names, validFromMs, validToMs, certificatePem } = pair.value;
    return { names, validity: { startMs: validFromMs, endMs: validToMs }, renewalId: renewalId(certificatePem) };
  }

  async #obtain({ keyType, names, replaces }: CertificateOrder): Promise<Result<void, string>> {
    const [first, ...others] = names;
    if (first === undefined) return failed("there is no name to order one for");
    const { challenge } = this.#options.settings.acme;
    try {
      const keyPem = await makePrivateKey(keyType);
      const authority = await this.#atAuthority();
      const show = (proofs: readonly Proof[]): Promise<void> => this.#show(proofs);
      const order = { names: [first, ...others] as const, keyPem, challenge, replaces, show };
      const certificatePem = await authority.obtain({ ...order, names: [first, ...others] });
      await this.#files.putCertificate(keyType, { certificatePem, keyPem });
      await this.#options.changed();
      return ok(undefined);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  #atAuthority(): Promise<AcmeAuthority> {
    this.#authority ??= this.#openAuthority();
    return this.#authority;
  }

  async #openAuthority(): Promise<AcmeAuthority> {
    const { directoryUrl, contact, caFile, eabKeyId, eabHmacKey } = this.#options.settings.acme;
    return new AcmeAuthority({
      directoryUrl,
      contact,
      accountKeyPem: await this.#files.accountKey(),
      caPem: caFile === "" ? undefined : await readIfThere(caFile),
      eab: { keyId: eabKeyId, hmacKey: eabHmacKey },
    });
  }

  async #show(proofs: readonly Proof[]): Promise<void> {
    const { hook } = this.#options.settings.acme;
    const before = this.#records;
    this.#records = proofs.filter((proof) => proof.kind === "dns-01");
    await this.#options.answer(proofs.filter((proof) => proof.kind !== "dns-01"));
    for (const { recordName, value } of this.#records) await runDnsHook(hook, "present", recordName, value);
    for (const { recordName, value } of before) {
      await runDnsHook(hook, "remove", recordName, value).catch((error: unknown) =>
        this.#options.log.warn("acme-hook-failed", { cause: String(error) }),
      );
    }
  }
}

const REMEDIES = {
  "http-01": "Every name must lead to this server, and port 80 to its listener for http without TLS.",
  "tls-alpn-01":
    "Every name must lead to this server, and port 443 to its listener for http with TLS, with nothing between that ends TLS.",
  "dns-01": "Run the hook by hand, and look whether the record can be seen from outside.",
} as const;
