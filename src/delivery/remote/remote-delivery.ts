/** Delivery to other servers: the queue's Attempt, over DNS, TLS and SMTP. */
import type { Attempt } from "#queue/attempt.ts";
import { IdleConnections } from "./idle-connections.ts";
import { RemoteAttempt } from "./remote-attempt.ts";
import type { RemoteSurroundings } from "./surroundings.ts";

export interface RemoteDelivery {
  readonly attempt: Attempt;
  /** Says goodbye where connections wait; attempts that are under way are their callers' affair. */
  close(): void;
}

export function createRemoteDelivery(around: RemoteSurroundings): RemoteDelivery {
  const idle = new IdleConnections(around.clock);
  return {
    attempt: (job, signal) => new RemoteAttempt({ job, signal, around, idle }).run(),
    close: () => idle.close(),
  };
}
