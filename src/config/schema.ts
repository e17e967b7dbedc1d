/** `postern.toml`, table by table. `schema-limits.ts` and `schema-protections.ts` hold the longer ones. */
import { z } from "zod";
import { delivery, route } from "./schema-delivery.ts";
import { limits } from "./schema-limits.ts";
import { policy } from "./schema-policy.ts";
import { antivirus, dmarc, greylist, lists, milter, relay, rules } from "./schema-protections.ts";
import { accountPolicy, ownScores, quarantine, uriList, verdict, weights } from "./schema-verdict.ts";
import { computed, expecting, required, section, setting, table } from "./setting.ts";
import {
  bind,
  choice,
  domainName,
  hostName,
  mailAddress,
  nameServer,
  network,
  separator,
  text,
  wholeNumber,
} from "./value-types.ts";

export const LISTENER_PROTOCOLS = ["smtp", "submission", "imap", "pop3", "lmtp", "http"] as const;

const domain = table({
  name: required(domainName, { text: "The domain. Exactly this one: a subdomain is a domain of its own." }),
  role: setting(choice(["primary", "secondary"]), "primary", {
    text: "`secondary`: this server is a second MX and keeps mail for the primary one.",
  }),
  primary_host: setting(text, "", { text: "For a secondary: the host that mail is handed on to." }),
  plus_address_separator: setting(separator, "+", {
    text: "What stands between a local-part and its detail: mail to `alice+shop` is mail to `alice`. Empty: none.",
    reason: "What most providers use.",
  }),
  catch_all: setting(mailAddress, "", {
    text: "Account that takes mail for every unknown address of the domain. Empty: unknown addresses are refused.",
    reason: "A catch-all collects spam and hides typing errors from those who make them.",
  }),
  ...ownScores,
});

const listener = table({
  protocol: required(choice(LISTENER_PROTOCOLS), {
    text: "`smtp` takes mail from other servers (MX), `submission` takes mail from users who log in.",
  }),
  bind: required(bind, {
    text: "Address and port, `[::]:25` for IPv6 (and IPv4, unless another listener has `0.0.0.0` and the same port), or `unix:/path` for `lmtp` and `http`. One a table.",
  }),
  tls: computed(choice(["starttls", "implicit", "none"]), {
    text: "`none` only for `http` and `lmtp` on a loopback address or a socket: no password crosses a wire in clear.",
    computedDefault: "`starttls` for `smtp` and port 587 or 2587, `none` for `lmtp`, `implicit` otherwise",
  }),
  proxy_from: setting(
    expecting("a list of addresses and networks", (error) => z.array(network, { error })),
    [],
    {
      text: "Peers whose PROXY header is believed (v1 and v2). From anyone else it is bad SMTP.",
      reason: "Whoever may say where a client comes from can be anybody.",
    },
  ),
});

const certificatePair = table({
  certificate: required(text, { text: "File with the chain, the server's own certificate first, in PEM." }),
  key: required(text, { text: "File with the private key, in PEM." }),
});

const tls = table({
  source: setting(choice(["self-signed", "files", "acme"]), "self-signed", {
    text: "Where certificates come from: `self-signed` makes one at the first start, `files` reads yours.",
    reason: "Works at once and without network; other servers' mail arrives with it, mail programs ask to trust it.",
  }),
  certificate: setting(
    expecting("a file name, or an array of tables with certificate and key", (error) =>
      z.union([z.string({ error }), z.array(certificatePair, { error })], { error }),
    ),
    "",
    {
      text: "For `files`: the chain in PEM. Several names: one `[[tls.certificate]]` table each, with `certificate` and `key`.",
    },
  ),
  key: setting(text, "", { text: "For `files`: the private key in PEM." }),
});

const dns = table({
  servers: setting(
    expecting("a list of name servers", (error) => z.array(nameServer, { error })),
    [],
    { text: "Name servers to ask. Empty: those of the system.", reason: "Right on nearly every machine." },
  ),
  timeout_ms: setting(wholeNumber(100, 30_000), 3000, {
    text: "Time all look-ups for one step have together.",
    reason: "Slow answers delay mail; no answer is never evidence against a sender.",
  }),
});

