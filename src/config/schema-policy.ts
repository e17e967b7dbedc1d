/** `[policy]`: checks of the operator's own, in a file of TypeScript. */
import { setting, table } from "./setting.ts";
import { choice, text, wholeNumber } from "./value-types.ts";

export const policy = table({
  file: setting(text, "", {
    text: "The file, such as `policy.ts`; a relative name stands beside this file. It is read at the start and at each reload. Empty: none.",
  }),
  timeout_ms: setting(wholeNumber(20, 30_000), 1000, {
    text: "Time for one question. A function that takes longer, or never ends, has failed, and its thread begins anew.",
    reason:
      "A policy that only computes needs a few milliseconds; one that asks the network for something needs some more.",
  }),
  when_it_fails: setting(choice(["defer", "accept"]), "defer", {
    text: "What becomes of a message that the file could not be asked about: `defer` has its sender try again (451), `accept` leaves it to the other rules.",
    reason: "What a policy keeps out does not come in because it is broken; mail waits for days before it is lost.",
  }),
  memory_mebibytes: setting(wholeNumber(16, 4096), 64, {
    text: "Memory for objects of the file, in MiB, in each thread that talks to clients. Octets in buffers are not counted.",
    reason: "Lists of some 100,000 names fit; a leak is stopped before it takes the server's memory.",
  }),
});
