/** `[queue]`: how long and how often mail for other servers is tried. */
import { setting, table } from "./setting.ts";
import { wholeNumber } from "./value-types.ts";

export const queue = table({
  retry_first_minutes: setting(wholeNumber(1, 240), 5, {
    text: "From the first attempt to the second; each further wait is twice as long.",
    reason: "Most greylists let a sender in after five minutes.",
  }),
  retry_longest_minutes: setting(wholeNumber(5, 1440), 240, { text: "The longest wait between two attempts." }),
  expires_hours: setting(wholeNumber(1, 720), 120, {
    text: "Mail that could not be delivered for so long is returned to its sender.",
    reason: "A server that broke down on a Friday is mended by Wednesday; RFC 5321 asks for four to five days.",
  }),
  warns_hours: setting(wholeNumber(1, 720), 4, {
    text: "After so long the sender is told, once, that a message still waits.",
    reason: "Who waits for an answer wants to know the same day.",
  }),
  attempts: setting(wholeNumber(1, 2000), 200, { text: "Attempts to deliver at once, in all." }),
  attempts_per_destination: setting(wholeNumber(1, 200), 20, {
    text: "Attempts at once at one domain, or at the relay host, when it takes mail well. Fewer are made where it asks for less.",
    reason: "Many more look like an attack.",
  }),
});
