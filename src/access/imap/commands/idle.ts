import { Buffer } from "node:buffer";
import { bad, type Completion, done, type Session } from "../session.ts";
import { sync } from "../sync.ts";

/** RFC 2177: changes are told as they happen, until the client says DONE. */
export async function idle(session: Session): Promise<Completion> {
  session.output.send({ kind: "continue", text: "idling" });
  session.reader.expectLine();
  await sync(session, { ask: true, mayExpunge: true });
  const sinceMs = session.dependencies.clock.monotonicMs();
  for (;;) {
    const event = await session.nextEventOrChange(sinceMs);
    if (event === undefined) return done("Idle over");
    if (event === "end") {
      session.sayWhyItEnds();
      return done("Idle over");
    }
    if (event === "changed") {
      await sync(session, { ask: true, mayExpunge: true });
      continue;
    }
    if (event === "quiet") {
      // So that what keeps track of connections on the way does not forget this one.
      session.output.send({ kind: "untagged", status: "OK", text: "Still here" });
      continue;
    }
    if (event.kind === "close") session.bye(null, event.text);
    if (event.kind === "line" && /^done$/i.test(Buffer.from(event.octets).toString("latin1"))) return done("Idle over");
    return bad("DONE expected");
  }
}
