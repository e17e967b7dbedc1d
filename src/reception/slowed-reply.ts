import { type Reply, reply } from "#mail/reply.ts";

const MINUTE_MS = 60_000;

/** To a client of a group that misbehaves together (`gate/block-list/slow-groups.ts`): a few are let through, the others come again. */
export function slowedReply(waitMs: number): Reply {
  const minutes = Math.max(1, Math.ceil(waitMs / MINUTE_MS));
  const text = `Many hosts misbehave under this name or towards this recipient and must wait; try again in ${minutes} min`;
  return reply(450, "4.7.1", text);
}
