/** Settings for Thunderbird, K-9 and whoever asks as they do: "config-v1.1.xml". */
import type { MailService, WebDomain, WebSettings } from "./web-settings.ts";
import { xmlEscaped } from "./xml.ts";

export function autoconfigXml({ hostname, services }: WebSettings, { name }: WebDomain): string {
  const incoming = services.filter(({ protocol }) => protocol !== "submission");
  const outgoing = services.filter(({ protocol }) => protocol === "submission");
  const domain = xmlEscaped(name);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<clientConfig version="1.1">',
    `  <emailProvider id="${domain}">`,
    `    <domain>${domain}</domain>`,
    `    <displayName>${domain}</displayName>`,
    `    <displayShortName>${domain}</displayShortName>`,
    ...incoming.map((service) => server("incomingServer", service, hostname)),
    ...outgoing.map((service) => server("outgoingServer", service, hostname)),
    "  </emailProvider>",
    "</clientConfig>",
    "",
  ].join("\n");
}

function server(element: string, { protocol, port, tls }: MailService, hostname: string): string {
  return [
    `    <${element} type="${protocol === "submission" ? "smtp" : protocol}">`,
    `      <hostname>${xmlEscaped(hostname)}</hostname>`,
    `      <port>${port}</port>`,
    `      <socketType>${tls === "implicit" ? "SSL" : "STARTTLS"}</socketType>`,
    "      <authentication>password-cleartext</authentication>",
    "      <username>%EMAILADDRESS%</username>",
    `    </${element}>`,
  ].join("\n");
}
