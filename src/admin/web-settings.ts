/** What the web pages for mail are made of, in this room's terms. */
export interface WebSettings {
  readonly hostname: string;
  readonly domains: readonly WebDomain[];
  readonly services: readonly MailService[];
  /** Who shows it may read the figures from elsewhere, and nobody may without it. */
  readonly metricsToken?: string | undefined;
}

export interface WebDomain {
  readonly name: string;
  readonly mtaSts: MtaStsSettings;
}

export interface MtaStsSettings {
  readonly mode: "enforce" | "testing" | "none";
  readonly maxAgeSeconds: number;
  /** Names of mail exchangers, `*.example.com` too. */
  readonly mx: readonly string[];
}

/** A port for mail programs, best first within its protocol. */
export interface MailService {
  readonly protocol: "imap" | "pop3" | "submission";
  readonly port: number;
  readonly tls: "implicit" | "starttls";
}

/** The domain that an address or a host name of ours is about; undefined where it is none of ours. */
export function domainOf(settings: WebSettings, name: string | undefined): WebDomain | undefined {
  return settings.domains.find((domain) => domain.name === name?.toLowerCase());
}

/** The domain in `user@domain`. */
export function domainOfAddress(settings: WebSettings, address: string): WebDomain | undefined {
  const at = address.lastIndexOf("@");
  return at <= 0 ? undefined : domainOf(settings, address.slice(at + 1));
}

/** What clients ask for a domain's sake, by convention of each. */
const PREFIXES = ["mta-sts.", "autoconfig.", "autodiscover.", ""] as const;
export type HostRole = (typeof PREFIXES)[number];

/** Whose name a client gave in Host; undefined where it is none of ours. */
export function hostRole(
  settings: WebSettings,
  host: string,
): { readonly role: HostRole; readonly domain: WebDomain } | undefined {
  for (const role of PREFIXES) {
    const domain = host.startsWith(role) ? domainOf(settings, host.slice(role.length)) : undefined;
    if (domain !== undefined) return { role, domain };
  }
  return undefined;
}
