/** Debian's pebble: a certificate authority for tests, which really looks whether the names are ours. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.ts";
import { freePorts } from "./ports.ts";
import { hold, stop, waitForPort } from "./process.ts";

export interface Pebble extends AsyncDisposable {
  /** The lines of `[tls]` and `[acme]` for it. */
  readonly settings: (challenge: "http-01" | "tls-alpn-01" | "dns-01", more?: string) => string;
  readonly directoryUrl: string;
  /** Proves pebble itself. */
  readonly caFile: string;
  /** Where the root of what it issues is to be had. */
  readonly rootUrl: string;
}

export interface PebbleOptions {
  readonly nameServer: string;
  /** Where it looks for http-01. */
  readonly httpPort: number;
  /** Where it looks for tls-alpn-01. */
  readonly tlsPort: number;
  /** How long its certificates live. Seconds. */
  readonly lifeSeconds: number;
}

export async function startPebble({ nameServer, httpPort, tlsPort, lifeSeconds }: PebbleOptions): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), "postern-pebble-"));
  mkdirSync(join(folder, "own"));
  const { certificateFile, keyFile, caFile } = makeCertificate(join(folder, "own"));
  const [port = 0, managementPort = 0] = await freePorts(2);
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: certificateFile,
      privateKey: keyFile,
      httpPort,
      tlsPort,
      ocspResponderURL: "",
      externalAccountBindingRequired: false,
      certificateValidityPeriod: lifeSeconds,
    },
  };
  writeFileSync(join(folder, "pebble.json"), JSON.stringify(config));
  const child = spawn("pebble", ["-config", join(folder, "pebble.json"), "-dnsserver", nameServer], {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1" },
  });
  hold(child);
  await waitForPort(port, child);
  const directoryUrl = `https://localhost:${port}/dir`;
  return {
    directoryUrl,
    caFile,
    rootUrl: `https://localhost:${managementPort}/roots/0`,
    settings: (challenge, more = "") =>
      [
        "[tls]",
        'source = "acme"',
        "[acme]",
        `directory_url = "${directoryUrl}"`,
        `ca_file = "${caFile}"`,
        `challenge = "${challenge}"`,
        more,
      ].join("\n"),
    async [Symbol.asyncDispose]() {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