const threads = table({
  front: setting(wholeNumber(0, 64), 0, {
    text: "Threads that talk to clients. 0: as many as the machine has cores; 1: everything in one thread.",
  }),
});

const accounts = table({
  default_quota_octets: setting(wholeNumber(0, Number.MAX_SAFE_INTEGER), 0, {
    text: "Room for the mail of a new account, in octets. 0: no limit.",
    reason: "Only the administrator knows the disk and the people.",
  }),
});

const decisions = table({
  keep_days: setting(wholeNumber(1, 3650), 30, {
    text: "How long decision records are kept, in days: what `postern why` and `postern replay` can look back.",
    reason: "Long enough for a sender who asks after a holiday. A record takes about 4 KiB.",
  }),
});

const store = table({
  url: setting(text, "sqlite:", { text: "Where accounts and mail are kept: `sqlite:` in the data folder." }),
  blobs: setting(text, "file:", { text: "Where large messages are kept: `file:` in the data folder." }),
  bus: setting(text, "", { text: "For several machines: what carries limits, bans and events between them." }),
});

function list<Type extends z.ZodType>(type: Type) {
  return expecting("an array of tables, each under a header in double brackets", (error) => z.array(type, { error }));
}

export const posternToml = table({
  hostname: required(hostName, {
    text: "Name of this server: said in the greeting, in EHLO and in trace fields. Its address record should lead here, and the address's PTR record back to it.",
  }),
  data_dir: setting(text, ".", {
    text: "Folder for all data. A relative one stands beside this file.",
    reason: "One folder to back up.",
  }),
  admin: computed(mailAddress, {
    text: "Takes mail for `postmaster` and `abuse` of every domain, and alerts.",
    computedDefault: "`postmaster@` and the first domain",
  }),
  domain: required(list(domain), { text: "One `[[domain]]` table for each domain that mail is received for." }),
  listener: setting(list(listener), [], {
    text: "One `[[listener]]` table for each port. None at all: the usual ports where the process may bind them, otherwise the unprivileged ones.",
  }),
  tls: section(tls, "Certificates."),
  dns: section(dns, "Name servers."),
  list: setting(list(lists), [], {
    text: "One `[[list]]` table for each DNS list. Shipped profiles by name, own ones in full.",
  }),
  rules: section(rules, 'Each check: `"off"`, `"shadow"` (recorded, no effect) or `"enforce"`.'),
  verdict: section(verdict, "From which score on what happens: the sum of all weights of a message."),
  weights: section(weights, "What each sign counts. Lists have theirs in `[[list]]`."),
  account_policy: setting(list(accountPolicy), [], {
    text: "One `[[account_policy]]` table for each account that has scores of its own.",
  }),
  quarantine: section(quarantine, "Mail that is kept back from its recipients: `postern quarantine list`."),
  uri_list: section(
    uriList,
    "Our own list of hosts that links must not lead to. It counts where `rules.uri_lists` does.",
  ),
  policy: section(policy, "Checks of your own in TypeScript: see [policy.md](policy.md)."),
  dmarc: section(dmarc, "Who is believed about mail that was passed on."),
  greylist: section(greylist, 'How senders wait, where `rules.greylist` is not `"off"`.'),
  antivirus: section(antivirus, 'The virus scanner, where `rules.antivirus` is not `"off"`.'),
  milter: setting(list(milter), [], {
    text: "One `[[milter]]` table for each filter that speaks the milter protocol: rspamd, opendkim and others.",
  }),
  limits: section(limits, "What one client, one network and all together may take."),
  relay: section(relay, "Who may send to other domains without logging in: nobody, unless listed here."),
  threads: section(threads, "Use of the machine."),
  delivery: section(delivery, "Mail for other domains."),
  route: setting(list(route), [], {
    text: "One `[[route]]` table for each domain whose mail takes a way of its own.",
  }),
  accounts: section(accounts, "New accounts."),
  decisions: section(decisions, "Records of what was decided about connections and messages."),
  store: section(store, "Where the data is."),
});
