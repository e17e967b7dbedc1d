/** A transaction in the terms of the milter protocol, with the macros that Sendmail and Postfix have made usual. */
import type { FilteredMessage } from "#evidence/scanners/milter.ts";
import type { ScanOrigin } from "#reception/message-scan.ts";

type Macros = Readonly<Record<string, string>>;

/** @param hostname what `j` says. */
export function milterTransaction(
  origin: ScanOrigin,
  { hostname, version }: { readonly hostname: string; readonly version: string },
): FilteredMessage["transaction"] {
  const { id, listener, address, port, clientName, reverseName, mailFrom, recipients } = origin;
  // As Sendmail writes a client without a name that leads back to it.
  const name = reverseName ?? `[${address}]`;
  const i = { i: id };
  return {
    client: { name, address, port },
    helo: clientName,
    sender: `<${mailFrom}>`,
    senderParameters: [],
    recipients: recipients.map((recipient) => `<${recipient}>`),
    macros: {
      connect: {
        j: hostname,
        "{daemon_name}": listener,
        v: `Postern ${version}`,
        "{client_addr}": address,
        "{client_name}": reverseName ?? "unknown",
        "{client_port}": String(port),
      },
      helo: tlsMacros(origin),
      mail: { ...i, ...loginMacros(origin), "{mail_addr}": mailFrom },
      recipient: i,
      data: i,
      "end-of-headers": i,
      end: i,
    },
  };
}

function tlsMacros({ tls }: ScanOrigin): Macros {
  return tls === undefined ? {} : { "{tls_version}": tls.version, "{cipher}": tls.cipher };
}

/** Filters take who has them for a user of ours: they are there for one who has logged in, and never otherwise. */
function loginMacros({ login }: ScanOrigin): Macros {
  return login === undefined ? {} : { "{auth_type}": login.mechanism, "{auth_authen}": login.account };
}
