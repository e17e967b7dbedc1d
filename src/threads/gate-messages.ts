/** What fronts tell the gatekeeper in the main thread, and what it tells them. Everything here can be cloned. */
import type { SlowGroup } from "#gate/block-list/decision.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import type { HandshakeFailure } from "#platform/tls/handshake-failure.ts";
import type { Alert } from "./alert.ts";
import type { ListsTold } from "./list-figures.ts";

export type Observation =
  | { readonly kind: "offence"; readonly offence: Offence }
  | {
      readonly kind: "login";
      readonly address: string;
      readonly account: string;
      readonly accountId: number;
      /** Its fingerprint. */
      readonly password: string;
    }
  /** So many connections came from there; `onMx` of them, where there are any, to where other servers send. */
  | { readonly kind: "arrived"; readonly address: string; readonly count: number; readonly onMx?: number }
  /** `proven`: the session turned out good. */
  | { readonly kind: "named"; readonly address: string; readonly clientName: string; readonly proven: boolean }
  /** @property listener `0.0.0.0:993` */
  | { readonly kind: "handshake-failed"; readonly listener: string; readonly failure: HandshakeFailure }
  /** Somebody is logged in; `version` as OpenSSL writes it. */
  | { readonly kind: "tls-login"; readonly accountId: number; readonly version: string }
  /** How the DNS lists are, as this front sees them. */
  | { readonly kind: "lists"; readonly told: ListsTold }
  | { readonly kind: "alert"; readonly alert: Alert }
  | { readonly kind: "settled"; readonly name: string; readonly subject: string };

/** To the gatekeeper. The next batch waits until this one was taken. */
export interface ObservationBatch {
  readonly observations: readonly Observation[];
  /** Lost since the last batch, as more came than could be told. */
  readonly dropped: number;
}

/** To every front. */
export type GateOrder =
  | { readonly kind: "taken" }
  | { readonly kind: "slow"; readonly group: SlowGroup }
  /** Rules that go by address are suspended for this one; with `trustEnds`, what is trusted by its address is a stranger, too. */
  | { readonly kind: "hidden"; readonly address: string; readonly untilMs: number; readonly trustEnds?: true }
  /** The account has logged in from there. */
  | { readonly kind: "home"; readonly address: string; readonly account: string; readonly atMs: number };
