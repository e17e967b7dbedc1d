/** As many logged-in connections as a test wants. */
import type { Connection } from "#ports/connection.ts";
import type { LoginPlace, LoginPlaces } from "#ports/login-places.ts";

export class FakeLoginPlaces implements LoginPlaces {
  readonly entered: { readonly connection: Connection; readonly accountId: number }[] = [];
  /** Said instead of a welcome. */
  refusal: string | undefined;

  enter(connection: Connection, accountId: number): LoginPlace {
    if (this.refusal !== undefined) return { ok: false, text: this.refusal };
    this.entered.push({ connection, accountId });
    return { ok: true };
  }
}
