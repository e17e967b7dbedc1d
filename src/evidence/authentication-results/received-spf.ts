/** The Received-SPF field (RFC 7208 §9.1). */
import type { SpfEvidence } from "../spf/evidence.ts";
import { comment, foldedField, property } from "./field-text.ts";

/** @param receiver our host name. */
export function receivedSpfField(receiver: string, spf: SpfEvidence): string {
  const pairs = [
    property("receiver", receiver, "dot-atom"),
    property("client-ip", spf.client, "dot-atom"),
    spf.identity === "helo" ? undefined : property("envelope-from", spf.sender, "dot-atom"),
    property("helo", spf.helo, "dot-atom"),
    `identity=${spf.identity === "helo" ? "helo" : "mailfrom"}`,
    spf.matched === undefined ? undefined : property("mechanism", spf.matched.term, "dot-atom"),
    spf.problem === undefined ? undefined : property("problem", spf.problem.text, "dot-atom"),
  ].filter((pair) => pair !== undefined);
  return foldedField(`Received-SPF: ${spf.result}`, [[comment(reason(spf))], pairs.map((pair) => `${pair};`)], "");
}

function reason({ result, domain, client }: SpfEvidence): string {
  switch (result) {
    case "pass":
      return `${domain} designates ${client} as permitted sender`;
    case "fail":
      return `${domain} does not designate ${client} as permitted sender`;
    case "softfail":
      return `${domain} probably does not designate ${client} as permitted sender`;
    case "neutral":
      return `${client} is neither permitted nor denied by ${domain}`;
    case "none":
      return `${domain} does not designate permitted sender hosts`;
    case "temperror":
      return `${domain} could not be asked for`;
    case "permerror":
      return `${domain} has a record that cannot be evaluated`;
  }
}
