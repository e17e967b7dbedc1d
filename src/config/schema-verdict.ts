/** `[verdict]`, `[weights]`, `[[account_policy]]`, `[quarantine]` and `[uri_list]`: from which score on what happens, and what counts how much. */
import { z } from "zod";
import { computed, expecting, required, setting, table } from "./setting.ts";
import { mailAddress, text, wholeNumber } from "./value-types.ts";

const SCORE_MAX = 1000;
const WEIGHT_MAX = 100;

const score = expecting(`a number from 0 to ${SCORE_MAX}`, (error) =>
  z.number({ error }).min(0, { error }).max(SCORE_MAX, { error }),
);
const scoreOrOff = expecting(`a number from 0 to ${SCORE_MAX}, or "off"`, (error) =>
  z.union([z.number({ error }).min(0, { error }).max(SCORE_MAX, { error }), z.literal("off", { error })], { error }),
);
const weight = expecting(`a number from -${WEIGHT_MAX} to ${WEIGHT_MAX}`, (error) =>
  z.number({ error }).min(-WEIGHT_MAX, { error }).max(WEIGHT_MAX, { error }),
);

export const verdict = table({
  greylist_score: setting(score, 4, {
    text: "From this score on an unknown sender waits, where `rules.greylist` is on.",
    reason: "One list of bad repute; mail without a spot is never delayed.",
  }),
  junk_score: setting(score, 6, {
    text: "From this score on mail is put into the Junk folder.",
    reason: "Two independent signs; people look into Junk, so that an error costs little.",
  }),
  quarantine_score: computed(scoreOrOff, {
    text: 'From this score on mail is accepted and kept back: its recipients do not see it, `postern quarantine` does. `"off"`: nothing is by its score.',
    computedDefault: '`"off"`, or 15 where `reject_score` is `"off"`',
  }),
  reject_score: setting(scoreOrOff, 15, {
    text: 'From this score on mail is refused. `"off"`: nothing is refused by its score.',
    reason: "More than one list can say; a refused sender learns of it at once, which nobody does of Junk.",
  }),
});

/** What a domain or an account may have of its own. */
export const ownScores = {
  greylist_score: computed(score, { text: "Instead of `verdict.greylist_score`." }),
  junk_score: computed(score, { text: "Instead of `verdict.junk_score`." }),
  quarantine_score: computed(scoreOrOff, { text: "Instead of `verdict.quarantine_score`." }),
  reject_score: computed(scoreOrOff, { text: "Instead of `verdict.reject_score`." }),
};

export const accountPolicy = table({
  address: required(mailAddress, { text: "The account. What its table does not say is as its domain has it." }),
  ...ownScores,
});

const DISGUISES = [
  "readers-differ",
  "mixed-scripts",
  "numeric-host",
  "address-in-ipv6",
  "userinfo",
  "percent-encoded-host",
  "entities",
  "compatibility-letters",
  "invisible-characters",
  "backslashes",
  "control-characters",
  "defanged",
  "inside-a-link",
  "internationalised",
] as const;
const FILE_SIGNS = [
  "turned-name",
  "double-extension",
  "executable-content",
  "executable-name",
  "padded-name",
  "disk-image",
  "two-extensions",
  "macros",
  "unreadable-archive",
  "archive-in-archive",
  "encrypted-archive",
  "web-page",
] as const;

function record<const Names extends readonly [string, ...string[]]>(names: Names) {
  return expecting(`a table of weights for some of ${names.join(", ")}`, (error) =>
    z.partialRecord(z.enum(names, { error }), weight, { error }),
  );
}

/** What findings count; names that end in `_max` bound a sum. */
export const weights = table({
  one_list_max: setting(weight, 10, { text: "The most that one DNS list adds, whatever it lists." }),
  no_pointer: setting(weight, 2, { text: "The client's address has no PTR record." }),
  pointer_not_confirmed: setting(weight, 1, { text: "Its PTR record's name does not lead back to it." }),
  helo_differs: setting(weight, 1, { text: "The name in EHLO leads to another address." }),
  helo_unresolvable: setting(weight, 1, { text: "The name in EHLO leads to no address." }),
  helo_bare_address: setting(weight, 3, { text: "An address without brackets in EHLO." }),
  helo_private_literal: setting(weight, 4.5, { text: "A private address in EHLO." }),
  helo_malformed: setting(weight, 1, { text: "A malformed name in EHLO." }),
  spf_fail: setting(weight, 1, { text: "SPF says that the client may not send for the domain." }),
  spf_passes_everybody: setting(weight, 4, { text: "The domain's SPF record lets everybody send." }),
  spf_pass: setting(weight, -0.2, { text: "SPF passes." }),
  address_share: setting(weight, 0.5, {
    text: "What a list says about a domain that is only named in an address counts by this part.",
  }),
  allowed_sender: setting(weight, -20, { text: "A proven sender of `postern sender allow`." }),
  correspondent: setting(weight, -11, {
    text: "A proven sender to whom the recipient has written.",
    reason: "What would not be refused is below every other threshold then.",
  }),
  content_max: setting(weight, 8, { text: "The most that header, links and attachments add." }),
  bad_date: setting(weight, 0.5, { text: "A Date field that is missing, unreadable or far off." }),
  bad_message_id: setting(weight, 0.5, { text: "A Message-ID that is missing or malformed." }),
  display_name: setting(weight, 1.5, { text: "A name in From that is an address of another domain." }),
  own_domain: setting(weight, 2, { text: "Mail from outside under a domain of this server, without proof." }),
  link_mismatch: setting(weight, 2, { text: "A link whose text names another host than it leads to." }),
  disguises: setting(
    record(DISGUISES),
    {},
    {
      text: "Disguised links, by the words of `postern why`; what is not named here keeps its weight.",
    },
  ),
  files: setting(
    record(FILE_SIGNS),
    {},
    {
      text: "Suspicious attachments, by the words of `postern why`; what is not named here keeps its weight.",
    },
  ),
});

export const quarantine = table({
  keep_days: setting(wholeNumber(1, 3650), 30, {
    text: "How long mail that was kept back stays, in days. Then it is removed.",
    reason: "As long as decision records by default: long enough for a sender who asks after a holiday.",
  }),
  octets_max: setting(wholeNumber(1_048_576, Number.MAX_SAFE_INTEGER), 1_073_741_824, {
    text: "Room for all mail that is kept back, in octets. When it is full, further mail goes to Junk, and the administrator is told.",
    reason: "1 GiB is some 100,000 messages; nothing is pushed out, as nobody would notice.",
  }),
});

export const uriList = table({
  hosts: setting(
    expecting("a list of host names and addresses", (error) => z.array(z.string({ error }), { error })),
    [],
    { text: "Hosts that links must not lead to. A name stands for all names below it, too." },
  ),
  file: setting(text, "", {
    text: "More of them: a file with one a line, `host [weight] [# why]`. It is read at the start and at each reload.",
  }),
  weight: setting(weight, 7.5, {
    text: "What such a link adds, where the file says nothing else. 0 takes names below another entry out again.",
    reason: "As much as a list of phishing sites: Junk alone, and refused with something else.",
  }),
});
