/** `[pair]`: how other nodes reach this one. */
import { z } from "zod";
import { parseEndpoint } from "./endpoint.ts";
import { expecting, setting, table } from "./setting.ts";

const place = expecting('an address and port such as "0.0.0.0:2526" or "[::]:2526", or empty', (error) =>
  z.string({ error }).refine((value) => value === "" || parseEndpoint(value)?.kind === "tcp", { error }),
);
const reachedAt = expecting('a host and port such as "mx1.example.com:2526", or empty', (error) =>
  z.string({ error }).refine((value) => value === "" || /^(?:\[[0-9A-Fa-f:.]+\]|[^:[\]\s]+):\d{1,5}$/.test(value), {
    error,
  }),
);

export const pair = table({
  bind: setting(place, "", {
    text: "Where this node listens for nodes it is paired with, and for those that have a code. Empty: it does not listen, and can only join others. Nobody else gets a word there.",
    reason: "Most servers stand alone.",
  }),
  address: setting(reachedAt, "", {
    text: "Where other nodes reach that: host and port. Empty: `hostname` with the port of `bind`.",
  }),
});
