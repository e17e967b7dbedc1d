/** `[metrics]`: who may read the figures for Prometheus. */
import { setting, table } from "./setting.ts";
import { bearerToken } from "./value-types.ts";

export const metrics = table({
  token: setting(bearerToken, "", {
    text: "Who asks for `/metrics` with it (`Authorization: Bearer …`) is answered, from other machines inside TLS, and nobody without it. Empty: this machine alone.",
    reason: "Needed where a proxy on this machine does not say that it is one (nginx, unless it is told to).",
  }),
});
