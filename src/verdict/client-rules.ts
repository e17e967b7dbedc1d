/** What we ourselves know of a client: our block list, how it began to speak, whether we met it before. */
import type { Evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

const MINUTE_MS = 60_000;

/** A ban that ends is a temporary refusal: what an honest sender has in its queue arrives afterwards. */
export function blockListRule({ blockList }: Evidence, { contact }: Policy): readonly Finding[] {
  if (blockList === null) return [];
  const { entry, untilMs, reason } = blockList;
  const end = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString().slice(0, 16)}Z`;
  const text = {
    detail: `${entry} is on this server's own block list${end}: ${reason}`,
    remedy: `stop what led to it; if it is a mistake, write to ${contact} from another network`,
  };
  return [
    finding(untilMs === null ? "banned" : "banned-for-a-time", 0, text, {
      asks: untilMs === null ? "reject" : "defer",
    }),
  ];
}

export function earlyTalkerRule({ spokeEarly }: Evidence): readonly Finding[] {
  if (!spokeEarly) return [];
  const text = {
    detail: "the client spoke before the greeting",
    remedy: "wait for the greeting (RFC 5321 section 3.1)",
  };
  return [finding("spoke-early", 0, text, { asks: "reject" })];
}

/** Only who has something against it already waits: mail without a spot is never delayed. */
export function greylistRule({ greylist }: Evidence): readonly Finding[] {
  if (greylist?.standing !== "first-met") return [];
  const { tries, waitMs } = greylist;
  const detail = tries === 0 ? "the sender was not met before" : "the sender has not waited long enough";
  return [finding("first-met", 0, { detail, remedy: `try again in ${minutes(waitMs)}; then it need not wait` })];
}

/** Rounded up: who comes when we said is not sent away again. */
function minutes(ms: number): string {
  const count = Math.max(1, Math.ceil(ms / MINUTE_MS));
  return `${count} minute${count === 1 ? "" : "s"}`;
}
