/** Programs that the peer tests talk to, and the Debian packages that bring them. */
export const PEER_PROGRAMS: Readonly<Record<string, string>> = {
  swaks: "swaks",
  curl: "curl",
  openssl: "openssl",
  python3: "python3",
  mbsync: "isync",
  fetchmail: "fetchmail",
  mpop: "mpop",
  getmail: "getmail6",
  msmtp: "msmtp",
  dovecot: "dovecot-imapd",
  nmap: "nmap",
  testssl: "testssl.sh",
  rbldnsd: "rbldnsd",
  clamd: "clamav-daemon",
  rspamd: "rspamd",
  opendkim: "opendkim",
  // Ed25519 it verifies with the second.
  dkimverify: "python3-dkim python3-nacl",
  postmap: "postfix",
  ip: "iproute2",
  unshare: "util-linux",
  "systemd-analyze": "systemd",
  unbound: "unbound",
  knotd: "knot",
  keymgr: "knot",
  "smtp-sink": "postfix",
  pebble: "pebble",
  chromium: "chromium",
};

/** Programs whose packages cannot be installed beside the others, and what brings them instead. */
export const UNPACKED_PROGRAMS: Readonly<Record<string, string>> = { exim4: "tools/unpack-exim.sh" };

/** Programs that the bench compares with. */
export const BENCH_PROGRAMS: Readonly<Record<string, string>> = {
  "smtp-source": "postfix",
  rspamd: "rspamd",
  unbound: "unbound",
};
