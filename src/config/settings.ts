/** The settings as the program uses them: plain data that can be sent to other threads. Each room gets its slice. */
import type { z } from "zod";
import type { Domain } from "#mail/address.ts";
import type { CamelCased } from "./camel-case.ts";
import type { ListenEndpoint } from "./endpoint.ts";
import type { OauthFileSettings } from "./oauth.ts";
import type { PolicyFileSettings } from "./policy-file.ts";
import type { LISTENER_PROTOCOLS, posternToml } from "./schema.ts";
import type { ScoreSettings } from "./scores.ts";
import type { UriListEntry } from "./uri-list-file.ts";

/** What the file says, with defaults. */
export type SettingsFile = z.output<typeof posternToml>;

type FileSettings = CamelCased<SettingsFile>;

export type ListenerProtocol = (typeof LISTENER_PROTOCOLS)[number];
export type ListenerTls = "starttls" | "implicit" | "none";

export interface ListenerSettings {
  readonly protocol: ListenerProtocol;
  readonly endpoint: ListenEndpoint;
  /** An IPv6 listener that leaves IPv4 to another one on the same port. */
  readonly ipv6Only: boolean;
  readonly tls: ListenerTls;
  /** The oldest version taken. */
  readonly minTls: "1.0" | "1.1" | "1.2" | "1.3";
  /** Addresses and networks whose PROXY header is believed. */
  readonly proxyFrom: readonly string[];
}

export interface DomainSettings extends ScoreSettings {
  readonly name: Domain;
  readonly role: "primary" | "secondary";
  readonly primaryHost: string;
  /** One character, or empty for none. */
  readonly plusAddressSeparator: string;
  /** Canonical address of an account, or empty for none. */
  readonly catchAll: string;
  /** What other servers are told (RFC 8461); `mx` is never empty. */
  readonly mtaSts: {
    readonly mode: "enforce" | "testing" | "none";
    readonly maxAgeSeconds: number;
    readonly mx: readonly string[];
  };
}

export interface TlsSettings {
  readonly source: "self-signed" | "files" | "acme";
  /** Absolute file names. At least one for `files`, none otherwise. */
  readonly certificates: readonly { readonly certificateFile: string; readonly keyFile: string }[];
}

/** File names are absolute, or empty for none. */
/** Absolute names of files; `crlFile` may be empty. */
export type ClientCertificateSettings = FileSettings["clientCertificates"];

export type AcmeSettings = FileSettings["acme"];

export interface Settings {
  /** Where they were read from; absolute. */
  readonly file: string;
  readonly hostname: Domain;
  /** Absolute. */
  readonly dataDir: string;
  /** Canonical address. */
  readonly admin: string;
  readonly domains: readonly DomainSettings[];
  readonly listeners: readonly ListenerSettings[];
  readonly tls: TlsSettings;
  readonly acme: AcmeSettings;
  readonly dns: FileSettings["dns"];
  readonly lists: FileSettings["list"];
  readonly rules: FileSettings["rules"];
  readonly verdict: FileSettings["verdict"];
  readonly weights: FileSettings["weights"];
  /** By canonical address. */
  readonly accountPolicies: readonly (ScoreSettings & { readonly address: string })[];
  readonly quarantine: FileSettings["quarantine"];
  /** Of the settings and of the file they name. */
  readonly uriList: readonly UriListEntry[];
  /** Undefined where none is named. */
  readonly policyFile: PolicyFileSettings | undefined;
  readonly dmarc: FileSettings["dmarc"];
  readonly greylist: FileSettings["greylist"];
  readonly antivirus: FileSettings["antivirus"];
  readonly milters: FileSettings["milter"];
  readonly limits: FileSettings["limits"];
  readonly relay: FileSettings["relay"];
  readonly threads: FileSettings["threads"];
  readonly delivery: FileSettings["delivery"];
  readonly queue: FileSettings["queue"];
  readonly sending: FileSettings["sending"];
  /** By canonical address. */
  readonly sendingAccounts: FileSettings["sendingAccount"];
  readonly routes: FileSettings["route"];
  readonly pair: FileSettings["pair"];
  /** `from` is canonical and in one of the domains. */
  readonly reports: FileSettings["reports"] & { readonly from: string };
  readonly metrics: FileSettings["metrics"];
  readonly accounts: FileSettings["accounts"];
  readonly auth: FileSettings["auth"];
  readonly oauth: OauthFileSettings | undefined;
  readonly clientCertificates: ClientCertificateSettings | undefined;
  readonly decisions: FileSettings["decisions"];
  readonly store: FileSettings["store"];
}
