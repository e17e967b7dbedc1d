/**
 * Postfix as the peer: an instance of its own that takes mail for one domain and delivers it into maildirs, with the
 * settings Debian gives it. Runs as root, as Postfix must.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../test/peers/ports.ts";
import { hold, must, stop, waitForPort } from "../test/peers/process.ts";

export interface Postfix {
  readonly port: number;
  /** Resolves when that many more messages lie in the maildirs than at the call before. */
  readonly delivered: (count: number) => Promise<void>;
  /** A delivered message that holds the text; empty where there is none. */
  readonly messageWith: (text: string) => string;
  readonly stop: () => Promise<void>;
}

export interface PostfixOptions {
  /** A milter on 127.0.0.1 that has a word in every message. */
  readonly milterPort?: number;
  /** Every connection begins with a PROXY line. */
  readonly behindProxy?: boolean;
  /** Takes mail from loopback for these, too, and hands it to port `port` there. */
  readonly relaysTo?: readonly { readonly domain: string; readonly port: number }[];
}

/** uid and gid that own the mail: `mail` on Debian. */
const mailId = 8;

/** Accounts are local-parts of `example.test`. */
export async function startPostfix(
  accounts: readonly string[],
  { milterPort, behindProxy = false, relaysTo = [] }: PostfixOptions = {},
): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), "postern-postfix-"));
  chmodSync(folder, 0o755);
  const [port = 0] = await freePorts(1);
  const configuration = join(folder, "etc");
  for (const name of ["etc", "spool", "data", "mail"]) mkdirSync(join(folder, name));
  const postfixId = Number(await must("id", ["-u", "postfix"]));
  chownSync(join(folder, "data"), postfixId, postfixId);
  chownSync(join(folder, "mail"), mailId, mailId);
  const more = [
    ...(milterPort === undefined
      ? []
      : [`smtpd_milters = inet:127.0.0.1:${milterPort}`, "milter_protocol = 6", "milter_default_action = tempfail"]),
    ...(behindProxy ? ["smtpd_upstream_proxy_protocol = haproxy", "smtpd_peername_lookup = no"] : []),
    ...(relaysTo.length === 0 ? [] : relaying(configuration)),
  ];
  writeFileSync(join(configuration, "main.cf"), `${mainCf(folder)}${more.join("\n")}\n`);
  writeFileSync(join(configuration, "master.cf"), masterCf(port));
  writeFileSync(
    join(configuration, "mailboxes"),
    accounts.map((account) => `${account}@example.test ${account}/\n`).join(""),
  );
  writeFileSync(
    join(configuration, "transports"),
    relaysTo.map(({ domain, port: hop }) => `${domain} smtp:[127.0.0.1]:${hop}\n`).join(""),
  );
  for (const map of ["mailboxes", "transports"])
    await must("postmap", ["-c", configuration, `hash:${configuration}/${map}`]);
  await must("postfix", ["-c", configuration, "check"]);
  const child = hold(spawn("/usr/lib/postfix/sbin/master", ["-c", configuration, "-d"], { stdio: "ignore" }));
  await waitForPort(port, child);
  let expected = 0;
  return {
    port,
    delivered: async (count) => {
      expected += count;
      while (inMaildirs(folder, accounts) < expected) await sleep(20);
    },
    messageWith: (text) => {
      for (const maildir of maildirs(folder, accounts)) {
        for (const name of readdirSync(maildir)) {
          const message = readFileSync(join(maildir, name), "latin1");
          if (message.includes(text)) return message;
        }
      }
      return "";
    },
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inMaildirs(folder: string, accounts: readonly string[]): number {
  return maildirs(folder, accounts).reduce((sum, maildir) => sum + readdirSync(maildir).length, 0);
}

function maildirs(folder: string, accounts: readonly string[]): readonly string[] {
  return accounts.map((account) => join(folder, "mail", account, "new")).filter((maildir) => existsSync(maildir));
}

function mainCf(folder: string): string {
  return `
compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
maillog_file = ${folder}/spool/maillog
maillog_file_prefixes = ${folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination =
virtual_mailbox_domains = example.test
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = hash:${folder}/etc/mailboxes
virtual_uid_maps = static:${mailId}
virtual_gid_maps = static:${mailId}
virtual_minimum_uid = 1
mynetworks = 127.0.0.2/32
smtpd_relay_restrictions = reject_unauth_destination
smtputf8_enable = no
alias_maps =
alias_database =
biff = no
enable_original_recipient = no
# Limits of one client are not what is measured.
smtpd_client_connection_count_limit = 0
message_size_limit = 52428800
virtual_mailbox_limit = 0
`;
}

function relaying(configuration: string): readonly string[] {
  return [
    "mynetworks = 127.0.0.0/8",
    "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination",
    `transport_maps = hash:${configuration}/transports`,
  ];
}

function masterCf(port: number): string {
  return `127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
relay unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
`;
}
