/** The page for passkeys, as one front thread serves it. */
import { AskingPace } from "#admin/passkey/asking-pace.ts";
import type { PasskeyPage } from "#admin/passkey/passkey-routes.ts";
import type { Settings } from "#config/settings.ts";
import { parseIp } from "#gate/network/ip-address.ts";
import { formatPrefix, prefixOf } from "#gate/network/prefix.ts";
import type { LoginWatch } from "#identity/authenticator.ts";
import { PasskeyDesk, type PasskeyDeskDependencies } from "#identity/second-factor/passkey-desk.ts";
import { readAsset } from "#platform/read-asset.ts";
import type { Clock } from "#ports/clock.ts";
import { relyingParty } from "./web-slices.ts";

/** Bits of an address that one client has to itself. */
const OWN_BITS = { 4: 32, 6: 64 } as const;

export interface AroundPasskeys extends Omit<PasskeyDeskDependencies, "party" | "watch"> {
  readonly clock: Clock;
  readonly gate: Pick<LoginWatch, "mayTry" | "failed">;
}

/** Undefined without a listener for HTTPS. */
export function passkeyPage(
  settings: Pick<Settings, "hostname" | "listeners">,
  { gate, ...around }: AroundPasskeys,
): PasskeyPage | undefined {
  const party = relyingParty(settings);
  if (party === undefined) return undefined;
  return {
    desk: new PasskeyDesk({ ...around, party, watch: gate }),
    party,
    pace: new AskingPace(around.clock),
    sourceOf: networkOf,
    files: { html: file("page.html"), css: file("page.css"), js: file("page.js") },
  };
}

function file(name: string): string {
  return readAsset(new URL(`../admin/passkey/${name}`, import.meta.url));
}

function networkOf(address: string): string {
  const ip = parseIp(address);
  return ip === undefined ? address : formatPrefix(prefixOf(ip, OWN_BITS[ip.family]));
}
