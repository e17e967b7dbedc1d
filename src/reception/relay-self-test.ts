/**
 * Proves that this installation does not relay: every relay vector, put in its own domains' names, through the real session
 * and the real directory, on MX and submission, over IPv4 and IPv6, before and after TLS, from addresses others trust.
 */
import type { Directory, DomainRole } from "#identity/directory.ts";
import { type Domain, parseDomain } from "#mail/address.ts";
import { EnvelopeProbe } from "./envelope-probe.ts";
import { networkSet } from "./ip-networks.ts";
import { type ListenerProtocol, trustApplies } from "./listener-session.ts";
import { RecipientPolicy } from "./recipient-policy.ts";
import { type RelayVector, relayVectors } from "./relay-vectors.ts";
import type { ReceptionSettings } from "./settings.ts";

export interface RelaySelfTestSettings {
  readonly reception: ReceptionSettings;
  readonly domains: readonly { readonly name: string; readonly role: DomainRole }[];
}

export interface RelaySelfTestResult {
  readonly id: string;
  /** Such as `submission, TLS, from 127.0.0.1`. */
  readonly listener: string;
  readonly expected: string;
  readonly got: string;
  readonly passed: boolean;
}

interface Setting {
  readonly protocol: Exclude<ListenerProtocol, "lmtp">;
  readonly secured: boolean;
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly trusted: boolean;
}

/** What of the installation the vectors are about. */
interface Installation {
  readonly primary: Domain | undefined;
  readonly secondary: Domain | undefined;
  /** Somebody exists whom the positive vectors can name. */
  readonly hasPostmaster: boolean;
  readonly hasAdmin: boolean;
  /** Any local-part is accepted: unknown users are no test. */
  readonly hasCatchAll: boolean;
}

/** A stranger, and addresses that other servers trust without being asked. */
const CLIENTS: readonly (readonly [client: string, server: string])[] = [
  ["198.51.100.7", "192.0.2.1"],
  ["2001:db8:bad::7", "2001:db8::1"],
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
];

export async function runRelaySelfTest(options: {
  readonly directory: Directory;
  readonly settings: RelaySelfTestSettings;
}): Promise<readonly RelaySelfTestResult[]> {
  const { directory } = options;
  const { reception } = options.settings;
  const installation = await survey(directory, options.settings.domains);
  const policy = new RecipientPolicy(directory, reception);
  const results: RelaySelfTestResult[] = [];
  for (const setting of settingsOf(reception)) {
    for (const vector of relayVectors) {
      const expected = expectedCodes(vector, setting, installation);
      if (expected === undefined) continue;
      const lines = linesOf(vector, setting, installation);
      const got = await play(new EnvelopeProbe(reception, directory, policy, setting), setting, lines);
      const passed = expected.has(got);
      results.push({ id: vector.id, listener: describe(setting), expected: [...expected].join(" or "), got, passed });
    }
  }
  return results;
}

function settingsOf(reception: ReceptionSettings): Setting[] {
  const isListed = networkSet(reception.relay.trustedNetworks);
  const listed = reception.relay.trustedNetworks.map((network): readonly [string, string] => {
    const address = network.split("/")[0] ?? network;
    return [address, address.includes(":") ? "2001:db8::1" : "192.0.2.1"];
  });
  const settings: Setting[] = [];
  for (const protocol of ["smtp", "submission"] as const) {
    for (const secured of [false, true]) {
      for (const [clientAddress, serverAddress] of [...CLIENTS, ...listed]) {
        const trusted = trustApplies(protocol, reception) && isListed(clientAddress);
        settings.push({ protocol, secured, clientAddress, serverAddress, trusted });
      }
    }
  }
  return settings;
}

async function survey(directory: Directory, domains: RelaySelfTestSettings["domains"]): Promise<Installation> {
  const first = (role: DomainRole): Domain | undefined => {
    const name = domains.find((domain) => domain.role === role)?.name;
    const parsed = name === undefined ? undefined : parseDomain(name);
    return parsed?.ok === true ? parsed.value : undefined;
  };
  const primary = first("primary");
  const exists = async (localPart: string): Promise<boolean> =>
    primary !== undefined && (await directory.resolve({ localPart, domain: primary })).kind === "accounts";
  return {
    primary,
    secondary: first("secondary"),
    hasPostmaster: await exists("postmaster"),
    hasAdmin: (await directory.resolvePostmaster()).kind === "accounts",
    hasCatchAll: await exists("nobody-here"),
  };
}

