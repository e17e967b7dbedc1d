/** Debian's Dovecot, an instance of its own in a temporary folder: the IMAP server that ours is held against. */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.ts";
import { freePorts } from "./ports.ts";
import { hold, stop, waitForPort } from "./process.ts";

export interface Dovecot {
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly caFile: string;
  readonly ca: string;
  stop(): Promise<void>;
}

/** uid and gid that own the mail: `mail` on Debian. */
const mailId = 8;

/** Starts Dovecot (as root; it changes to `mail`) with these accounts. */
export async function startDovecot(accounts: ReadonlyMap<string, string>): Promise<Dovecot> {
  const folder = mkdtempSync(join(tmpdir(), "postern-dovecot-"));
  chmodSync(folder, 0o755);
  const [imapPort = 0, imapsPort = 0] = await freePorts(2);
  const certificate = makeCertificate(folder);
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), mailId, mailId);
  writeFileSync(
    join(folder, "users"),
    [...accounts].map(([user, password]) => `${user}:{PLAIN}${password}\n`).join(""),
  );
  writeFileSync(join(folder, "dovecot.conf"), settings(folder, imapPort, imapsPort));
  const child = hold(spawn("dovecot", ["-F", "-c", join(folder, "dovecot.conf")], { stdio: "ignore" }));
  await waitForPort(imapPort, child);
  return {
    imapPort,
    imapsPort,
    caFile: certificate.caFile,
    ca: certificate.ca,
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settings(folder: string, imap: number, imaps: number): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:${folder}/mail/%u
mail_uid = ${mailId}
mail_gid = ${mailId}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 1000
default_process_limit = 200
default_client_limit = 2000
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${mailId} gid=${mailId} home=${folder}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
`;
}
