import type { RoutingSettings } from "../routing/settings.ts";

export interface RemoteSettings extends RoutingSettings {
  /** BDAT where it is offered. */
  readonly chunking: boolean;
}
