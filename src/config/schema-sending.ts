/** `[sending]`: how much users send, and from when on it looks as if somebody else had the password. */
import { computed, required, setting, table } from "./setting.ts";
import { mailAddress, wholeNumber } from "./value-types.ts";

const limit = wholeNumber(0, 1_000_000);

export const sending = table({
  messages_per_hour: setting(limit, 200, {
    text: "Messages an account may send in an hour; over it each one is deferred (450) until there is room again. 0: no limit.",
    reason: "Nobody writes three in a minute for an hour; a thief's program does.",
  }),
  recipients_per_hour: setting(limit, 500, {
    text: "Recipients likewise: one message to sixteen people counts 1 message and 16 recipients. People on this server count, too.",
    reason: "A newsletter of a club goes out in an hour.",
  }),
  messages_per_day: setting(limit, 1000, {
    text: "Messages in 24 hours.",
    reason: "About what large providers let a paying user send.",
  }),
  recipients_per_day: setting(limit, 2000, {
    text: "Recipients in 24 hours.",
    reason: "As above: it is what a stolen password is worth at most.",
  }),
  burst_messages: setting(wholeNumber(1, 1_000_000), 60, {
    text: "More messages than that within ten minutes hold the account's mail, unless it has sent so much before (`burst_history_factor`), or it was announced (`postern sending announce`).",
    reason: "Six a minute is no person. A thief's program sends as fast as it can.",
  }),
  burst_recipients: setting(wholeNumber(1, 1_000_000), 150, {
    text: "More recipients than that within ten minutes likewise.",
    reason: "A message to all of a company passes; a list of addresses that was bought does not.",
  }),
  burst_history_factor: setting(wholeNumber(1, 100), 2, {
    text: "So many times the most that the account sent within ten minutes on any of the 35 days before today is no burst.",
    reason: "A monthly newsletter that grows.",
  }),
  new_network_percent: setting(wholeNumber(1, 100), 50, {
    text: "Where an account sends from a network (/24, /48) in which it was not seen within 30 days, so much of a burst is one.",
    reason: "A thief comes from elsewhere. Who is on a journey may still write to a team of seventy.",
  }),
  bounce_percent: setting(wholeNumber(1, 100), 20, {
    text: "When other servers refuse more of an account's recipients for good, within a day, its mail is held.",
    reason: "Lists that were bought are old; people know whom they write to.",
  }),
  bounce_recipients_min: setting(wholeNumber(1, 1_000_000), 20, {
    text: "And at least so many recipients were delivered or refused.",
    reason: "Three typing errors in a day are nothing.",
  }),
  quiet_hours: setting(wholeNumber(1, 720), 24, {
    text: "After `postern queue release --account` nothing holds the account again for so long. Limits stay in force.",
    reason: "What was released was looked at.",
  }),
});

export const sendingAccount = table({
  address: required(mailAddress, { text: "The account. What its table does not say is as `[sending]` has it." }),
  messages_per_hour: computed(limit, { text: "Instead of `sending.messages_per_hour`." }),
  recipients_per_hour: computed(limit, { text: "Instead of `sending.recipients_per_hour`." }),
  messages_per_day: computed(limit, { text: "Instead of `sending.messages_per_day`." }),
  recipients_per_day: computed(limit, { text: "Instead of `sending.recipients_per_day`." }),
});
