/** Takes a message in: gives it its trace fields, judges what only its content tells, and hands it to the store. */
import { Buffer } from "node:buffer";
import { MessageDigest } from "#evidence/authentication-results/message-digest.ts";
import type { MessageOctets } from "#evidence/content/message-octets.ts";
import type { SendingTurn } from "#identity/sending-limits.ts";
import { formatMailbox, parseMailbox } from "#mail/address.ts";
import type { Content } from "#mail/content.ts";
import { asBuffer } from "#mail/header/fields.ts";
import { shiftIndex } from "#mail/mime/shift-index.ts";
import { isPositive, type Reply, reply } from "#mail/reply.ts";
import {
  dateField,
  fieldOctets,
  fromField,
  messageIdField,
  receivedField,
  returnPathField,
  transmissionType,
} from "#mail/trace.ts";
import type { Fields } from "#ports/log.ts";
import type { RecipientRequest, Transaction } from "#protocol/smtp/transaction.ts";
import type { Delivery, DeliveryProblem, DeliveryTarget, Placed } from "#store/store.ts";
import type { SmtpDependencies } from "./dependencies.ts";
import { handOnFacts, handOnVerdict, withHandOn } from "./hand-on.ts";
import { type CompleteMessage, IncomingMessage } from "./incoming-message.ts";
import type { Judgement } from "./judgement.ts";
import type { ScanEnvelope } from "./message-scan.ts";
import { forwardings, isDeliveredHere, isOnlyPassedOn, isSenderProven, SPAM_NOT_PASSED_ON } from "./passed-on.ts";
import type { Destination, RecipientDecision } from "./recipient-policy.ts";
import { reportSuccess } from "./report-desk.ts";
import type { SenderHeader } from "./sender-header.ts";
import { FROM_MALFORMED, judgeHeaderFrom } from "./sender-policy.ts";
import { messageFields, type SessionRecord } from "./session-record.ts";
import { tellStored } from "./stored-mail.ts";
import { queuedRecipients, sendingOf } from "./to-queue.ts";

const RETURN_PATH = "Return-Path:";

const NO_SPACE = reply(452, "4.3.1", "No space for the message now; try again later");
const NOBODY_LEFT = reply(550, "5.1.1", "The mailbox was removed while the message was on its way");
const STORE_FAILED = reply(451, "4.3.1", "The message could not be stored; try again later");

interface OpenMessage {
  readonly id: string;
  readonly transaction: Transaction;
  readonly incoming: IncomingMessage;
  readonly atMs: number;
}

export class MessageDesk {
  readonly #deps: SmtpDependencies;
  readonly #record: SessionRecord;
  readonly #judgement: Judgement | undefined;
  /** Of the open transaction's recipients. */
  #destinations = new Map<RecipientRequest, Destination>();
  /** Of a user whose sending is counted. */
  #turn: SendingTurn | undefined;
  #open: OpenMessage | undefined;

  constructor(deps: SmtpDependencies, record: SessionRecord, judgement?: Judgement) {
    this.#deps = deps;
    this.#record = record;
    this.#judgement = judgement;
  }

  beginTransaction(): void {
    const { identity, connection } = this.#record;
    this.#destinations = new Map();
    this.#turn = identity === undefined ? undefined : this.#deps.sending?.begin(identity, connection.remote.address);
  }