/** The right answers as `code at COMMAND`; undefined when the vector says nothing about this installation. */
function expectedCodes(
  vector: RelayVector,
  setting: Setting,
  installation: Installation,
): ReadonlySet<string> | undefined {
  const codes = readExpectation(vector.expect);
  if (setting.protocol === "submission" && !setting.trusted) {
    return new Set(["530 at MAIL", ...codes.filter((code) => code.endsWith("MAIL"))]);
  }
  const rcpt = `${vector.mailFrom} ${vector.rcptTo}`;
  if (codes.includes("250 at RCPT")) {
    const isThere = rcpt.includes("user@local.test") ? installation.hasPostmaster : installation.hasAdmin;
    // A full mailbox is no relay.
    return isThere ? new Set(["250 at RCPT", "452 at RCPT"]) : undefined;
  }
  const extra: string[] = [];
  if (installation.hasCatchAll && /^(?:"[^@%!]*"|nobody-here)@local\.test$/.test(vector.rcptTo)) {
    extra.push("250 at RCPT", "452 at RCPT");
  }
  // The operator trusts this address: a plain recipient elsewhere is what trust is for, a disguised one is not.
  if (setting.trusted && isPlainForeign(vector.rcptTo)) extra.push("250 at RCPT", "451 at RCPT");
  return new Set([...codes, ...extra]);
}

function isPlainForeign(rcptTo: string): boolean {
  const path = rcptTo.replace(/^@[^:]*:/, "");
  return /^[a-z]+@(?!local\.test$)[^@%!"()\s]*$/u.test(path) && !path.includes("[{ip}]");
}

/** `550`, `501 at MAIL`, `501 or 550`, `550, or 503/555 at MAIL`. */
function readExpectation(expect: string): string[] {
  return expect.split(/,? or /).flatMap((part) => {
    const command = part.endsWith("at MAIL") ? "MAIL" : "RCPT";
    return [...part.matchAll(/\d{3}/g)].map(([code]) => `${code} at ${command}`);
  });
}

function linesOf(vector: RelayVector, { serverAddress }: Setting, installation: Installation): readonly string[] {
  const ip = serverAddress.includes(":") ? `IPv6:${serverAddress}` : serverAddress;
  const { primary = "local.test", secondary = "relay.test" } = installation;
  const inOurNames = (text: string): string =>
    text
      .replaceAll("{ip}", ip)
      .replaceAll("user@local.test", "postmaster@local.test")
      .replaceAll("relay.test", "\u0001")
      .replaceAll("local.test", primary)
      .replaceAll("\u0001", secondary);
  const line = (text: string, lead: string): string => {
    const named = inOurNames(text);
    return named.startsWith("RAW:") ? named.slice(4) : `${lead}<${named}>`;
  };
  return [line(vector.mailFrom, "MAIL FROM:"), line(vector.rcptTo, "RCPT TO:")];
}

/** Says the two commands; returns the reply to the last one that was reached, as `code at COMMAND`. */
async function play(
  probe: EnvelopeProbe,
  { secured }: Setting,
  [mail = "", rcpt = ""]: readonly string[],
): Promise<string> {
  const hello = ["EHLO client.invalid", ...(secured ? ["STARTTLS", "EHLO client.invalid"] : [])];
  for (const line of hello) await probe.say(line);
  const mailCode = await probe.say(mail);
  return mailCode === 250 ? `${await probe.say(rcpt)} at RCPT` : `${mailCode} at MAIL`;
}

function describe({ protocol, secured, clientAddress, trusted }: Setting): string {
  const trust = trusted ? " (trusted)" : "";
  return `${protocol}, ${secured ? "TLS" : "clear text"}, from ${clientAddress}${trust}`;
}
