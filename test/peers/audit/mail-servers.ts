/** Debian's Postfix and Dovecot on the standard ports of an address: as they come, or as nobody should have them. */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hold, must, stop } from "../process.ts";
import { listening } from "./listening.ts";

export interface MailServers {
  readonly stop: () => Promise<void>;
}

export interface MailServerOptions {
  readonly address: string;
  readonly hostname: string;
  readonly domain: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Open relay, passwords in clear, TLS 1.0. */
  readonly isBad: boolean;
}

const mailId = 8;

export async function startMailServers(options: MailServerOptions): Promise<MailServers> {
  const folder = mkdtempSync(join(tmpdir(), "postern-audit-"));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "cert.pem"), options.certificatePem);
  writeFileSync(join(folder, "key.pem"), options.keyPem);
  const stopDovecot = await startDovecot(folder, options);
  const stopPostfix = await startPostfix(folder, options);
  return {
    stop: async () => {
      await stopPostfix();
      await stopDovecot();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startPostfix(folder: string, options: MailServerOptions): Promise<() => Promise<void>> {
  const configuration = join(folder, "etc");
  for (const name of ["etc", "spool", "postfix", "mail"]) mkdirSync(join(folder, name));
  const postfixId = Number(await must("id", ["-u", "postfix"]));
  chownSync(join(folder, "postfix"), postfixId, postfixId);
  writeFileSync(join(configuration, "main.cf"), mainCf(folder, options));
  writeFileSync(join(configuration, "master.cf"), masterCf(options.address));
  writeFileSync(join(configuration, "mailboxes"), `postmaster@${options.domain} postmaster/\n`);
  await must("postmap", ["-c", configuration, `hash:${configuration}/mailboxes`]);
  await must("postfix", ["-c", configuration, "check"]);
  const child = hold(spawn("/usr/lib/postfix/sbin/master", ["-c", configuration, "-d"], { stdio: "ignore" }));
  for (const port of [25, 587]) await listening(options.address, port);
  return () => stop(child);
}

function mainCf(folder: string, { address, hostname, domain, isBad }: MailServerOptions): string {
  const trusted = isBad ? "0.0.0.0/0" : "127.0.0.0/8";
  return `
compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/postfix
maillog_file = ${folder}/spool/maillog
maillog_file_prefixes = ${folder}
inet_interfaces = ${address}
inet_protocols = ipv4
myhostname = ${hostname}
mydestination =
virtual_mailbox_domains = ${domain}
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = hash:${folder}/etc/mailboxes
virtual_uid_maps = static:${mailId}
virtual_gid_maps = static:${mailId}
virtual_minimum_uid = 1
mynetworks = ${trusted}
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
smtpd_tls_cert_file = ${folder}/cert.pem
smtpd_tls_key_file = ${folder}/key.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${folder}/run/auth-client
smtpd_sasl_auth_enable = ${isBad ? "yes" : "no"}
${isBad ? "smtpd_tls_auth_only = no\nsmtpd_tls_protocols = >=TLSv1\ntls_medium_cipherlist = ALL:@SECLEVEL=0" : ""}
alias_maps =
alias_database =
biff = no
default_transport = discard
`;
}

function masterCf(address: string): string {
  const submission = "-o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes";
  return `${address}:25 inet n - n - - smtpd
${address}:587 inet n - n - - smtpd ${submission}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
`;
}

async function startDovecot(folder: string, { address, isBad }: MailServerOptions): Promise<() => Promise<void>> {
  writeFileSync(join(folder, "users"), "postmaster:{PLAIN}not-to-be-guessed-7\n");
  writeFileSync(
    join(folder, "dovecot.conf"),
    `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap pop3
listen = ${address}
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = ${isBad ? "no" : "yes"}
${isBad ? "ssl_min_protocol = TLSv1\nssl_cipher_list = ALL:@SECLEVEL=0" : ""}
auth_mechanisms = plain login
mail_location = maildir:${folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${mailId} gid=${mailId} home=${folder}/mail/%u
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
`,
  );
  const child = hold(spawn("dovecot", ["-F", "-c", join(folder, "dovecot.conf")], { stdio: "ignore" }));
  for (const port of [110, 143, 993, 995]) await listening(address, port);
  return () => stop(child);
}
