import type { Connection } from "./connection.ts";

/** How many may be logged in, in all threads together: `gate/limits/` decides. The place is given back when the connection closes. */
export interface LoginPlaces {
  /** Asked when the credentials were right and before the client hears so; once for a connection. */
  enter(connection: Connection, accountId: number): LoginPlace;
}

export type LoginPlace =
  | { readonly ok: true }
  /** `text` names the limit and what to do. It must not be said like a wrong password, nor counted as one. */
  | { readonly ok: false; readonly text: string };
