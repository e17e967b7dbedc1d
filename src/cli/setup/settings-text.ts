/** The text of `postern.toml` that setup writes: what was asked for, and where to read on. */
import { formatEndpoint } from "#config/endpoint.ts";
import { usualListeners } from "#config/listeners.ts";
import type { SetupPlan } from "./plan.ts";

export function settingsText(plan: SetupPlan): string {
  const { domain, admin, hostname, secondMx, dataDir, dns } = plan;
  const exchanges = [hostname, ...(secondMx === undefined ? [] : [secondMx])];
  // A policy in force with a certificate that nobody vouches for would keep mail away.
  const mode = plan.certificate.kind === "self-signed" ? "none" : "enforce";
  return [
    "# Postern's settings, made by `postern setup`. Every key with its default and its reason: docs/settings.md",
    "# After a change: `postern check-config`, then `postern selftest`; a running server reads it on SIGHUP.",
    "",
    `hostname = ${quoted(hostname)}   # said in the greeting; its address and the address's PTR must agree`,
    `data_dir = ${quoted(dataDir)}`,
    `admin = ${quoted(admin)}   # gets mail for postmaster and abuse, and alerts`,
    "",
    "[[domain]]   # one of these for each domain that mail is received for",
    `name = ${quoted(domain)}`,
    `mta_sts_mode = ${quoted(mode)}   # others must use TLS with a good certificate: "enforce", "testing" or "none"`,
    ...(mode === "none" ? [] : [`mta_sts_mx = [${exchanges.map(quoted).join(", ")}]   # all of its MX`]),
    "",
    ...listeners(plan),
    ...certificate(plan),
    ...(dns === undefined ? [] : ["[dns]", `servers = [${quoted(dns)}]`, ""]),
  ].join("\n");
}

function listeners({ bind }: SetupPlan): readonly string[] {
  if (bind === undefined) {
    return ["# No [[listener]] at all: the usual ports on every address (25, 465, 587, 993, 995, 443, 80).", ""];
  }
  return usualListeners([bind], "usual").flatMap(({ protocol, endpoint, tls }) => [
    "[[listener]]",
    `protocol = "${protocol}"`,
    `bind = "${formatEndpoint(endpoint)}"`,
    `tls = "${tls}"`,
    "",
  ]);
}

function certificate({ certificate: wanted }: SetupPlan): readonly string[] {
  switch (wanted.kind) {
    case "self-signed":
      return ["[tls]", 'source = "self-signed"   # or "acme", or "files" with certificate and key', ""];
    case "files":
      return [
        "[tls]",
        'source = "files"   # new files in their place are served within a minute',
        `certificate = ${quoted(wanted.certificate)}`,
        `key = ${quoted(wanted.key)}`,
        "",
      ];
    case "acme": {
      const { directory, caFile } = wanted;
      const lines = [
        ...(directory === undefined ? [] : [`directory_url = ${quoted(directory)}`]),
        ...(caFile === undefined ? [] : [`ca_file = ${quoted(caFile)}`]),
      ];
      return [
        "[tls]",
        'source = "acme"   # obtained and renewed by itself; port 80 must lead here',
        "",
        ...(lines.length === 0 ? [] : ["[acme]", ...lines, ""]),
      ];
    }
  }
}

/** A TOML text: what JSON escapes is escaped alike. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
