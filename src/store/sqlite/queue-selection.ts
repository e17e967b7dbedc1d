import type { QueueSelection } from "../queue-rows.ts";

/** The end of a WHERE clause over `queue_recipient`, beginning with AND, and its values. */
export function selectionSql({ id, account, domain }: QueueSelection): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  const clauses: string[] = [];
  const values: (string | number)[] = [];
  if (id !== undefined) {
    clauses.push("AND message_id = ?");
    values.push(id);
  }
  if (account !== undefined) {
    clauses.push(
      `AND lane_id IN (SELECT queue_lane.id FROM queue_lane
         JOIN queue_sender ON queue_sender.id = sender_id WHERE account = ?)`,
    );
    values.push(account);
  }
  if (domain !== undefined) {
    clauses.push("AND lane_id IN (SELECT id FROM queue_lane WHERE domain = ?)");
    values.push(domain);
  }
  return { where: clauses.join(" "), values };
}
