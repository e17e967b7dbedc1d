/** `[client_certificates]`: users who log in with a certificate (EXTERNAL). */
import { z } from "zod";
import { expecting, setting, table } from "./setting.ts";
import { mailAddress, text } from "./value-types.ts";

const fingerprint = expecting('a SHA-256 fingerprint such as "AB:CD:…", 32 octets', (error) =>
  z
    .string({ error })
    .regex(/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, { error })
    .transform((value) => (value.replaceAll(":", "").toUpperCase().match(/../g) ?? []).join(":")),
);

export const clientCertificates = table({
  ca_file: setting(text, "", {
    text: "Certificates in PEM of the authorities that make users' certificates. With it, clients on submission, IMAP and POP3 ports are asked for one, and EXTERNAL is offered to those that show a good one. Empty: nobody is asked.",
    reason: "Some programs ask their user about certificates as soon as a server does.",
  }),
  crl_file: setting(text, "", {
    text: "Their lists of revoked certificates, in PEM: one of each authority. Read again when it changes. One that is out of date refuses all certificates.",
  }),
  accounts: setting(
    expecting('a table of SHA-256 fingerprints and addresses such as { "AB:CD:…" = "alice@example.com" }', (error) =>
      z.record(fingerprint, mailAddress, { error }),
    ),
    {},
    {
      text: "For certificates without a mail address: the fingerprint (`openssl x509 -noout -fingerprint -sha256`) and the account's address. It counts before what the certificate says. One of those authorities must have made it all the same.",
    },
  ),
});
