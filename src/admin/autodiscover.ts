/** Settings for Outlook: "Plain Old XML" autodiscover ([MS-OXDSCLI]), for IMAP, POP3 and SMTP. */
import type { MailService, WebSettings } from "./web-settings.ts";
import { xmlEscaped } from "./xml.ts";

const ACCOUNT_SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
const ENVELOPE_SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";

/** Octets of an address (RFC 5321 §4.5.3.1.3). */
const ADDRESS_OCTETS_MAX = 256;

/**
 * The address a client asks about. One element is wanted of a document whose rest does not matter, so it is looked for as
 * text: no XML parser, no entities, no external anything.
 */
export function askedAddress(document: string): string | undefined {
  const [, address = ""] = /<(?:\w{1,20}:)?EMailAddress>\s{0,100}([^<>&\s"']{3,256})\s{0,100}</i.exec(document) ?? [];
  return address.length >= 3 && address.length <= ADDRESS_OCTETS_MAX && address.includes("@") ? address : undefined;
}

export function autodiscoverXml({ hostname, services }: WebSettings, address: string): string {
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<Autodiscover xmlns="${ENVELOPE_SCHEMA}">`,
    `  <Response xmlns="${ACCOUNT_SCHEMA}">`,
    "    <Account>",
    "      <AccountType>email</AccountType>",
    "      <Action>settings</Action>",
    ...services.map((service) => protocol(service, hostname, address)),
    "    </Account>",
    "  </Response>",
    "</Autodiscover>",
    "",
  ].join("\n");
}

const TYPES = { imap: "IMAP", pop3: "POP3", submission: "SMTP" } as const;

function protocol(service: MailService, hostname: string, address: string): string {
  return [
    "      <Protocol>",
    `        <Type>${TYPES[service.protocol]}</Type>`,
    `        <Server>${xmlEscaped(hostname)}</Server>`,
    `        <Port>${service.port}</Port>`,
    `        <LoginName>${xmlEscaped(address)}</LoginName>`,
    "        <DomainRequired>off</DomainRequired>",
    "        <SPA>off</SPA>",
    `        <SSL>on</SSL>`,
    `        <Encryption>${service.tls === "implicit" ? "SSL" : "TLS"}</Encryption>`,
    "        <AuthRequired>on</AuthRequired>",
    ...(service.protocol === "submission"
      ? ["        <UsePOPAuth>off</UsePOPAuth>", "        <SMTPLast>off</SMTPLast>"]
      : []),
    "      </Protocol>",
  ].join("\n");
}
