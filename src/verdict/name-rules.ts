/** Reverse DNS and HELO. What is wrong with most real senders' names scores; few things refuse. Errors of the DNS count for nothing. */
import type { GenericName, HeloEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

export function reverseDnsRule({ reverseDns }: Evidence, { weights }: Policy): readonly Finding[] {
  if (reverseDns === null) return [];
  const { client, state, generic } = reverseDns;
  const findings: Finding[] = generic === undefined ? [] : [genericName("generic-name", generic, generic.weight)];
  switch (state) {
    case "confirmed":
      return findings;
    case "not-checked":
      return [...findings, unknown("pointer-not-checked", `the PTR record of ${client} could not be asked for`)];
    case "no-name":
      return [
        finding(
          "no-pointer",
          weights.noPointer,
          {
            detail: `${client} has no PTR record`,
            remedy: `have your provider add a PTR record for ${client} with your server's name, and give that name this address`,
          },
          { asksWithAnother: "defer" },
        ),
        ...findings,
      ];
    case "not-confirmed": {
      const [first] = reverseDns.names;
      const name = short(first?.name ?? "a name");
      return [
        finding("pointer-not-confirmed", weights.pointerNotConfirmed, {
          detail: `the PTR record of ${client} names ${name}, which does not have that address`,
          remedy: `add an ${client.includes(":") ? "AAAA" : "A"} record for ${name} with ${client}`,
        }),
        ...findings,
      ];
    }
  }
}

export function heloRule(evidence: Evidence, policy: Policy): readonly Finding[] {
  const { helo } = evidence;
  if (helo === null) return [];
  const said = short(helo.helo);
  if (helo.claimsToBeUs !== "no") {
    const detail = `${said} is this server's own ${helo.claimsToBeUs}`;
    return [finding("helo-is-ours", 0, { detail, remedy: "say your own name in EHLO" }, { asks: "reject" })];
  }
  if (helo.form === "single-label") {
    const detail = `${said} is not a full host name`;
    const remedy = "say a name with its domain in EHLO (RFC 5321 section 2.3.5)";
    return [finding("helo-single-label", 0, { detail, remedy }, { asks: "reject" })];
  }
  const generic = genericHelo(evidence, policy);
  return [...addressHelo(helo, policy), ...namedHelo(helo, policy), ...(generic === undefined ? [] : [generic])];
}

/** An address in place of a name. The client's own in brackets is what RFC 5321 §4.1.3 asks of a host without a name. */
function addressHelo({ helo, form, address }: HeloEvidence, { weights }: Policy): readonly Finding[] {
  const said = short(helo);
  const remedy = "say a name in EHLO that leads to your address";
  const findings: Finding[] = [];
  if (form === "bare-address") {
    findings.push(
      finding("helo-bare-address", weights.heloBareAddress, { detail: `${said} is an address, not a name`, remedy }),
    );
  }
  if (address === undefined || address.isClient) return findings;
  findings.push(
    address.isPrivate
      ? finding("helo-private-address", weights.heloPrivateLiteral, {
          detail: `${said} is not an address of the Internet`,
          remedy,
        })
      : finding("helo-differs", weights.heloDiffers, { detail: `${said} is not the client's address`, remedy }),
  );
  return findings;
}

function namedHelo({ helo, form, resolution, match }: HeloEvidence, { weights }: Policy): readonly Finding[] {
  const said = short(helo);
  if (form === "malformed") {
    const detail = `${said} is not a host name by RFC 1123`;
    return [finding("helo-malformed", weights.heloMalformed, { detail, remedy: "say a proper host name in EHLO" })];
  }
  if (form !== "name") return [];
  const remedy = `give ${said} an address record with your server's address`;
  const differs = match === "differs" ? weights.heloDiffers : 0;
  switch (resolution) {
    case "unresolvable":
      // Such a name cannot match either: one fault, counted once.
      return [
        finding("helo-unresolvable", Math.max(weights.heloUnresolvable, differs), {
          detail: `${said} has no address`,
          remedy,
        }),
      ];
    case "resolves":
      if (match !== "differs") return [];
      return [finding("helo-differs", differs, { detail: `${said} does not lead to the client's address`, remedy })];
    case "not-checked":
      return [unknown("helo-not-checked", `the addresses of ${said} could not be asked for`)];
    case "not-asked":
      return [];
  }
}

/** A name that is generic on both sides is one signal: the heavier counts. */
function genericHelo({ helo, reverseDns }: Evidence, { modes }: Policy): Finding | undefined {
  if (helo?.generic === undefined) return undefined;
  const counted = modes.reverse_dns === "enforce" ? (reverseDns?.generic?.weight ?? 0) : 0;
  const weight = helo.generic.weight - counted;
  return weight > 0 ? genericName("helo-generic", helo.generic, weight) : undefined;
}

function genericName(reason: string, { name, signs }: GenericName, weight: number): Finding {
  return finding(reason, weight, {
    detail: `${short(name)} looks like a customer's line (${signs.join(", ")})`,
    remedy: "give your server a name of its own, or send through your provider's server",
  });
}
