/** What does not fit together in `[delivery]` and `[[route]]`. */
import { ipFamily } from "./network.ts";
import { parseNextHop } from "./next-hop.ts";
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";
import type { KeyPath } from "./toml-lines.ts";

type TlsPolicy = SettingsFile["delivery"]["tls"];

export function checkDelivery({ delivery, route, domain }: SettingsFile, problems: ProblemList): void {
  checkLogin(
    ["delivery", "relay_password"],
    { ...delivery, username: delivery.relay_username, host: delivery.relay_host },
    problems,
  );
  checkSources(["delivery", "source_addresses"], delivery.source_addresses, problems);
  const seen = new Set<string>();
  for (const [position, one] of route.entries()) {
    const path = (key: string): KeyPath => ["route", position, key];
    if (seen.has(one.domain)) {
      problems.error(path("domain"), `There are two routes for ${one.domain}`, "Take one of them out.");
    }
    seen.add(one.domain);
    if (domain.some(({ name, role }) => name === one.domain && role === "primary")) {
      problems.warning(
        path("domain"),
        `The route for ${one.domain} is never taken: mail for it stays here`,
        "Take it out, or the domain.",
      );
    }
    if (one.protocol === "lmtp" && one.host === "") {
      problems.error(path("protocol"), "LMTP needs a host", 'Set host = "unix:/path" or "127.0.0.1:24".');
    }
    checkLogin(path("password"), one, problems);
    checkSources(path("source_addresses"), one.source_addresses, problems);
  }
}

/** No setting lets a password through in clear. */
function checkLogin(
  path: KeyPath,
  { username, host, tls }: { readonly username: string; readonly host: string; readonly tls: TlsPolicy },
  problems: ProblemList,
): void {
  if (username === "") return;
  if (host === "" || parseNextHop(host)?.kind === "unix") {
    problems.error(path, "There is a password, and no host to log in to", "Name the host, with its port.");
  }
  if (tls === "none" || tls === "opportunistic") {
    problems.error(path, `A password needs TLS, and tls is "${tls}"`, 'Set tls = "verify", or "encrypt".');
  }
}

function checkSources(path: KeyPath, addresses: readonly string[], problems: ProblemList): void {
  const families = addresses.map(ipFamily);
  if (new Set(families).size < families.length) {
    problems.error(path, "Two source addresses of one family", "Leave one of each.");
  }
}
