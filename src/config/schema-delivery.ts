/** `[delivery]` and `[[route]]`: how mail leaves. */
import { z } from "zod";
import { parseNextHop } from "./next-hop.ts";
import { expecting, required, setting, table } from "./setting.ts";
import { choice, domainName, flag, ipAddress, text } from "./value-types.ts";

const nextHop = expecting(
  'a host such as "smtp.example.net:587" or "[2001:db8::5]:25", or "unix:/path"; empty for the MX',
  (error) => z.string({ error }).refine((value) => value === "" || parseNextHop(value) !== undefined, { error }),
);

const tlsPolicy = choice(["auto", "opportunistic", "encrypt", "verify", "dane", "none"]);

const sourceAddresses = expecting("a list of addresses of this machine", (error) => z.array(ipAddress, { error }));

export const delivery = table({
  outbound: setting(flag, true, { text: "Mail for other domains is sent. `false`: such mail is refused from users." }),
  hold: setting(flag, false, {
    text: "Mail for other domains is taken from users and kept in the queue; nothing leaves the machine.",
    reason: "The settings of the first run switch it on, so that trying out reaches nobody.",
  }),
  relay_host: setting(nextHop, "", {
    text: "Host that takes all mail for other domains, with its port where that is not 25. Empty: their MX. Port 465 is TLS from the first octet.",
  }),
  relay_username: setting(text, "", { text: "For logging in at the relay host. Empty: without." }),
  relay_password: setting(text, "", { text: "Its password; said inside TLS only.", secret: true }),
  tls: setting(tlsPolicy, "auto", {
    text: "TLS with other servers. `auto`: as the domain asks for by DANE or MTA-STS, otherwise where it works. `opportunistic`: where it works. `encrypt`: always, with any certificate. `verify`: always, with a certificate of a known authority for the host's name. `dane`: always, as TLSA records say. `none`: never. Where a password is said, `auto` is `verify`.",
    reason: "Gives each domain the protection it asks for, and delivers to those that ask for none.",
  }),
  address_family: setting(choice(["both", "ipv4", "ipv6"]), "both", {
    text: "Addresses of other servers that are used.",
    reason:
      "IPv6 is tried first and IPv4 a quarter of a second later. Some servers refuse mail from IPv6 addresses without PTR.",
  }),
  source_addresses: setting(sourceAddresses, [], {
    text: "Own addresses that mail leaves from, at most one of each family. Empty: the system's choice.",
  }),
  chunking: setting(flag, true, {
    text: "BDAT in place of DATA where the other server offers it (RFC 3030).",
    reason: "The end of a message is then a number, which no two servers can read differently.",
  }),
});

export const route = table({
  domain: required(domainName, { text: "The domain of the recipients. Exactly this one." }),
  host: setting(nextHop, "", {
    text: "Host that takes its mail, with its port where that is not 25 (24 for LMTP). Empty: its MX; then the table says only how they are spoken to.",
  }),
  protocol: setting(choice(["smtp", "lmtp"]), "smtp", { text: "`lmtp` for a mail store of our own." }),
  tls: setting(tlsPolicy, "auto", { text: "As `delivery.tls`." }),
  username: setting(text, "", { text: "For logging in there. Empty: without." }),
  password: setting(text, "", { text: "Its password; said inside TLS only.", secret: true }),
  source_addresses: setting(sourceAddresses, [], { text: "As `delivery.source_addresses`; empty: those." }),
});
