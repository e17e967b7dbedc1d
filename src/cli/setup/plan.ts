/** What `postern setup` was asked for, as one value. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseDomain, parseMailbox } from "#mail/address.ts";
import { parseIpAddress } from "#mail/ip-address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { parseServerAddress, type ServerAddress } from "#platform/dns/server-address.ts";
import { TSIG_ALGORITHMS, type TsigAlgorithm, type TsigKey } from "#protocol/dns/update.ts";
import type { Invocation, OptionText } from "../command.ts";

export interface SetupPlan {
  readonly domain: string;
  readonly admin: string;
  readonly hostname: string;
  readonly secondMx: string | undefined;
  /** Folder of the settings file. */
  readonly dir: string;
  readonly dataDir: string;
  /** The one address to listen on; undefined: all. */
  readonly bind: string | undefined;
  /** Name server to ask; undefined: the system's. */
  readonly dns: string | undefined;
  readonly certificate: CertificatePlan;
  readonly publish: PublishPlan;
  /** The server runs as this user. */
  readonly user: string;
  readonly isConfirmed: boolean;
  readonly usesSystemd: boolean;
  readonly checks: boolean;
}

export type CertificatePlan =
  | { readonly kind: "acme"; readonly directory: string | undefined; readonly caFile: string | undefined }
  | { readonly kind: "files"; readonly certificate: string; readonly key: string }
  | { readonly kind: "self-signed" };

export type PublishPlan =
  | { readonly kind: "by-hand" }
  | { readonly kind: "hook"; readonly program: string }
  | { readonly kind: "update"; readonly server: ServerAddress; readonly key: TsigKey };

export const SETUP_OPTIONS: Readonly<Record<string, OptionText>> = {
  domain: { type: "string", value: "DOMAIN", text: "the domain that mail is received for" },
  admin: { type: "string", value: "ADDRESS", text: "the administrator, who gets an account in the domain" },
  hostname: { type: "string", value: "HOST", text: "name of this server; default: mail.DOMAIN" },
  "second-mx": { type: "string", value: "HOST", text: "a second MX of yours, in the records and the TLS policy" },
  dir: { type: "string", value: "FOLDER", text: "for the settings; default: /etc/postern" },
  data: { type: "string", value: "FOLDER", text: "for all data; default: /var/lib/postern" },
  bind: { type: "string", value: "ADDRESS", text: "the one address to listen on; default: all" },
  dns: { type: "string", value: "SERVER", text: "name server to ask, also later; default: the system's" },
  "dns-hook": { type: "string", value: "PROGRAM", text: "publishes records: PROGRAM publish NAME TYPE VALUE" },
  rfc2136: { type: "string", value: "SERVER", text: "publishes records by dynamic update, with --tsig" },
  tsig: { type: "string", value: "KEY", text: "NAME:SECRET or ALGORITHM:NAME:SECRET, or @FILE with it" },
  "acme-directory": { type: "string", value: "URL", text: "the certificate authority; default: Let's Encrypt" },
  "acme-ca": { type: "string", value: "FILE", text: "certificates that prove the authority itself" },
  certificate: { type: "string", value: "FILE", text: "a certificate of your own, with --key" },
  key: { type: "string", value: "FILE", text: "its private key" },
  "self-signed": { type: "boolean", text: "no authority: a certificate that nobody vouches for" },
  user: { type: "string", value: "NAME", text: "the server runs as this user; default: postern" },
  yes: { type: "boolean", text: "does it; without it setup only looks" },
  "no-systemd": { type: "boolean", text: "writes no unit; starts the server itself" },
  "skip-checks": { type: "boolean", text: "does not look at the machine and the network first" },
};

export function readPlan(invocation: Invocation): Result<SetupPlan, string> {
  const given = (name: string): string | undefined => invocation.option(name);
  const domain = domainName(given("domain"));
  if (domain === undefined) return failed("--domain DOMAIN says for which domain mail is received: example.com.");
  const admin = given("admin") ?? "";
  if (!parseMailbox(admin, { utf8: false }).ok) return failed(`--admin ADDRESS is a mail address: admin@${domain}.`);
  const hostname = domainName(given("hostname") ?? `mail.${domain}`);
  if (hostname === undefined) return failed(`--hostname is a full host name: mail.${domain}.`);
  const secondMx = given("second-mx") === undefined ? undefined : domainName(given("second-mx"));
  if (given("second-mx") !== undefined && (secondMx === undefined || secondMx === hostname))
    return failed("--second-mx is the full name of another host.");
  const bind = given("bind") === undefined ? undefined : parseIpAddress(given("bind") ?? "");
  if (given("bind") !== undefined && bind === undefined) return failed("--bind is an IP address.");
  const dns = given("dns");
  if (dns !== undefined && parseServerAddress(dns) === undefined) return failed("--dns is an address: 127.0.0.1:5300.");
  const certificate = certificatePlan(invocation);
  if (!certificate.ok) return certificate;
  const publish = publishPlan(invocation);
  if (!publish.ok) return publish;
  const user = given("user") ?? "postern";
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) return failed("--user is the name of a user of this machine.");
  return ok({
    domain,
    admin: admin.toLowerCase(),
    hostname,
    secondMx,
    bind,
    dns,
    user,
    dir: resolve(given("dir") ?? "/etc/postern"),
    dataDir: resolve(given("data") ?? "/var/lib/postern"),
    certificate: certificate.value,
    publish: publish.value,
    isConfirmed: invocation.flag("yes"),
    usesSystemd: !invocation.flag("no-systemd"),
    checks: !invocation.flag("skip-checks"),
  });
}

