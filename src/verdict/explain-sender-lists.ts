/** What is known of a sender beforehand, in words. */
import type { SenderListEvidence } from "#evidence/sender-lists/evidence.ts";

export function explainSenderLists({ listings, writtenTo, awaitsProof }: SenderListEvidence): string[] {
  const waits = awaitsProof && listings.length + writtenTo.length > 0;
  return [
    ...listings.map(({ kind, subject, scope, matched, value, sinceMs, note }) => {
      const whose = scope === "" ? "for all" : `for ${scope}`;
      const why = note === "" ? "" : `: ${note}`;
      return `Sender list: ${matched} ${value} is ${kind} as ${subject}, ${whose}, since ${day(sinceMs)}${why}`;
    }),
    ...writtenTo.map(({ account, value, lastMs }) => `${account} wrote to ${value}, last on ${day(lastMs)}`),
    ...(waits ? ["The message, which may prove its sender, had not come"] : []),
  ];
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2030-01-01".length);
}
