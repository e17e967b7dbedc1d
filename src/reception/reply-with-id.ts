import { isPositive, type Reply } from "#mail/reply.ts";

/** A refusal with the ID that `postern why` takes. */
export function withId(answer: Reply, id: string): Reply {
  return isPositive(answer) ? answer : { ...answer, text: `${answer.text} (${id})` };
}