/** In lower case; undefined for what is none, and for a name of one label. */
function domainName(text = ""): string | undefined {
  const parsed = parseDomain(text);
  return parsed.ok && !parsed.value.startsWith("[") && parsed.value.includes(".") ? parsed.value : undefined;
}

function certificatePlan(invocation: Invocation): Result<CertificatePlan, string> {
  const [certificate, key] = [invocation.option("certificate"), invocation.option("key")];
  const [directory, caFile] = [invocation.option("acme-directory"), invocation.option("acme-ca")];
  const isAcme = directory !== undefined || caFile !== undefined;
  const kinds = [certificate !== undefined || key !== undefined, isAcme, invocation.flag("self-signed")];
  if (kinds.filter(Boolean).length > 1) {
    return failed("--certificate, --acme-directory and --self-signed are three ways: choose one.");
  }
  if (invocation.flag("self-signed")) return ok({ kind: "self-signed" });
  for (const file of [certificate, key, caFile]) {
    if (file !== undefined && !existsSync(file)) return failed(`There is no file ${file}.`);
  }
  const absolute = caFile === undefined ? undefined : resolve(caFile);
  if (certificate === undefined && key === undefined) return ok({ kind: "acme", directory, caFile: absolute });
  if (certificate === undefined || key === undefined) return failed("--certificate and --key belong together.");
  return ok({ kind: "files", certificate: resolve(certificate), key: resolve(key) });
}

function publishPlan(invocation: Invocation): Result<PublishPlan, string> {
  const [hook, update] = [invocation.option("dns-hook"), invocation.option("rfc2136")];
  const tsig = invocation.option("tsig");
  if (hook !== undefined && update !== undefined) return failed("--dns-hook and --rfc2136 are two ways: choose one.");
  if ((update === undefined) !== (tsig === undefined)) return failed("--rfc2136 and --tsig belong together.");
  if (hook !== undefined) {
    const program = resolve(hook);
    return existsSync(program) ? ok({ kind: "hook", program }) : failed(`There is no program ${program}.`);
  }
  if (update === undefined || tsig === undefined) return ok({ kind: "by-hand" });
  const server = parseServerAddress(update);
  if (server === undefined) return failed("--rfc2136 is the address of the zone's primary server: 192.0.2.53.");
  // Other users of the machine see arguments: the key may stand in a file.
  const file = tsig.startsWith("@") ? tsig.slice(1) : undefined;
  if (file !== undefined && !existsSync(file)) return failed(`There is no file ${file}.`);
  const key = readTsigKey(file === undefined ? tsig : readFileSync(file, "utf8").trim());
  return key.ok ? ok({ kind: "update", server, key: key.value }) : key;
}

/** `NAME:SECRET` as people write it, `ALGORITHM:NAME:SECRET` as `nsupdate -y` and `keymgr` do; the secret in base64. */
export function readTsigKey(text: string): Result<TsigKey, string> {
  const words = text.split(":");
  const [algorithm = "", name = "", encoded = ""] = words.length === 2 ? ["hmac-sha256", ...words] : words;
  if (!isAlgorithm(algorithm)) {
    return failed(`--tsig takes a key of ${Object.keys(TSIG_ALGORITHMS).join(", ")}: older ones are broken.`);
  }
  const secret = Buffer.from(encoded, "base64");
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (words.length > 3 || name === "" || !isBase64) return failed("--tsig is NAME:SECRET, the secret in base64.");
  return ok({ name: name.replace(/\.$/, "").toLowerCase(), algorithm, secret });
}

function isAlgorithm(word: string): word is TsigAlgorithm {
  return Object.hasOwn(TSIG_ALGORITHMS, word);
}
