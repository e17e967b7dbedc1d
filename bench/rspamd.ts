/**
 * rspamd as the peer: Debian's, as a milter, with the checks that Postern makes too (SPF, DKIM, ARC, DMARC, the same lists,
 * its rules about headers and HTML) and without those that need a database, learning or the network.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../test/peers/ports.ts";
import { hold, stop, waitForPort } from "../test/peers/process.ts";
import { ADDRESS_LISTS, URI_LISTS } from "./pipeline-world.ts";

export interface Rspamd {
  readonly milterPort: number;
  readonly stop: () => Promise<void>;
}

/** @param workers processes that check mail: as many as Postern has fronts. */
export async function startRspamd(resolverPort: number, workers: number): Promise<Rspamd> {
  const folder = mkdtempSync(join(tmpdir(), "postern-rspamd-"));
  // Root is not what it runs as.
  chmodSync(folder, 0o777);
  const [milterPort = 0] = await freePorts(1);
  const file = join(folder, "rspamd.conf");
  // Otherwise it takes no host of this world for one.
  writeFileSync(join(folder, "tlds"), "com\nnet\norg\ntest\n");
  writeFileSync(file, settings(folder, milterPort, resolverPort, workers));
  const folders = ["DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR"].map((name) => `--var=${name}=${folder}`);
  const child = hold(
    spawn("rspamd", ["-f", "-u", "_rspamd", "-g", "_rspamd", "-c", file, ...folders], { stdio: "ignore" }),
  );
  await waitForPort(milterPort, child);
  return {
    milterPort,
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settings(folder: string, milterPort: number, resolverPort: number, workers: number): string {
  const addresses = ADDRESS_LISTS.map(
    (list, index) =>
      `  addresses${index} { symbol = "RBL_${index}"; rbl = "${list}"; checks = ["from"]; ipv6 = false; }`,
  );
  const links = URI_LISTS.map(
    (list, index) => `  links${index} { symbol = "URIBL_${index}"; rbl = "${list}"; checks = ["urls"]; }`,
  );
  return `options {
  pidfile = "${folder}/rspamd.pid";
  filters = "dkim";
  cache_file = "${folder}/symbols.cache";
  hs_cache_dir = "${folder}/";
  control_socket = "${folder}/rspamd.sock mode=0600";
  history_rows = 200;
  tempdir = "${folder}";
  url_tld = "${folder}/tlds";
  local_addrs = [];
  dns { nameserver = ["127.0.0.1:${resolverPort}"]; timeout = 1s; sockets = 16; retransmits = 5; }
  dns_max_requests = 64;
  task_timeout = 8s;
}
logging { type = "file"; filename = "${folder}/rspamd.log"; level = "warning"; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${milterPort}";
  milter = yes;
  timeout = 120s;
  count = ${workers};
  upstream "local" { default = yes; self_scan = yes; }
}
lua = "$RULESDIR/rspamd.lua";
.include "$CONFDIR/actions.conf"
.include "$CONFDIR/groups.conf"
modules { path = "\${PLUGINSDIR}"; }
spf { min_cache_ttl = 5m; }
dkim { dkim_cache_size = 2k; time_jitter = 6h; }
arc { }
milter_headers { use = ["authentication-results", "x-spamd-result"]; }
dmarc { actions = { reject = "reject"; quarantine = "add_header"; } }
rbl {
  default_exclude_users = true;
  default_unknown = true;
  rbls {
${[...addresses, ...links].join("\n")}
  }
}
`;
}
