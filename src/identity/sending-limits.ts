/**
 * How much an account may send, said to its mail program: at MAIL and RCPT from what the store has counted, and exactly with
 * the delivery, where it is counted. Always 450: the mail may come later, and no password is wrong.
 */
import { LRUCache } from "lru-cache";
import { type Reply, reply } from "#mail/reply.ts";
import type { Clock } from "#ports/clock.ts";
import type { SendingHold, SendingUse, Submission } from "#store/sending-rows.ts";
import { limitReached, limitValue, roomAgainMs, type SendingLimit, type SendingRules } from "#store/sending-rules.ts";
import type { Store } from "#store/store.ts";
import type { Identity } from "./authenticator.ts";
import { LIMITED_ACCOUNTS_MAX, LIMITED_TOLD_AGAIN_MS } from "./limits.ts";

export interface ReachedLimit {
  readonly account: string;
  readonly limit: SendingLimit;
  readonly max: number;
  readonly client: string;
  readonly untilMs: number;
}

export interface SendingLimitsOptions {
  readonly store: Pick<Store, "findSendingUse" | "listSendingMinutes">;
  readonly clock: Pick<Clock, "now">;
  /** @param account canonical address. */
  readonly rulesOf: (account: string) => SendingRules;
  /** The administrator should know: now and then, however often it is tried. */
  readonly reached: (reached: ReachedLimit) => void;
}

export class SendingLimits {
  readonly #options: SendingLimitsOptions;
  readonly #told: LRUCache<string, number>;

  constructor(options: SendingLimitsOptions) {
    this.#options = options;
    this.#told = new LRUCache({ max: LIMITED_ACCOUNTS_MAX });
  }

  /** One transaction of a user. @param client address it comes from, in its one form. */
  begin({ accountId, address, credentialId }: Identity, client: string): SendingTurn {
    const about = { accountId, account: address, client, credentialId: credentialId ?? null };
    const who = { ...about, rules: this.#options.rulesOf(address) };
    return new SendingTurn(this.#options, who, (limit, untilMs) => this.#tell(who, limit, untilMs));
  }

  #tell({ account, client, rules }: Who, limit: SendingLimit, untilMs: number): void {
    const nowMs = this.#options.clock.now();
    const toldMs = this.#told.get(account);
    if (toldMs !== undefined && nowMs - toldMs < LIMITED_TOLD_AGAIN_MS) return;
    this.#told.set(account, nowMs);
    this.#options.reached({ account, limit, max: limitValue(limit, rules), client, untilMs });
  }
}

type Who = Omit<Submission, "recipients" | "atMs">;

export class SendingTurn {
  readonly #options: SendingLimitsOptions;
  readonly #who: Who;
  readonly #tell: (limit: SendingLimit, untilMs: number) => void;
  #use: SendingUse | undefined;
  #recipients = 0;

  constructor(options: SendingLimitsOptions, who: Who, tell: (limit: SendingLimit, untilMs: number) => void) {
    this.#options = options;
    this.#who = who;
    this.#tell = tell;
  }

  /** Why MAIL is refused; undefined: it is not. Never rejects: what cannot be asked now is seen with the delivery. */
  async sender(): Promise<Reply | undefined> {
    const { store, clock } = this.#options;
    const { account, rules } = this.#who;
    this.#use = await store.findSendingUse(account, clock.now()).catch(() => undefined);
    if (this.#use === undefined || !rules.isEnforced) return undefined;
    return this.#overLimit(this.#use);
  }

  /** Likewise of RCPT. @param isHere a mailbox of this server, or passed on by it at once. */
  async recipient(isHere: boolean): Promise<Reply | undefined> {
    const { rules } = this.#who;
    if (this.#use === undefined || !rules.isEnforced) return undefined;
    if (isHere && this.#use.hold?.isEnforced === true) return accountHeld(this.#use.hold);
    return this.#overLimit(this.#use);
  }

  /** A recipient was accepted. */
  accepted(): void {
    this.#recipients++;
  }

  /** For the delivery. */
  submission(): Submission {
    return { ...this.#who, recipients: this.#recipients, atMs: this.#options.clock.now() };
  }

  /** The delivery was not taken: another session was faster. */
  async refusal(): Promise<Reply> {
    const refused = (await this.sender()) ?? (await this.recipient(true));
    return refused ?? reply(450, "4.7.1", "This account has sent as much as it may for now; try again later");
  }

  /** With one recipient more than there are. */
  async #overLimit(use: SendingUse): Promise<Reply | undefined> {
    const { store, clock } = this.#options;
    const { account, rules } = this.#who;
    const more = { messages: 1, recipients: this.#recipients + 1 };
    const limit = limitReached(use, more, rules);
    if (limit === undefined) return undefined;
    const max = limitValue(limit, rules);
    const nowMs = clock.now();
    const minutes = await store.listSendingMinutes(account, nowMs).catch(() => []);
    const untilMs = roomAgainMs(limit, more, minutes, rules, nowMs);
    if (untilMs === undefined) return tooMany(limit, max);
    this.#tell(limit, untilMs);
    const rule = `Sending limit of this account reached: ${limit} = ${max}`;
    return reply(
      450,
      "4.7.1",
      `${rule}. There is room again at ${moment(untilMs)}; send later, or ask for a higher limit`,
    );
  }
}

/** Nothing has to end for it. */
function tooMany(limit: SendingLimit, max: number): Reply {
  return reply(
    450,
    "4.7.1",
    `One message is over ${limit} = ${max} by itself; send it in parts, or ask for a higher limit`,
  );
}

function accountHeld({ sinceMs, trigger }: SendingHold): Reply {
  const since = `Mail of this account is held since ${moment(sinceMs)} (${trigger})`;
  return reply(
    450,
    "4.7.1",
    `${since}: somebody else may have its password. Look into its mailbox, and ask the administrator`,
  );
}

/** `2025-03-31 12:00 UTC` */
function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2025-03-31T12:00".length).replace("T", " ")} UTC`;
}
