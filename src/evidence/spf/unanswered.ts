import type { SpfEvidence } from "./evidence.ts";

/** For an envelope about which nothing was learnt in time, or could not be asked: an error, and never "no policy". */
export function unansweredSpf(envelope: {
  readonly client: string;
  readonly helo: string;
  readonly mailFrom: string;
}): SpfEvidence {
  const { client, helo, mailFrom } = envelope;
  const identity = mailFrom === "" ? "helo" : "mail-from";
  const domain = (identity === "helo" ? helo : mailFrom.slice(mailFrom.lastIndexOf("@") + 1)).toLowerCase();
  return {
    result: "temperror",
    identity,
    domain,
    sender: identity === "helo" ? `postmaster@${domain}` : mailFrom,
    client,
    helo,
    problem: { kind: "dns", text: "nothing was learnt in time", failure: "timed-out" },
    matched: undefined,
    explanation: undefined,
    lookups: 0,
    voids: 0,
    passesEverybody: false,
    usesLocalPart: false,
    tree: undefined,
  };
}
