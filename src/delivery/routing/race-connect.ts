/** Happy Eyeballs (RFC 8305 §5): the addresses of one host, each a little after the one before; the first that answers wins. */
import { isIpv6 } from "#mail/ip-address.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Dialer, OutgoingConnection } from "#ports/dialer.ts";
import { NEXT_ADDRESS_MS } from "./limits.ts";

export interface Race {
  readonly addresses: readonly string[];
  readonly port: number;
  /** At most one of each family. */
  readonly sourceAddresses: readonly string[];
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

export interface RaceOutcome {
  /** Undefined: none answered. */
  readonly connection: OutgoingConnection | undefined;
  /** Those that did not answer, with Node's code. */
  readonly failures: readonly { readonly address: string; readonly code: string }[];
}

export function raceConnect(race: Race): Promise<RaceOutcome> {
  const { addresses, port, dialer, clock, timeoutMs } = race;
  return new Promise((resolve) => {
    const failures: { address: string; code: string }[] = [];
    let next = 0;
    let isOver = false;
    let timer: Timer | undefined;
    const finish = (connection: OutgoingConnection | undefined): void => {
      isOver = true;
      timer?.cancel();
      resolve({ connection, failures });
    };
    const dialNext = (): void => {
      timer?.cancel();
      const address = addresses[next++];
      if (address === undefined || isOver) return;
      if (next < addresses.length) timer = clock.after(NEXT_ADDRESS_MS, dialNext);
      void dialOne(address);
    };
    const dialOne = async (address: string): Promise<void> => {
      const from = race.sourceAddresses.find((own) => isIpv6(own) === isIpv6(address));
      const target = { to: { address, port }, timeoutMs, ...(from === undefined ? {} : { from }) };
      const dialled = await dialer.dial(target);
      if (dialled.ok) {
        if (isOver) dialled.value.destroy();
        else finish(dialled.value);
        return;
      }
      failures.push({ address, code: dialled.problem.code });
      if (isOver) return;
      if (failures.length === addresses.length) finish(undefined);
      else dialNext();
    };
    if (addresses.length === 0) finish(undefined);
    dialNext();
  });
}
