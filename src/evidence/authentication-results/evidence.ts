/** Everything that was found out about who sent one message. */
import type { ArcEvidence } from "../arc/evidence.ts";
import type { DkimEvidence } from "../dkim/evidence.ts";
import type { AuthorEvidence, DmarcEvidence } from "../dmarc/evidence.ts";
import type { SpfEvidence } from "../spf/evidence.ts";

export interface MessageAuthentication {
  readonly author: AuthorEvidence;
  /** Null where it was not asked. */
  readonly spf: SpfEvidence | null;
  readonly dkim: DkimEvidence;
  readonly arc: ArcEvidence;
  readonly dmarc: DmarcEvidence;
}
