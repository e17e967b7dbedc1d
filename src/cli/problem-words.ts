/** What the problems of `control-commands.ts` mean, in words for the person at the terminal. */
const WORDS: Readonly<Record<string, string>> = {
  "bad-address": "is not a mail address",
  "domain-not-ours": "is in none of the domains here; `postern domain add` makes one",
  "already-exists": "is there already",
  "no-such-account": "is no account here; `postern account list` shows them",
  "no-such-alias": "is no alias here; `postern alias list` shows them",
  "no-such-domain": "is no domain here; `postern domain list` shows them",
  "no-such-credential": "has no app password of that number; `postern account app-password list` shows them",
  "totp-active": "has TOTP already; `postern account totp remove` takes it away",
  "no-totp": "has no TOTP; `postern account totp add` makes it",
  "wrong-code": "was given a code that is not right",
  "code-used": "was given a code that was used already; wait for the next one",
  "seal-broken": "has a secret that keys/second-factor.key does not open; bring that file back, or remove TOTP",
  wait: "was given too many wrong codes; another is looked at after",
  "no-such-report": "is no report here; `postern reports list` shows them",
  "no-such-entry": "is not in the queue; `postern queue list` shows it",
  "account-held": "is held; `postern queue release --account` ends that",
  "not-suppressed": "is not suppressed; `postern queue suppressed list` shows what is",
  "address-is-account": "is an account; an alias needs an address of its own",
  "no-targets": "needs an account to lead to",
  "too-many-targets": "leads to too many addresses",
  "bad-target": "leads to something that is not a mail address",
  "no-such-target": "leads to an address that is no other account or alias here",
  "bad-domain": "is not a domain name",
  "not-running": "is not running",
  "in-settings": "stands in the settings; take it out there",
  "in-use": "still has accounts or aliases; remove them first",
  "too-short": "needs a longer password: eight characters or more",
  "too-long": "needs a shorter password",
  "not-text": "needs a password without control characters",
  "like-the-user-name": "needs a password without the user's name in it",
  common: "needs a password that is not among the common ones",
  "bad-label": "needs a label of one line for the app password",
  "no-scopes": "needs at least one of smtp, imap, pop3 for the app password",
  "bad-prefix": "cannot be used",
  "never-banned": "is never banned",
  "bad-greylist-key": "is no key of `postern greylist list`, no mail address and no IP address",
  "no-such-sender": "is not in the greylist; `postern greylist list` shows what waits",
  "next-key-too-new":
    "has next keys that were made less than a day ago: publish them, wait a day, or say --published if they can be seen",
  "not-in-quarantine": "is not in quarantine; `postern quarantine list` shows what is",
  "no-longer-kept": "is not kept any more: it was delivered to all its recipients, or removed",
  "recipient-bad-address": "cannot be delivered to what is no mail address",
  "recipient-no-such-account": "cannot be delivered to what is no account here",
  "bad-sender": "is no mail address, no domain, no `@*.domain`, no IP address and no network",
  "bad-scope": "cannot be for what is neither an account nor a domain",
  "scope-not-ours": "can only be for an account or a domain of this server",
  "bad-note": "needs a note of one line, up to 200 characters",
  "no-such-entry-of-senders": "is not on the list; `postern sender list` shows it",
  "too-many-senders": "has no room on the list; put networks and domains there instead of single addresses",
  "pair-not-running": "needs the running server; start it with `postern serve`",
  "pair-no-bind": "needs a port that the other node can reach: set [pair] bind",
  "pair-not-listening": "cannot be used, as this node cannot listen at [pair] bind; `postern status` says why",
  "pair-bad-code": "needs a whole code as `postern pair` prints it on the other node",
  "pair-own-code": "is this node: take the code to the other one",
  "pair-bad-host": "is no host, and no host and port",
  "pair-not-joined": "was not joined",
  "pair-too-many": "cannot be joined: this node is paired with as many as it may be",
  "pair-no-node": "is no node this one is paired with; `postern pair list` shows them",
  "pair-several": "is the name of several nodes; say the beginning of its key",
  "too-many": "has as many app passwords as an account may have; revoke one",
};

/** The stable word alone, for scripts. */
export function problemWord(problem: string): string {
  return problem.split(": ", 1)[0] ?? problem;
}

/** A sentence: `subject`, what is wrong with it, and the particulars that stand behind the word. */
export function problemSentence(subject: string, problem: string): string {
  const [word = "", ...particulars] = problem.split(": ");
  return `${[`${subject} ${WORDS[word] ?? word}`, ...particulars].join(": ")}.`;
}
