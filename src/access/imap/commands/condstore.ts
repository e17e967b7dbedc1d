import type { Session } from "../session.ts";

/**
 * RFC 7162 §3.1: the client has used mod-sequences; flags come with them from now on. With a folder selected it is told
 * where it stands.
 */
export function enableCondstore(session: Session): void {
  if (session.condstore) return;
  session.condstore = true;
  if (session.view === undefined) return;
  const code = { name: "HIGHESTMODSEQ", value: session.view.modSeq } as const;
  session.output.send({ kind: "untagged", status: "OK", code, text: "Highest" });
}
