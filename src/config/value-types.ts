/** The types that settings have: each checks its value completely, so that nothing is parsed again elsewhere. */
import { z } from "zod";
import { type Domain, literalAddress, parseDomain, parseMailbox } from "#mail/address.ts";
import { parseEndpoint, parseScannerAddress } from "./endpoint.ts";
import { ipFamily, parseNetwork } from "./network.ts";
import { expecting } from "./setting.ts";

export function wholeNumber(min: number, max: number): z.ZodNumber {
  return expecting(`a whole number from ${grouped(min)} to ${grouped(max)}`, (message) =>
    z
      .number({ error: message })
      .check(z.refine((value: number) => Number.isInteger(value) && value >= min && value <= max, message)),
  );
}

export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
): z.ZodEnum<{ [K in Values[number]]: K }> {
  const listed = values.map((value) => `"${value}"`).join(", ");
  return expecting(values.length === 1 ? listed : `one of ${listed}`, (message) => z.enum(values, { error: message }));
}

export const flag = expecting("true or false", (error) => z.boolean({ error }));

export const text = expecting("a text in quotes", (error) => z.string({ error }));

/** Octets: too long to be guessed, and what an HTTP field takes (RFC 6750 §2.1). */
const TOKEN_PATTERN = /^(?:[A-Za-z0-9._~+/-]{16,200}=*)?$/;

/** A shared secret, or empty where there is none. */
export const bearerToken = expecting("a token of 16 to 200 letters, digits and ._~+/-", (error) =>
  z.string({ error }).refine((value) => TOKEN_PATTERN.test(value), { error }),
);

/** A domain name; U-labels are taken and kept as A-labels. */
export const domainName = expecting('a domain name such as "example.com"', (error) =>
  z.string({ error }).transform((value, context): Domain => {
    const parsed = parseDomain(value);
    if (parsed.ok && literalAddress(parsed.value) === undefined) return parsed.value;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  }),
);

/** A host name that others can look up: at least two labels. */
export const hostName = expecting('a full host name such as "mx1.example.com"', (error) =>
  z.string({ error }).transform((value, context): Domain => {
    const parsed = parseDomain(value);
    if (parsed.ok && literalAddress(parsed.value) === undefined && parsed.value.includes(".")) return parsed.value;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  }),
);

/** A host name, or `*.` before one (RFC 8461 §4.1). */
export const mxPattern = expecting('a host name such as "mx1.example.com" or "*.example.com"', (error) =>
  z.string({ error }).transform((value, context): string => {
    const isWild = value.startsWith("*.");
    const parsed = parseDomain(isWild ? value.slice(2) : value);
    if (parsed.ok && literalAddress(parsed.value) === undefined) return `${isWild ? "*." : ""}${parsed.value}`;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  }),
);

/** `local-part@domain`, or empty where the setting allows that. */
export const mailAddress = expecting('a mail address such as "admin@example.com"', (error) =>
  z.string({ error }).refine((value) => value === "" || parseMailbox(value, { utf8: true }).ok, { error }),
);

/** An IP address or a network in CIDR form. */
export const network = expecting('an address or network such as "192.0.2.0/28" or "2001:db8::/64"', (error) =>
  z.string({ error }).refine((value) => parseNetwork(value) !== undefined, { error }),
);

export const ipAddress = expecting('an address such as "192.0.2.5" or "2001:db8::5"', (error) =>
  z.string({ error }).refine((value) => ipFamily(value) !== undefined, { error }),
);

export const bind = expecting('an address and port such as "0.0.0.0:25" or "[::]:25", or "unix:/path"', (error) =>
  z.string({ error }).refine((value) => parseEndpoint(value) !== undefined, { error }),
);

/** Where a program beside us listens. */
export const scannerAddress = expecting(
  'the path of a socket such as "/run/clamav/clamd.ctl", or an address and port such as "127.0.0.1:3310"',
  (error) => z.string({ error }).refine((value) => parseScannerAddress(value) !== undefined, { error }),
);

/** A name server: an address with a port, or without for port 53. */
export const nameServer = expecting('an address such as "127.0.0.1" or "127.0.0.1:5300"', (error) =>
  z
    .string({ error })
    .refine((value) => ipFamily(value) !== undefined || parseEndpoint(value)?.kind === "tcp", { error }),
);

/** One character between a local-part and its detail, or empty for none. */
export const separator = expecting('one of "+", "-", "_", "=" or empty', (error) =>
  z.string({ error }).regex(/^[+\-_=]?$/, { error }),
);

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
