/** `[limits]`: what one client, one network and all of them together may take. */
import { setting, table } from "./setting.ts";
import { wholeNumber } from "./value-types.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MEBIBYTE = 1024 * 1024;

const connections = {
  connections_total: setting(wholeNumber(10, 100_000), 1000, {
    text: "Connections open at once, all listeners together. Over it the greeting is 421 4.7.0.",
    reason: "What one small machine carries; memory is reserved for that many.",
  }),
  connections_reserved_authenticated_percent: setting(wholeNumber(0, 50), 10, {
    text: "Part of `connections_total` that only clients who have logged in may fill.",
    reason: "A flood from strangers must not lock the users out.",
  }),
  connections_reserved_admin_percent: setting(wholeNumber(0, 20), 5, {
    text: "Part of `connections_total` kept for the administrator.",
    reason: "Who is to end a flood must get in during it.",
  }),
  connections_per_address: setting(wholeNumber(1, 10_000), 20, {
    text: "Connections open at once from one address, before they log in. Addresses of this machine and of PROXY peers are not limited, nor those that hide many clients; where a user has logged in within 30 days, there is room for `imap_connections_per_address`, and more of the other limits in proportion.",
    reason: "Large senders use about ten; one broken client cannot take all.",
  }),
  connections_per_minute_per_address: setting(wholeNumber(1, 100_000), 60, {
    text: "New connections a minute from one address, all at once or spread: who keeps to it is not refused. Room comes back evenly over the minute.",
    reason: "One a second is more than any honest sender to a small site needs.",
  }),
  connections_per_slash24: setting(wholeNumber(1, 10_000), 60, {
    text: "Connections open at once from one IPv4 /24.",
    reason: "Three times the limit of one address: neighbours in one network are often one sender.",
  }),
  connections_per_minute_per_slash24: setting(wholeNumber(1, 100_000), 180, {
    text: "New connections a minute from one IPv4 /24.",
    reason: "Three times the limit of one address.",
  }),
  connections_per_slash64: setting(wholeNumber(1, 10_000), 20, {
    text: "Connections open at once from one IPv6 /64.",
    reason: "A /64 is what one customer has: it counts as one address.",
  }),
  connections_per_minute_per_slash64: setting(wholeNumber(1, 100_000), 60, {
    text: "New connections a minute from one IPv6 /64.",
    reason: "As for one IPv4 address.",
  }),
  connections_per_slash48: setting(wholeNumber(1, 10_000), 60, {
    text: "Connections open at once from one IPv6 /48.",
    reason: "Three times a /64, as a /24 is to an address.",
  }),
  connections_per_minute_per_slash48: setting(wholeNumber(1, 100_000), 180, {
    text: "New connections a minute from one IPv6 /48.",
    reason: "Three times a /64.",
  }),
  imap_connections_per_account: setting(wholeNumber(1, 10_000), 50, {
    text: "IMAP connections of one account. Over it: `NO [LIMIT]`. POP3 and submission may have as many, each counted by itself.",
    reason: "A mail program opens up to five for each device.",
  }),
  imap_connections_per_address: setting(wholeNumber(1, 100_000), 200, {
    text: "Logged-in IMAP connections from one address. POP3 and submission may have as many, each counted by itself.",
    reason: "An office stands behind one address.",
  }),
  tracked_sources_max: setting(wholeNumber(1000, 10_000_000), 100_000, {
    text: "Addresses and networks whose rates are remembered; those with the least left of their rate are forgotten first. A change takes effect when the server starts.",
    reason: "Memory stays flat whatever number of addresses an attacker has.",
  }),
};

const waits = {
  pre_authentication_timeout_ms: setting(wholeNumber(SECOND_MS, HOUR_MS), 30 * SECOND_MS, {
    text: "Time from the connection to a login on IMAP, POP3 and submission ports.",
    reason: "A mail program logs in within a second or two.",
  }),
  command_timeout_ms: setting(wholeNumber(SECOND_MS, HOUR_MS), 300 * SECOND_MS, {
    text: "Wait for the next command.",
    reason: "RFC 5321 §4.5.3.2.7: at least five minutes.",
  }),
  command_timeout_under_load_ms: setting(wholeNumber(SECOND_MS, HOUR_MS), MINUTE_MS, {
    text: "The same wait while few connections are left: four fifths of those for clients that have not logged in. SMTP alone: IMAP and POP3 have theirs from their standards.",
    reason: "Idle clients make room for those that have something to say.",
  }),
  command_total_timeout_ms: setting(wholeNumber(SECOND_MS, HOUR_MS), 10 * MINUTE_MS, {
    text: "Longest time from the first octet of one SMTP command to its end, where `command_timeout_ms` does not end it sooner.",
    reason: "A client that sends an octet a minute must not hold a connection for ever.",
  }),
  session_total_timeout_ms: setting(wholeNumber(MINUTE_MS, 24 * HOUR_MS), HOUR_MS, {
    text: "Longest time of one SMTP session, whatever happens in it.",
    reason: "Queues empty in minutes; what lasts longer holds on to a place.",
  }),
  data_octets_per_second_min: setting(wholeNumber(0, 1_000_000), 500, {
    text: "Slowest rate at which a message may arrive, in octets a second.",
    reason: "Slower than any real line; always on, as slow senders are an attack by patience.",
  }),
};

const transactions = {
  message_size_octets_max: setting(wholeNumber(64 * 1024, 1024 * MEBIBYTE), 50 * MEBIBYTE, {
    text: "Largest message, announced with SIZE (RFC 1870).",
    reason: "What the large providers take.",
  }),
  message_in_memory_octets_max: setting(wholeNumber(4 * 1024, MEBIBYTE), 128 * 1024, {
    text: "A message larger than this is on disk while it arrives.",
    reason: "Bounds the memory of one connection; smaller ones live in the database.",
  }),
  recipients_per_transaction: setting(wholeNumber(1, 1000), 100, {
    text: "Recipients of one message; further ones are answered 452 and the client sends them again.",
    reason: "RFC 5321 §4.5.3.1.8: at least 100.",
  }),
  unknown_recipients_sample: setting(wholeNumber(2, 100), 10, {
    text: "Number of first recipients that are looked at for guessing.",
    reason: "Enough to tell guessing from a typing error.",
  }),
  unknown_recipients_percent: setting(wholeNumber(1, 100), 50, {
    text: "Part of that sample which, when it is unknown, ends the session with 421.",
    reason: "Half of ten unknown is somebody trying names.",
  }),
  received_fields_max: setting(wholeNumber(10, 1000), 30, {
    text: "`Received` fields that a message may bring along; with more it goes in circles: 554 5.4.6.",
    reason: "The longest honest ways have about fifteen. A loop is ended early, before it has cost much.",
  }),
  errors_per_session: setting(wholeNumber(1, 1000), 20, {
    text: "Errors and useless commands in one session; with more it ends with 421.",
    reason: "Programs that speak the protocol make none or few.",
  }),
};

export const limits = table({ ...connections, ...waits, ...transactions });
