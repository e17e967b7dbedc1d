/**
 * What an unauthenticated client tries in order to relay, and the answer. `local.test` stands for a domain of ours with the
 * account `user`, `relay.test` for one we are a secondary of, `{ip}` for our own address. `RAW:` is the whole command line.
 * `expect` is the reply to RCPT unless it says otherwise. The same rows as `test/vectors/relay.json`: the server needs them
 * at every start.
 */
export interface RelayVector {
  readonly id: string;
  readonly what: string;
  readonly mailFrom: string;
  readonly rcptTo: string;
  readonly expect: string;
}

type Row = readonly [id: string, what: string, mailFrom: string, rcptTo: string, expect: string];

const rows: readonly Row[] = [
  ["relay-01", "plain foreign recipient", "a@sender.test", "b@victim.test", "550"],
  ["relay-02", "foreign recipient from the null reverse-path", "", "b@victim.test", "550"],
  ["relay-03", "forged local sender", "user@local.test", "b@victim.test", "550"],
  ["relay-04", "forged sender at our host name", "user@mx.local.test", "b@victim.test", "550"],
  ["relay-05", "sender at our address literal", "a@[{ip}]", "b@victim.test", "550"],
  ["relay-06", "sender without a domain", "a", "b@victim.test", "501 at MAIL"],
  ["relay-07", "percent hack", "a@sender.test", "b%victim.test@local.test", "550"],
  ["relay-08", "percent hack at our address literal", "a@sender.test", "b%victim.test@[{ip}]", "550"],
  ["relay-09", "percent hack without a domain", "a@sender.test", "b%victim.test", "501"],
  ["relay-10", "quoted address without a domain", "a@sender.test", '"b@victim.test"', "501"],
  ["relay-11", "quoted percent hack without a domain", "a@sender.test", '"b%victim.test"', "501"],
  ["relay-12", "quoted address as local part", "a@sender.test", '"b@victim.test"@local.test', "550"],
  [
    "relay-13",
    "quoted address as local part of the backup domain",
    "a@sender.test",
    '"b@victim.test"@relay.test',
    "550",
  ],
  ["relay-14", "quoted percent hack at the backup domain", "a@sender.test", '"b%victim.test"@relay.test', "550"],
  ["relay-15", "percent hack at the backup domain", "a@sender.test", "b%victim.test@relay.test", "550"],
  ["relay-16", "two at signs", "a@sender.test", "b@victim.test@local.test", "501"],
  ["relay-17", "two at signs, address literal", "a@sender.test", "b@victim.test@[{ip}]", "501"],
  ["relay-18", "source route through us", "a@sender.test", "@local.test:b@victim.test", "550"],
  ["relay-19", "source route through our address literal", "a@sender.test", "@[{ip}]:b@victim.test", "550"],
  [
    "relay-20",
    "source route through two of our domains",
    "a@sender.test",
    "@local.test,@relay.test:b@victim.test",
    "550",
  ],
  [
    "relay-21",
    "source route to our own user: the route is stripped",
    "a@sender.test",
    "@victim.test:user@local.test",
    "250",
  ],
  ["relay-22", "bang path", "a@sender.test", "victim.test!b", "501"],
  ["relay-23", "bang path at our domain", "a@sender.test", "victim.test!b@local.test", "550"],
  ["relay-24", "bang path at the backup domain", "a@sender.test", "victim.test!b@relay.test", "550"],
  ["relay-25", "bang path that begins with us", "a@sender.test", "local.test!victim.test!b", "501"],
  ["relay-26", "source route and percent hack", "a@sender.test", "@local.test:b%victim.test@relay.test", "550"],
  ["relay-27", "foreign address literal", "a@sender.test", "b@[192.0.2.7]", "550"],
  ["relay-28", "bare address as domain", "a@sender.test", "b@192.0.2.7", "501"],
  ["relay-29", "a user at our address literal", "a@sender.test", "user@[{ip}]", "550"],
  ["relay-30", "postmaster at our address literal", "a@sender.test", "postmaster@[{ip}]", "250"],
  ["relay-31", "empty domain", "a@sender.test", "user@", "501"],
  ["relay-32", "no domain", "a@sender.test", "user", "501"],
  ["relay-33", "postmaster without a domain, any case", "a@sender.test", "PostMaster", "250"],
  ["relay-34", "no angle brackets", "a@sender.test", "RAW:RCPT TO:b@victim.test", "501"],
  ["relay-35", "subdomain of the backup domain", "a@sender.test", "user@sub.relay.test", "550"],
  ["relay-36", "domain that ends like ours", "a@sender.test", "b@notlocal.test", "550"],
  ["relay-37", "domain that begins like ours", "a@sender.test", "b@local.test.victim.test", "550"],
  [
    "relay-38",
    "look-alike of our domain (Cyrillic o), without SMTPUTF8",
    "a@sender.test",
    "b@l\u043ecal.test",
    "501 or 550 or 553",
  ],
  ["relay-39", "trailing dot", "a@sender.test", "user@local.test.", "501"],
  ["relay-40", "two paths in one", "a@sender.test", "RAW:RCPT TO:<user@local.test>,<b@victim.test>", "501 or 555"],
  ["relay-41", "two paths, space", "a@sender.test", "RAW:RCPT TO:<user@local.test> <b@victim.test>", "501 or 555"],
  ["relay-42", "comment glued to the domain", "a@sender.test", "user@local.test(x)victim.test", "501"],
  ["relay-43", "space in the domain", "a@sender.test", "user@local.test victim.test", "501"],
  ["relay-44", "NUL in the path", "a@sender.test", "user@local.test\0b@victim.test", "501"],
  [
    "relay-45",
    "parameter smuggled in a quoted local part",
    "a@sender.test",
    '"b@victim.test> ORCPT=rfc822;x"@local.test',
    "550 or 501",
  ],
  [
    "relay-46",
    "AUTH= on MAIL by a stranger gives nothing",
    "RAW:MAIL FROM:<a@sender.test> AUTH=user@local.test",
    "b@victim.test",
    "550, or 503/555 at MAIL",
  ],
  ["relay-47", "pipe as local part", "a@sender.test", '"|/bin/sh"@local.test', "550"],
  ["relay-48", "path traversal as local part", "a@sender.test", '"../../etc/passwd"@local.test', "550"],
  ["relay-49", "unknown user at our domain", "a@sender.test", "nobody-here@local.test", "550"],
  ["relay-50", "known user", "a@sender.test", "user@local.test", "250"],
];

export const relayVectors: readonly RelayVector[] = rows.map(([id, what, mailFrom, rcptTo, expect]) => ({
  id,
  what,
  mailFrom,
  rcptTo,
  expect,
}));
