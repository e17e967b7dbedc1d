/** `[relay]`, `[rules]` and `[[list]]`: who may send, and what is checked. */
import { z } from "zod";
import { computed, expecting, required, setting, table } from "./setting.ts";
import { choice, domainName, flag, network, scannerAddress, text, wholeNumber } from "./value-types.ts";

export const relay = table({
  trusted_networks: setting(
    expecting("a list of addresses and networks", (error) => z.array(network, { error })),
    [],
    {
      text: "Networks whose hosts may send to other domains through the submission listeners without logging in. Never on port 25.",
      reason: "No address is trusted by default, loopback and private ranges included: any program on them could send.",
    },
  ),
  allow_wide_networks: setting(flag, false, {
    text: "Takes networks in `trusted_networks` that are wider than /24 or /64 or hold public addresses. The default gateway is refused even so.",
    reason: "A prefix too short is how servers become open relays.",
  }),
});

const mode = choice(["off", "shadow", "enforce"]);

export const rules = table({
  dnsbl: setting(mode, "enforce", { text: "DNS block lists for addresses and domains." }),
  sender_lists: setting(mode, "enforce", {
    text: "Senders that are let in or kept out by `postern sender`, and people whom a recipient has written to.",
  }),
  block_list: setting(mode, "enforce", { text: "Our own block list." }),
  spf: setting(mode, "enforce", { text: "SPF (RFC 7208)." }),
  author: setting(mode, "enforce", {
    text: "One From field with one address (RFC 5322, section 3.6.2). Mail without is refused, in whatever else it is well.",
    reason: "Where there are none or several, nobody's policy can be asked for, and readers differ in whom they show.",
  }),
  dkim: setting(mode, "enforce", { text: "DKIM (RFC 6376)." }),
  dmarc: setting(mode, "enforce", { text: "DMARC (RFC 9989), with ARC chains (RFC 8617)." }),
  reverse_dns: setting(mode, "enforce", { text: "Reverse DNS of the client's address." }),
  helo: setting(mode, "enforce", { text: "The name the client says in HELO or EHLO." }),
  uri_lists: setting(mode, "enforce", { text: "Lists of hosts that links in a message point to." }),
  content: setting(mode, "enforce", { text: "The text of the message." }),
  policy: setting(mode, "enforce", {
    text: "The policy file of `[policy]`, where one is named. In `shadow` it is asked, and its answers are recorded.",
  }),
  antivirus: setting(mode, "off", {
    text: "A virus scanner, set up under `[antivirus]`. Mail of users is scanned, too.",
    reason: "Needs a program that Postern does not bring.",
  }),
  milter: setting(mode, "enforce", { text: "Filters that speak the milter protocol, where `[[milter]]` names any." }),
  sending: setting(mode, "enforce", {
    text: "Limits of what users send, and holds of accounts that look stolen (`[sending]`). In `shadow` it is told whose mail would be held.",
  }),
  early_talker: setting(mode, "enforce", { text: "Clients that speak before the greeting." }),
  greylist: setting(mode, "off", {
    text: "Mail from an unknown sender that has a score of 4 or more is deferred for some minutes, once. In `shadow` it is noted who would wait.",
    reason: "It delays good mail.",
  }),
});

const SECOND_MS = 1000;

/** Senders wait ten minutes for the answer to a message (RFC 5321 §4.5.3.2.6): ours must be there well before. */
const scannerTimeout = wholeNumber(SECOND_MS, 240 * SECOND_MS);
const whenUnavailable = choice(["defer", "accept"]);

export const antivirus = table({
  clamd: setting(scannerAddress, "/run/clamav/clamd.ctl", {
    text: "Where clamd listens: the path of its socket, or an address and port. Over a network the mail goes there in clear.",
    reason: "Debian's clamav-daemon listens there.",
  }),
  timeout_ms: setting(scannerTimeout, 60 * SECOND_MS, {
    text: "Time for one message, the wait for a free connection included.",
    reason: "Large archives take clamd long; senders wait ten minutes.",
  }),
  max_octets: setting(wholeNumber(1024, 2_147_483_647), 52_428_800, {
    text: "Larger messages are not handed to clamd and count as not scanned. clamd has a bound of its own, `StreamMaxLength`, 25 MiB in Debian: raise it to the same.",
    reason: "The largest message that is taken by default.",
  }),
  when_unavailable: setting(whenUnavailable, "defer", {
    text: "What becomes of mail that could not be scanned: `defer` (451, the sender tries again for days) or `accept`. Both are told in the log, in `postern why` and as an alert.",
    reason: "Who wants mail scanned does not want it unscanned; deferred mail is not lost.",
  }),
});

