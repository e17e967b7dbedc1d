/** The settings of the first run: a server to try out, on this machine alone, from which nothing leaves. */
import { formatEndpoint } from "./endpoint.ts";
import { usualListeners } from "./listeners.ts";

export const TRIAL_DOMAIN = "example.test";
export const TRIAL_ACCOUNTS = [`alice@${TRIAL_DOMAIN}`, `bob@${TRIAL_DOMAIN}`] as const;

/** The text of `postern.toml`. */
export function firstRunSettings({ hasIpv6 }: { readonly hasIpv6: boolean }): string {
  const hosts = hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
  const listeners = usualListeners(hosts, "unprivileged").map(({ protocol, endpoint, tls }) =>
    ["[[listener]]", `protocol = "${protocol}"`, `bind = "${formatEndpoint(endpoint)}"`, `tls = "${tls}"`, ""].join(
      "\n",
    ),
  );
  return `${HEAD}\n${listeners.join("\n")}\n${TAIL}`;
}

const HEAD = `# Postern's settings. Every key with its default and its reason: docs/settings.md
# After a change: \`postern check-config\`, then restart the server.

hostname = "mail.${TRIAL_DOMAIN}"    # said in the greeting; for real mail a name that others can look up
admin = "${TRIAL_ACCOUNTS[0]}"      # gets mail for postmaster and abuse

[[domain]]                         # one of these for each domain that mail is received for
name = "${TRIAL_DOMAIN}"

# These listeners are reached from this machine alone. For real mail take them all out: then the
# usual ports are used on every address (25, 465, 587, 993, 995, 443, 80, where the process may bind them).
`;

const TAIL = `[tls]
source = "self-signed"             # or "acme", or "files" with certificate = "…" and key = "…"

[delivery]
hold = true                        # mail for other servers stays in the queue: nothing leaves the machine

[limits]
# message_size_octets_max = 52428800
# recipients_per_transaction = 100
`;