  /** The answer to MAIL: yes only where the user may send more. */
  async mayBegin(said: Reply): Promise<Reply> {
    return isPositive(said) ? ((await this.#turn?.sender()) ?? said) : said;
  }

  /** Likewise to RCPT. */
  async mayAdd(deciding: Promise<RecipientDecision>): Promise<RecipientDecision> {
    const decided = await deciding;
    if (!decided.accepted) return decided;
    const refusal = await this.#turn?.recipient(decided.destination.kind !== "queue");
    return refusal === undefined ? decided : { accepted: false, reply: refusal, reason: "sending-limit" };
  }

  addRecipient(recipient: RecipientRequest, destination: Destination): void {
    this.#destinations.set(recipient, destination);
    this.#turn?.accepted();
  }

  begin(transaction: Transaction, onDrained: () => void): void {
    const { spool, random, clock, settings } = this.#deps;
    // The decision's ID is the message's: in its Received field, in the 250, in `why`.
    const id = this.#judgement?.id ?? random.id();
    const atMs = clock.now();
    const incoming = new IncomingMessage(spool.begin(onDrained), {
      hostname: settings.hostname,
      headerOctetsMax: settings.limits.headerOctetsMax,
      receivedFieldsMax: settings.limits.receivedFieldsMax,
      binary: transaction.sender.body === "BINARYMIME",
      digest: this.#judgement?.digests === true ? new MessageDigest() : undefined,
      prefix: (header) => this.#prefix(id, atMs, transaction, header),
      ...(this.#deps.protocol === "submission" ? { fromUser: true } : {}),
    });
    this.#open = { id, transaction, incoming, atMs };
  }

  /** False: read no more until drained. */
  write(octets: Uint8Array): boolean {
    return this.#open?.incoming.write(octets) ?? true;
  }

  /** Forgets the message. One that its own octets condemned leaves its line in the log. */
  abandon(reason: "too-large" | "bare-newline" | "client"): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    open.incoming.discard();
    if (reason === "client") return;
    this.#record.messagesRefused++;
    this.#log(open, { code: reason === "too-large" ? 552 : 550, reason });
  }

  /**
   * The reply to a complete message: positive only when the store says that it is durable. Never rejects.
   * @param isWanted is the client still there to hear it? If not, nothing is delivered: it will come again.
   */
  async take(transaction: Transaction, isWanted: () => boolean): Promise<Reply> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return STORE_FAILED;
    const message = open.incoming.complete();
    this.#judgement?.arrived(message?.index.envelope.messageId ?? null);
    const answer = await this.#decide(open, message, transaction, isWanted);
    this.#record[answer.code < 400 ? "messagesTaken" : "messagesRefused"]++;
    const { code, status } = answer;
    this.#log(open, { octets: message?.index.sizeOctets, code, status, removedFields: message?.header.removed });
    return answer;
  }

  #log({ id, transaction }: OpenMessage, outcome: Fields): void {
    const session = this.#record.connection.id;
    this.#deps.log.info("message", { session, ...messageFields(id, transaction), ...outcome });
  }

