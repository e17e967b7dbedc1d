/**
 * Gives out what is due, a job at a time: senders take turns, and so do the destinations of each. Who was served, or had
 * nothing that could go, stands at the end of the line again; no look-up goes through the whole queue.
 */
import { QUEUE_PRIORITY_STEP_MS } from "../../limits.ts";
import type { QueueClaim, QueueJob, QueuePriority } from "../../queue-rows.ts";
import type { Database } from "../database.ts";
import {
  MESSAGE_COLUMNS,
  RECIPIENT_COLUMNS,
  type StoredMessageRow,
  type StoredRecipientRow,
  toQueuedMessage,
  toQueuedRecipient,
} from "../queue-columns.ts";
import { QueueTurns } from "./queue-turns.ts";

const PRIORITIES: readonly QueuePriority[] = [0, 1, 2];

interface Turn extends Record<string, unknown> {
  readonly id: number;
  readonly turnMs: number;
}

interface Lane {
  readonly id: number;
  readonly domain: string;
}

export function claimQueued(db: Database, claim: QueueClaim): readonly QueueJob[] {
  const call = new Claim(db, claim);
  const jobs: QueueJob[] = [];
  let senders = call.sendersInLine();
  while (senders.length > 0 && jobs.length < claim.jobsMax) {
    const served: number[] = [];
    for (const id of senders) {
      if (jobs.length >= claim.jobsMax) break;
      const job = call.claimFrom(id);
      if (job === undefined) continue;
      jobs.push(job);
      served.push(id);
    }
    senders = served;
  }
  call.end();
  return jobs;
}

class Claim {
  readonly #db: Database;
  readonly #claim: QueueClaim;
  readonly #turns: QueueTurns;
  readonly #rooms: Map<string, number>;
  readonly #senderRooms: Map<number, number>;
  readonly #parked: ReadonlyMap<string, number>;
  readonly #served = new Set<number>();
  /** Of the senders met, what is in line. */
  readonly #lanes = new Map<number, Lane[]>();

  constructor(db: Database, claim: QueueClaim) {
    this.#db = db;
    this.#claim = claim;
    this.#turns = new QueueTurns(db);
    this.#rooms = new Map(claim.rooms.map(({ domain, room }) => [domain, room]));
    this.#senderRooms = new Map(claim.senderRooms.map(({ senderId, room }) => [senderId, room]));
    this.#parked = new Map(claim.parked.map(({ domain, untilMs }) => [domain, untilMs]));
  }

  sendersInLine(): readonly number[] {
    const { nowMs, jobsMax, senderRooms } = this.#claim;
    const ranked = PRIORITIES.flatMap((priority) =>
      this.#db
        .all<Turn>(
          `SELECT id, turn_ms AS turnMs FROM queue_sender
           WHERE priority = ? AND turn_ms <= ? AND turn_ms IS NOT NULL ORDER BY turn_ms LIMIT ?`,
          priority,
          nowMs,
          jobsMax + senderRooms.length,
        )
        .map(({ id, turnMs }) => ({ id, rankMs: turnMs + priority * QUEUE_PRIORITY_STEP_MS })),
    );
    return ranked
      .filter(({ id }) => this.#roomOf(id) > 0)
      .toSorted((a, b) => a.rankMs - b.rankMs)
      .slice(0, jobsMax)
      .map(({ id }) => id);
  }

  claimFrom(senderId: number): QueueJob | undefined {
    const room = this.#roomOf(senderId);
    if (room <= 0) return undefined;
    this.#served.add(senderId);
    const lane = this.#nextLane(senderId);
    const job = lane === undefined ? undefined : this.#take(senderId, lane);
    if (job !== undefined) this.#senderRooms.set(senderId, room - 1);
    return job;
  }

  /** Whose turn it was stands at the end of the line. */
  end(): void {
    for (const id of this.#served) this.#turns.serveSender(id, this.#claim.nowMs);
    this.#turns.refresh();
  }

  #roomOf(senderId: number): number {
    return this.#senderRooms.get(senderId) ?? this.#claim.senderRoomDefault;
  }

  /** The first one that can go; those before it are passed over, and not looked at again. */
  #nextLane(senderId: number): Lane | undefined {
    const lanes = this.#lanesOf(senderId);
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
      const untilMs = this.#parked.get(lane.domain);
      if (untilMs !== undefined) this.#turns.serveLane(lane.id, untilMs);
      else if ((this.#rooms.get(lane.domain) ?? this.#claim.roomDefault) > 0) return lane;
    }
    return undefined;
  }

  /**
   * In their turn, looked up once: who is served goes to the end of the line. No more are passed over than there are
   * destinations that are full or parked, and no more served than there are jobs to give out.
   */
  #lanesOf(senderId: number): Lane[] {
    const known = this.#lanes.get(senderId);
    if (known !== undefined) return known;
    const { nowMs, jobsMax } = this.#claim;
    const lanes = this.#db.all<Lane & Record<string, unknown>>(
      `SELECT id, domain FROM queue_lane
       WHERE sender_id = ? AND turn_ms <= ? AND turn_ms IS NOT NULL ORDER BY turn_ms LIMIT ?`,
      senderId,
      nowMs,
      this.#rooms.size + this.#parked.size + jobsMax,
    );
    this.#lanes.set(senderId, lanes);
    return lanes;
  }

  #take(senderId: number, lane: Lane): QueueJob | undefined {
    const { id: laneId, domain } = lane;
    const { nowMs, recipientsPerJobMax, roomDefault } = this.#claim;
    const first = this.#db.get<{ messageId: number }>(
      `SELECT message_id AS messageId FROM queue_recipient
       WHERE lane_id = ? AND state = 'waiting' AND due_ms <= ? ORDER BY due_ms, id LIMIT 1`,
      laneId,
      nowMs,
    );
    if (first === undefined) {
      this.#turns.serveLane(laneId, nowMs);
      return undefined;
    }
    const message = this.#db.get<StoredMessageRow>(
      `SELECT ${MESSAGE_COLUMNS} WHERE queue_message.id = ?`,
      first.messageId,
    );
    if (message === undefined) throw new Error(`a queued recipient without its message ${first.messageId}`);
    const rows = this.#db.all<StoredRecipientRow>(
      // By the index of messages: without the signs SQLite would go through all that waits in the lane.
      `SELECT ${RECIPIENT_COLUMNS} WHERE message_id = ? AND lane_id = ? AND +state = 'waiting' AND +due_ms <= ? LIMIT ?`,
      first.messageId,
      laneId,
      nowMs,
      recipientsPerJobMax,
    );
    for (const { id } of rows) this.#db.run("UPDATE queue_recipient SET state = 'in-flight' WHERE id = ?", id);
    const turnMs = this.#turns.serveLane(laneId, nowMs);
    const moreWaits = turnMs !== null && turnMs <= nowMs;
    if (moreWaits) this.#lanes.get(senderId)?.push(lane);
    this.#rooms.set(domain, (this.#rooms.get(domain) ?? roomDefault) - 1);
    const recipients = rows.map((row) => ({ ...toQueuedRecipient(row), state: "in-flight" as const }));
    return { message: toQueuedMessage(message), senderId, domain, recipients, moreWaits };
  }
}
