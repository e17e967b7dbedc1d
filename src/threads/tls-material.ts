/** What a front speaks TLS with: replaced as a whole, while connections live on. */
import type { MessagePort } from "node:worker_threads";
import { portPair, type Thread } from "#platform/threads/threads.ts";
import type { ClientAuthorities } from "#platform/tls/client-certificates.ts";
import type { KeyPair } from "#platform/tls/server-tls.ts";
import type { TicketKeys } from "#platform/tls/ticket-keys.ts";

/** Everything here can be cloned. */
export interface TlsMaterial {
  readonly keyPairs: readonly [KeyPair, ...KeyPair[]];
  readonly ticketKeys: TicketKeys;
  readonly clients: ClientAuthorities | undefined;
  readonly acmeAnswers: readonly AcmeAnswerFor[];
}

/** What is answered to a certificate authority that looks whether a name is ours. */
export type AcmeAnswerFor =
  | { readonly kind: "http-01"; readonly token: string; readonly keyAuthorization: string }
  | { readonly kind: "tls-alpn-01"; readonly serverName: string; readonly keyPair: KeyPair };

export interface TlsOrder {
  readonly kind: "tls-material";
  readonly material: TlsMaterial;
  /** Hears when it is in force. */
  readonly applied: MessagePort;
}

/** Resolves when all the threads use it; one that has ended needs it no more. */
export async function giveTlsMaterial(threads: readonly Thread[], material: TlsMaterial): Promise<void> {
  await Promise.all(
    threads.map((thread) => {
      const { port1, port2 } = portPair();
      const applied = new Promise<void>((resolve) => {
        port1.once("message", () => resolve());
        port1.once("close", () => resolve());
      });
      thread.post({ kind: "tls-material", material, applied: port2 } satisfies TlsOrder, [port2]);
      return Promise.race([applied, thread.ended]).finally(() => port1.close());
    }),
  );
}