  async #decide(
    { id, incoming, atMs }: OpenMessage,
    message: CompleteMessage | undefined,
    transaction: Transaction,
    isWanted: () => boolean,
  ): Promise<Reply> {
    if (message === undefined) return incoming.refusal ?? STORE_FAILED;
    const refusal = await this.#judge(message);
    if (refusal !== undefined) {
      incoming.discard();
      return refusal;
    }
    try {
      const content = await incoming.content();
      const octets = this.#octetsOf(message, content);
      const refused = await this.#judgement?.message({ ...message, octets, envelope: this.#scanEnvelope(transaction) });
      const spam = this.#isSpam && isOnlyPassedOn(this.#destinations.values()) ? SPAM_NOT_PASSED_ON : undefined;
      if (refused !== undefined || spam !== undefined || !isWanted()) {
        incoming.discard();
        return refused ?? spam ?? STORE_FAILED;
      }
      const turn = this.#turn;
      const delivery = {
        content,
        ...this.#withVerdict(message),
        receivedAtMs: atMs,
        ...this.#envelope(id, transaction, atMs),
        ...(turn === undefined ? {} : { submission: turn.submission() }),
      };
      const stored = await this.#deps.store.deliver(delivery);
      if (stored.ok) {
        this.#keptBack(id, delivery, stored.value);
        tellStored(this.#deps, { id, transaction, delivery, placed: stored.value, draft: this.#judgement?.draft() });
        await this.#report(id, transaction, message);
        return reply(250, "2.0.0", `Accepted as ${id}`);
      }
      incoming.discard();
      return await this.#notStored(id, stored.problem, turn);
    } catch (error) {
      this.#deps.log.error("message-not-stored", { message: id, cause: String(error) });
      incoming.discard();
      return isDiskFull(error) ? NO_SPACE : STORE_FAILED;
    }
  }

  async #notStored(id: string, problem: DeliveryProblem, turn: SendingTurn | undefined): Promise<Reply> {
    if (problem === "nobody-left") return NOBODY_LEFT;
    if (problem === "sending-limit" || problem === "account-held") return (await turn?.refusal()) ?? STORE_FAILED;
    this.#deps.log.error("no-space", { message: id });
    return NO_SPACE;
  }

  /** The message is stored: whatever becomes of its report, the answer is yes. */
  async #report(id: string, transaction: Transaction, { header }: CompleteMessage): Promise<void> {
    if (!transaction.recipients.some(({ notify }) => notify !== undefined)) return;
    const isSenderKnown = this.#record.identity !== undefined || this.#deps.protocol === "lmtp";
    const destinations = this.#destinations;
    try {
      await reportSuccess(this.#deps, { transaction, destinations, header: header.kept, isSenderKnown });
    } catch (error) {
      this.#deps.log.error("report-not-stored", { message: id, cause: String(error) });
    }
  }

  async #judge({ header, index }: CompleteMessage): Promise<Reply | undefined> {
    const { identity } = this.#record;
    if (identity === undefined) return undefined;
    if (header.fromFields > 1) return FROM_MALFORMED;
    const from = header.fromFields === 0 ? null : (index.envelope.from ?? []);
    return judgeHeaderFrom(
      this.#deps.directory,
      identity,
      from,
      this.#deps.log.with({ session: this.#record.connection.id }),
    );
  }

  #envelope(
    id: string,
    transaction: Transaction,
    atMs: number,
  ): Omit<Delivery, "content" | "prefix" | "index" | "receivedAtMs"> {
    const { sender, recipients } = transaction;
    const accounts = new Set<number>();
    for (const recipient of recipients) {
      const destination = this.#destinations.get(recipient);
      for (const { accountId } of destination?.kind === "accounts" ? destination.accounts : []) accounts.add(accountId);
    }
    const targets: DeliveryTarget[] = [];
    const kept: number[] = [];
    for (const accountId of accounts) {
      const folder = this.#judgement?.filing(accountId) ?? "inbox";
      if (folder === "quarantine") kept.push(accountId);
      else targets.push({ accountId, folder, flags: [] });
    }
    const mailFrom = sender.reversePath === null ? "" : formatMailbox(sender.reversePath);
    const quarantine = kept.length === 0 ? undefined : this.#judgement?.keepBack(kept, atMs);
    // Nobody is left out: what cannot be kept back is in Junk.
    if (quarantine === undefined) for (const accountId of kept) targets.push({ accountId, folder: "junk", flags: [] });
    const queued = queuedRecipients(transaction, this.#destinations);
    const sending = sendingOf(transaction, this.#record.identity?.address ?? "", this.#deps.settings);
    const forwarded = this.#isSpam
      ? []
      : forwardings(transaction, this.#destinations, {
          ...this.#deps,
          isProven: this.#record.identity !== undefined || isSenderProven(this.#judgement?.draft()),
        });
    const keptBack = quarantine === undefined ? {} : { quarantine };
    const delivery = { targets, queued, forwarded, sending, mailFrom, ...keptBack };
    const about = { id, receivedAtMs: atMs };
    const judged = this.#judgement === undefined ? undefined : handOnVerdict(this.#judgement);
    return withHandOn(delivery, handOnFacts(transaction, about, this.#destinations, this.#record, judged));
  }

  /** It goes to Junk or worse even where it is judged most mildly. */
  get #isSpam(): boolean {
    return (this.#judgement?.draft()?.filing ?? "inbox") !== "inbox";
  }

  /** Without room in quarantine a message is in Junk, and somebody has to know. */
  #keptBack(id: string, { quarantine }: Delivery, placed: readonly Placed[]): void {
    if (quarantine === undefined) return;
    const isInJunk = placed.some(({ accountId }) => quarantine.accountIds.includes(accountId));
    if (isInJunk) this.#deps.log.error("quarantine-full", { message: id, octetsMax: quarantine.octetsMax });
    this.#judgement?.keptBack(!isInJunk);
  }

  #scanEnvelope({ recipients }: Transaction): ScanEnvelope {
    const { connection, identity, mechanism } = this.#record;
    return {
      port: connection.remote.port,
      tls: connection.tls,
      login: identity === undefined ? undefined : { account: identity.address, mechanism },
      recipients: recipients.map(({ path }) => (path === "postmaster" ? path : formatMailbox(path))),
      leavesServer: [...this.#destinations.values()].some((one) => !isDeliveredHere(one)),
    };
  }

  /** As the index counts them: our trace fields stand in front. */
  #octetsOf({ prefix }: CompleteMessage, content: Content): MessageOctets {
    const { spool } = this.#deps;
    return {
      read: async (start, end) => {
        const ours = prefix.subarray(start, end);
        if (end <= prefix.length) return ours;
        const theirs = await spool.read(content, Math.max(0, start - prefix.length), end - prefix.length);
        return ours.length === 0 ? theirs : Buffer.concat([ours, theirs]);
      },
    };
  }

  /** What was found out about it stands above our Received field (RFC 8601 §5), whose octets were counted before. */
  #withVerdict({ prefix, index }: CompleteMessage): Pick<Delivery, "prefix" | "index"> {
    const fields = fieldOctets(this.#judgement?.headerFields(this.#deps.settings.hostname) ?? []);
    return { prefix: behindReturnPath(prefix, fields), index: shiftIndex(index, fields.length) };
  }

  /** Return-Path belongs to the final delivery alone (RFC 5321 §4.4); the queue takes it off what it sends on. */
  #prefix(id: string, atMs: number, transaction: Transaction, header: SenderHeader): Uint8Array {
    const { sender } = transaction;
    const isDelivered = [...this.#destinations.values()].some(isDeliveredHere);
    const fields = isDelivered ? [returnPathField(sender.reversePath)] : [];
    fields.push(this.#received(id, atMs, transaction));
    if (this.#deps.protocol === "submission") fields.push(...this.#submissionFields(id, atMs, transaction, header));
    return fieldOctets(fields);
  }

  #received(id: string, atMs: number, { sender, recipients }: Transaction): string {
    const { protocol, settings } = this.#deps;
    const { connection, clientName, extended, identity } = this.#record;
    const [only, ...others] = recipients;
    const recipient = others.length === 0 && only !== undefined && only.path !== "postmaster" ? only.path : undefined;
    return receivedField({
      clientName,
      clientAddress: connection.remote.address,
      hostname: settings.hostname,
      transmission: transmissionType({
        protocol: protocol === "lmtp" ? "lmtp" : "smtp",
        extended,
        tls: connection.tls !== undefined,
        authenticated: identity !== undefined,
        utf8: sender.utf8,
      }),
      tls: connection.tls,
      id,
      recipient,
      atMs,
    });
  }

  /** What a submission server adds where it is missing (RFC 6409 §8). */
  #submissionFields(id: string, atMs: number, { sender }: Transaction, header: SenderHeader): string[] {
    const fields: string[] = [];
    if (!header.hasDate) fields.push(dateField(atMs));
    if (!header.hasMessageId) fields.push(messageIdField(id, this.#deps.settings.hostname));
    const own = parseMailbox(this.#record.identity?.address ?? "", { utf8: true });
    const author = sender.reversePath ?? (own.ok ? own.value : undefined);
    if (header.fromFields === 0 && author !== undefined) fields.push(fromField(author));
    return fields;
  }
}

/** Return-Path is one line, and the first where there is one (RFC 5321 §4.4). */
function behindReturnPath(prefix: Uint8Array, fields: Uint8Array): Uint8Array {
  const octets = asBuffer(prefix);
  const at = octets.toString("latin1", 0, RETURN_PATH.length) === RETURN_PATH ? octets.indexOf("\n") + 1 : 0;
  return Buffer.concat([octets.subarray(0, at), fields, octets.subarray(at)]);
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