export const milter = table({
  at: required(scannerAddress, {
    text: "Where it listens: the path of its socket, or an address and port. Over a network the mail goes there in clear.",
  }),
  timeout_ms: setting(scannerTimeout, 30 * SECOND_MS, {
    text: "Time for one message, the wait for a free connection included.",
    reason: "Longer than rspamd takes for a message by its own settings.",
  }),
  when_unavailable: setting(whenUnavailable, "defer", {
    text: "What becomes of mail that it could not be shown: `defer` (451) or `accept`. Both are told in the log, in `postern why` and as an alert.",
    reason: "A filter that can be passed by stopping it is none.",
  }),
  listeners: setting(
    expecting('a list of "smtp", "submission", "lmtp"', (error) =>
      z.array(choice(["smtp", "submission", "lmtp"]), { error }),
    ),
    ["smtp"],
    {
      text: "Whose mail it sees: from other servers, from users, from local programs.",
      reason: "Most filters judge what comes from outside.",
    },
  ),
});

/** The window is longer than any delay, so that nobody waits for ever. */
export const greylist = table({
  delay_minutes: setting(wholeNumber(1, 240), 5, {
    text: "From the first try until the sender is let in. Tries before are deferred again; the reply says for how long.",
    reason: "Most mail servers try again after 5 to 15 minutes; programs that only send spam do not.",
  }),
  window_hours: setting(wholeNumber(6, 720), 48, {
    text: "Who has not come again so long after the first try begins anew.",
    reason: "Mail servers try again for days, and now and then only every few hours.",
  }),
  memory_days: setting(wholeNumber(1, 365), 36, {
    text: "A sender that waited, or whose mail was good, need not wait until it has sent nothing for so long.",
    reason: "A newsletter that comes once a month waits once.",
  }),
});

export const dmarc = table({
  trusted_sealers: setting(
    expecting("a list of domain names", (error) => z.array(domainName, { error })),
    [],
    {
      text: "Domains of forwarders and mailing lists whose ARC seals (RFC 8617) are believed: what they saw pass is not refused when DMARC fails here.",
      reason: "Whoever is believed can make any message pass.",
    },
  ),
  known_forwarders: setting(
    expecting('a list of networks and host names such as ["192.0.2.0/28", "forwarder.example"]', (error) =>
      z.array(z.union([network, domainName], { error }), { error }),
    ),
    [],
    {
      text: "Addresses, networks and host names (each with those below it, where they are forward-confirmed) that pass other people's mail on: a DMARC policy does not refuse what comes from there.",
      reason: "Whoever is known here can send as anybody.",
    },
  ),
});

const answer = table({
  means: required(text, { text: "A word for reports, such as `spam`." }),
  weight: required(
    expecting("a number from -20 to 20", (error) => z.number({ error }).min(-20, { error }).max(20, { error })),
    { text: "Added to the score of a message: greylist at 4, Junk at 6, reject at 15." },
  ),
});

const documentedAnswer = expecting("an address in 127.0.0.0/8", (error) =>
  z.string({ error }).regex(/^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/, { error }),
);

export const lists = table({
  profile: computed(
    choice(["spamhaus-zen", "spamhaus-dbl", "spamcop", "barracuda", "psbl", "uceprotect-1", "dnswl", "surbl", "uribl"]),
    { text: "A list whose answers and weights are known here." },
  ),
  key: setting(text, "", { text: "The subscription's key, where the list has one (Spamhaus DQS).", secret: true }),
  zone: computed(domainName, { text: "An own list: the zone to ask." }),
  kind: setting(choice(["address", "domain", "uri"]), "address", { text: "An own list: what it lists." }),
  answers: setting(
    expecting('a table such as { "127.0.0.2" = { means = "spam", weight = 4 } }', (error) =>
      z.record(documentedAnswer, answer, { error }),
    ),
    {},
    {
      text: "An own list: what each answer means. Other answers count for nothing.",
      reason: "An answer nobody documented is a list that refuses us or that is gone.",
    },
  ),
});
