/** Where mail goes, as the settings say it. */

export interface RoutingSettings {
  /** Our host name, as in the greeting: an MX of that name is this machine. */
  readonly hostname: string;
  /** What stands for all domains without a route of their own: their MX, or one host. */
  readonly fallback: RouteSettings;
  /** By domain, exactly. */
  readonly routes: ReadonlyMap<string, RouteSettings>;
  /** `both`: raced, IPv6 a little ahead. */
  readonly addressFamily: "both" | "ipv4" | "ipv6";
}

export interface RouteSettings {
  /** Undefined: the MX of the domain. A name (its addresses are used, not its MX), an IP address, or `unix:/path`. */
  readonly host: string | undefined;
  readonly port: number;
  readonly protocol: "smtp" | "lmtp";
  /** TLS from the first octet (port 465). */
  readonly implicitTls: boolean;
  readonly tls: TlsPolicySetting;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Own addresses to come from, at most one of each family. */
  readonly sourceAddresses: readonly string[];
}

/**
 * `auto`: DANE where the domain has it, else MTA-STS where it has that, else `opportunistic`. `opportunistic`: TLS where it
 * works, with any certificate. `encrypt`: TLS or nothing, with any certificate. `verify`: only with a certificate of a known
 * authority for the host's name. `dane`: only as TLSA records of a validated zone say. `none`: in clear.
 */
export type TlsPolicySetting = "auto" | "opportunistic" | "encrypt" | "verify" | "dane" | "none";
