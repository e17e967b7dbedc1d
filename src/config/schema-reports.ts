/** `[reports]`: what other domains are told once a day, and how long their reports are kept. */
import { computed, setting, table } from "./setting.ts";
import { flag, mailAddress, text, wholeNumber } from "./value-types.ts";

export const reports = table({
  dmarc: setting(flag, true, {
    text: "Tells domains that ask for it (`rua=` of their DMARC record) once a day which servers sent in their name, with counts and results: no addresses, no subjects. Nothing where `delivery.outbound` is off.",
    reason: "Owners of domains find their own forgotten servers by it, and turn their policies up.",
  }),
  tls: setting(flag, true, {
    text: "Tells domains that ask for it (record `_smtp._tls`) once a day how TLS with their servers went.",
    reason: "Nobody else tells them that their certificate or MTA-STS policy is broken.",
  }),
  from: computed(mailAddress, {
    text: "Address that these reports come from, in a domain of this server. Reports that others send to it are read.",
    computedDefault: "`postmaster@` and the first primary domain",
  }),
  organization: setting(text, "", { text: "Who reports, in words. Empty: `hostname`." }),
  keep_days: setting(wholeNumber(1, 3650), 400, {
    text: "How long reports of others are kept, in days: what `postern reports` shows.",
    reason: "A year, to compare with.",
  }),
});
