/** A configuration profile for iOS and macOS: one mail account. No password stands in it; the device asks for it. */
import type { MailService, WebSettings } from "./web-settings.ts";
import { xmlEscaped } from "./xml.ts";

export const APPLE_PROFILE_TYPE = "application/x-apple-aspen-config";

/** @param uuids of the profile and of the account in it: the same for the same address, so that a new one replaces the old. */
export function appleProfile(
  { hostname, services }: WebSettings,
  address: string,
  uuids: { readonly profile: string; readonly account: string },
): string | undefined {
  const incoming =
    services.find(({ protocol }) => protocol === "imap") ?? services.find(({ protocol }) => protocol === "pop3");
  const outgoing = services.find(({ protocol }) => protocol === "submission");
  if (incoming === undefined || outgoing === undefined) return undefined;
  const account = dictionary({
    PayloadType: "com.apple.mail.managed",
    PayloadVersion: 1,
    PayloadIdentifier: `${reversed(hostname)}.mail.${uuids.account}`,
    PayloadUUID: uuids.account,
    PayloadDisplayName: `Mail for ${address}`,
    EmailAccountType: incoming.protocol === "imap" ? "EmailTypeIMAP" : "EmailTypePOP",
    EmailAccountDescription: address,
    EmailAddress: address,
    ...side("Incoming", incoming, hostname, address),
    ...side("Outgoing", outgoing, hostname, address),
    OutgoingPasswordSameAsIncomingPassword: true,
  });
  const profile = dictionary({
    PayloadType: "Configuration",
    PayloadVersion: 1,
    PayloadIdentifier: `${reversed(hostname)}.mail`,
    PayloadUUID: uuids.profile,
    PayloadDisplayName: `Mail for ${address}`,
    PayloadRemovalDisallowed: false,
    PayloadContent: [account],
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    profile,
    "</plist>",
    "",
  ].join("\n");
}

function side(which: "Incoming" | "Outgoing", { port, tls }: MailService, hostname: string, address: string) {
  return {
    [`${which}MailServerHostName`]: hostname,
    [`${which}MailServerPortNumber`]: port,
    // With this alone the device chooses STARTTLS or TLS from the first octet by the port's answer.
    [`${which}MailServerUseSSL`]: tls === "implicit" || tls === "starttls",
    [`${which}MailServerUsername`]: address,
    [`${which}MailServerAuthentication`]: "EmailAuthPassword",
  };
}

type Value = string | number | boolean | readonly string[];

/** An array's members are elements already. */
function dictionary(values: Readonly<Record<string, Value>>): string {
  const lines = Object.entries(values).map(([key, value]) => `<key>${key}</key>${element(value)}`);
  return ["<dict>", ...lines, "</dict>"].join("\n");
}

function element(value: Value): string {
  if (typeof value === "string") return `<string>${xmlEscaped(value)}</string>`;
  if (typeof value === "number") return `<integer>${value}</integer>`;
  if (typeof value === "boolean") return value ? "<true/>" : "<false/>";
  return `<array>\n${value.join("\n")}\n</array>`;
}

function reversed(hostname: string): string {
  return hostname.split(".").toReversed().join(".");
}
