/** `postern.toml`, table by table. `schema-limits.ts` and `schema-protections.ts` hold the longer ones. */
import { z } from "zod";
import { auth } from "./schema-auth.ts";
import { clientCertificates } from "./schema-client-certificates.ts";
import { delivery, route } from "./schema-delivery.ts";
import { limits } from "./schema-limits.ts";
import { metrics } from "./schema-metrics.ts";
import { oauth } from "./schema-oauth.ts";
import { pair } from "./schema-pair.ts";
import { policy } from "./schema-policy.ts";
import { antivirus, dmarc, greylist, lists, milter, relay, rules } from "./schema-protections.ts";
import { queue } from "./schema-queue.ts";
import { reports } from "./schema-reports.ts";
import { sending, sendingAccount } from "./schema-sending.ts";
import { accountPolicy, ownScores, quarantine, uriList, verdict, weights } from "./schema-verdict.ts";
import { computed, expecting, required, section, setting, table } from "./setting.ts";
import {
  bind,
  choice,
  domainName,
  hostName,
  mailAddress,
  mxPattern,
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
  primary_host: setting(text, "", {
    text: "For a secondary: the paired node that has the domain, by its `hostname` or by the host it was joined at.",
  }),
  plus_address_separator: setting(separator, "+", {
    text: "What stands between a local-part and its detail: mail to `alice+shop` is mail to `alice`. Empty: none.",
    reason: "What most providers use.",
  }),
  catch_all: setting(mailAddress, "", {
    text: "Account that takes mail for every unknown address of the domain. Empty: unknown addresses are refused.",
    reason: "A catch-all collects spam and hides typing errors from those who make them.",
  }),
  mta_sts_mode: setting(choice(["testing", "enforce", "none"]), "testing", {
    text: "MTA-STS policy for other servers that send to this domain, at `https://mta-sts.DOMAIN/`: `enforce` forbids them to deliver without a good certificate, `testing` has them report alone, `none` takes a policy back.",
    reason:
      "It has an effect only when the record `_mta-sts` is published; `enforce` is for when the reports are quiet.",
  }),
  mta_sts_max_age_seconds: setting(wholeNumber(86_400, 31_557_600), 604_800, {
    text: "How long others remember that policy.",
    reason: "A week: long enough to protect a server that sends rarely, short enough to change one's mind.",
  }),
  mta_sts_mx: setting(
    expecting("a list of host names", (error) => z.array(mxPattern, { error })),
    [],
    {
      text: 'Mail exchangers in that policy, `"*.example.com"` too. Empty: `hostname`. All of the domain\'s MX records must be among them.',
    },
  ),
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
  min_tls: setting(choice(["1.2", "1.3", "1.1", "1.0"]), "1.2", {
    text: "The oldest TLS this listener takes. `1.0` and `1.1` are for devices that cannot do better: `postern status` shows who still uses them.",
    reason: "Older versions are broken, and nothing of the last ten years needs them.",
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
    text: "Where certificates come from: `self-signed` makes one at the first start, `files` reads yours, `acme` obtains and renews them: see `[acme]`.",
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

const acme = table({
  directory_url: setting(text, "https://acme-v02.api.letsencrypt.org/directory", {
    text: 'The certificate authority\'s directory. Who sets `tls.source = "acme"` agrees to its terms of service.',
    reason: "Let's Encrypt: free, and trusted by all mail programs.",
  }),
  contact: setting(
    expecting("a list of mail addresses", (error) => z.array(mailAddress, { error })),
    [],
    {
      text: "Addresses the authority may write to. Empty: none.",
      reason: "Most authorities write to nobody any more.",
    },
  ),
  challenge: setting(choice(["http-01", "tls-alpn-01", "dns-01"]), "http-01", {
    text: "How the authority sees that the names are ours: it asks on port 80 (`http-01`), on port 443 (`tls-alpn-01`), or the DNS (`dns-01`, with `hook`).",
    reason: "Works wherever port 80 leads here.",
  }),
  hook: setting(text, "", {
    text: "For `dns-01`: program that is run as `hook present NAME VALUE`, and `hook remove NAME VALUE` afterwards; NAME is the TXT record. It ends with 0 when the record is to be seen.",
  }),
  names: setting(
    expecting("a list of host names", (error) => z.array(hostName, { error })),
    [],
    {
      text: "Names in the certificate. Empty: `hostname`, and of `mta-sts.`, `autoconfig.` and `autodiscover.` of each domain those that lead to the same addresses.",
      reason: "One name that does not lead here would cost the certificate of all.",
    },
  ),
  key_types: setting(
    expecting('a list of "ecdsa" and "rsa"', (error) => z.array(choice(["ecdsa", "rsa"]), { error }).min(1, { error })),
    ["ecdsa", "rsa"],
    {
      text: "One certificate for each. Clients get the one they can read.",
      reason: "ECDSA is smaller and faster; some old servers that send mail know RSA alone.",
    },
  ),
  ca_file: setting(text, "", {
    text: "Certificates in PEM that prove the authority itself: for one of your own. Empty: those every program knows.",
  }),
  eab_key_id: setting(text, "", {
    text: "For authorities that want an account with them (external account binding): its key's name.",
  }),
  eab_hmac_key: setting(text, "", { text: "And the key itself, in base64url.", secret: true }),
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
  acme: section(acme, 'For `tls.source = "acme"`.'),
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
  sending: section(
    sending,
    "How much users may send, and when an account looks stolen: see [sending-limits.md](sending-limits.md).",
  ),
  sending_account: setting(list(sendingAccount), [], {
    text: "One `[[sending_account]]` table for each account that has limits of its own.",
  }),
  queue: section(queue, "How long and how often mail for other domains is tried."),
  route: setting(list(route), [], {
    text: "One `[[route]]` table for each domain whose mail takes a way of its own.",
  }),
  pair: section(pair, "Other nodes: see [second-mx.md](second-mx.md)."),
  reports: section(reports, "What domains tell each other about mail: see [reports.md](reports.md)."),
  metrics: section(metrics, "Figures for Prometheus: see [metrics.md](metrics.md)."),
  accounts: section(accounts, "New accounts."),
  auth: section(auth, "How users prove who they are."),
  oauth: section(
    oauth,
    "Users who log in with a token of an OpenID provider: see [single-sign-on.md](single-sign-on.md).",
  ),
  client_certificates: section(
    clientCertificates,
    "Users who log in with a certificate: see [client-certificates.md](client-certificates.md).",
  ),
  decisions: section(decisions, "Records of what was decided about connections and messages."),
  store: section(store, "Where the data is."),
});
