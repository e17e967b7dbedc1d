/** The flags of the selected folder as FLAGS and PERMANENTFLAGS name them (RFC 3501 §7.2.6): said at the start, and before a keyword is first met. */
import type { Flag } from "#store/store.ts";
import type { FolderView } from "./folder-view.ts";
import type { Session } from "./session.ts";

const SYSTEM_FLAGS: readonly Flag[] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

export function tellFolderFlags({ output }: Session, view: FolderView): void {
  const flags = [...SYSTEM_FLAGS, ...view.keywords];
  output.send({ kind: "flags", flags });
  // `\*`: the client may make up keywords.
  const code = { name: "PERMANENTFLAGS", flags: view.readOnly ? [] : [...flags, "\\*"] } as const;
  output.send({ kind: "untagged", status: "OK", code, text: "Flags that stay" });
}

/** The message's flags as the client sees them; keywords it has not heard of are announced first. */
export function flagsToTell(session: Session, view: FolderView, uid: number, flags: readonly Flag[]): readonly Flag[] {
  if (view.learnKeywords(flags)) tellFolderFlags(session, view);
  return view.withRecent(uid, flags);
}
