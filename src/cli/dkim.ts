/** `postern dkim`: the keys that sign mail, and the records to publish for them. */
import { administer } from "./administer.ts";
import type { Command, Invocation } from "./command.ts";
import type { DomainKeys } from "./dkim-controls.ts";
import { day } from "./wording.ts";

const show: Command = {
  name: "dkim show",
  operands: ["DOMAIN"],
  summary: "the records to publish for a domain's signatures, made where they are missing",
  run(invocation) {
    const [name = ""] = invocation.operands;
    return administer(invocation, "dkim-show", { name }, name, (keys) => print(invocation, keys));
  },
};

const rotate: Command = {
  name: "dkim rotate",
  operands: ["DOMAIN"],
  summary: "signs with the next keys from now on, and makes those after them",
  options: { published: { type: "boolean", text: "their records can be seen already, although they are new" } },
  run(invocation) {
    const [name = ""] = invocation.operands;
    const isPublished = invocation.flag("published");
    return administer(invocation, "dkim-rotate", { name, isPublished }, name, (keys) => print(invocation, keys));
  },
};

export const dkimCommands: readonly Command[] = [show, rotate];

const STATE_WORDS: Readonly<Record<DomainKeys["keys"][number]["state"], string>> = {
  active: "signs",
  next: "signs after the next rotation",
  retired: "signs no more; leave it published until it is gone from this list",
};

function print({ out }: Invocation, { domain, keys }: DomainKeys): void {
  out.line(`; Records to publish in the zone of ${domain}`);
  for (const key of keys) {
    out.line(`; ${key.algorithm}, ${STATE_WORDS[key.state]} (since ${day(key.changedAtMs)})`);
    out.line(zoneLine(key.name, key.value));
  }
}

/** Octets of one string of a TXT record (RFC 1035 §3.3). */
const STRING_LENGTH_MAX = 255;

/** As zone files have it; a long value stands in several strings. */
export function zoneLine(name: string, value: string): string {
  const strings: string[] = [];
  for (let at = 0; at < value.length; at += STRING_LENGTH_MAX) strings.push(value.slice(at, at + STRING_LENGTH_MAX));
  const quoted = strings.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`).join(" ");
  return `${name}. IN TXT ${strings.length > 1 ? `( ${quoted} )` : quoted}`;
}
