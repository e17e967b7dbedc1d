/**
 * Whose turn it is. Lanes and senders keep the moment of their next turn, worked out anew by index from the rows below
 * them: the next one due is found in the same time however long the queue is.
 */
import type { QueuePriority } from "../../queue-rows.ts";
import type { Database } from "../database.ts";

/** Lanes whose recipients an operation changes; `refresh` at its end. */
export class QueueTurns {
  readonly #db: Database;
  readonly #lanes = new Set<number>();
  readonly #senders = new Set<number>();

  constructor(db: Database) {
    this.#db = db;
  }

  senderOf(account: string, priority: QueuePriority): number {
    return (
      this.#db.get<{ id: number }>("SELECT id FROM queue_sender WHERE account = ? AND priority = ?", account, priority)
        ?.id ?? this.#db.insert("INSERT INTO queue_sender (account, priority) VALUES (?, ?)", account, priority)
    );
  }

  /** The lane, which the operation is about to fill. */
  laneOf(senderId: number, domain: string): number {
    const lane = this.#db.get<{ id: number }>(
      "SELECT id FROM queue_lane WHERE sender_id = ? AND domain = ?",
      senderId,
      domain,
    );
    const id =
      lane?.id ?? this.#db.insert("INSERT INTO queue_lane (sender_id, domain) VALUES (?, ?)", senderId, domain);
    this.#lanes.add(id);
    return id;
  }

  touchLane(id: number): void {
    this.#lanes.add(id);
  }

  touchSender(id: number): void {
    this.#senders.add(id);
  }

  /** Whoever waits in the lane is next in line no sooner than this. Is it still in line then, and when? Null: nobody waits. */
  serveLane(id: number, untilMs: number): number | null {
    const lane = this.#db.get<{ turnMs: number | null; senderId: number }>(
      `UPDATE queue_lane SET served_ms = ?1, turn_ms =
         (SELECT max(due_ms, ?1) FROM queue_recipient
          WHERE lane_id = queue_lane.id AND state = 'waiting' ORDER BY due_ms LIMIT 1)
       WHERE id = ?2 RETURNING turn_ms AS turnMs, sender_id AS senderId`,
      untilMs,
      id,
    );
    if (lane !== undefined) this.#senders.add(lane.senderId);
    return lane?.turnMs ?? null;
  }

  serveSender(id: number, untilMs: number): void {
    this.#db.run("UPDATE queue_sender SET served_ms = ? WHERE id = ?", untilMs, id);
    this.#senders.add(id);
  }

  refresh(): void {
    for (const id of this.#lanes) this.#refreshLane(id);
    for (const id of this.#senders) this.#refreshSender(id);
    this.#lanes.clear();
    this.#senders.clear();
  }

  #refreshLane(id: number): void {
    const lane = this.#db.get<{ senderId: number }>(
      `UPDATE queue_lane SET turn_ms =
         (SELECT max(due_ms, served_ms) FROM queue_recipient
          WHERE lane_id = queue_lane.id AND state = 'waiting' ORDER BY due_ms LIMIT 1)
       WHERE id = ? RETURNING sender_id AS senderId`,
      id,
    );
    if (lane === undefined) return;
    this.#senders.add(lane.senderId);
    const isEmpty = this.#db.get("SELECT 1 FROM queue_recipient WHERE lane_id = ? LIMIT 1", id) === undefined;
    if (isEmpty) this.#db.run("DELETE FROM queue_lane WHERE id = ?", id);
  }

  #refreshSender(id: number): void {
    this.#db.run(
      `UPDATE queue_sender SET turn_ms =
         (SELECT max(queue_lane.turn_ms, queue_sender.served_ms) FROM queue_lane
          WHERE sender_id = queue_sender.id AND queue_lane.turn_ms IS NOT NULL ORDER BY queue_lane.turn_ms LIMIT 1)
       WHERE id = ?`,
      id,
    );
    const isEmpty = this.#db.get("SELECT 1 FROM queue_lane WHERE sender_id = ? LIMIT 1", id) === undefined;
    if (isEmpty) this.#db.run("DELETE FROM queue_sender WHERE id = ?", id);
  }
}
