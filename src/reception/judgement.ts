/**
 * Judges one connection: gathers evidence while the client talks, turns it into a verdict at the first recipient, and
 * leaves a decision record of each transaction and of each refusal before one.
 *
 * Relay control is not asked here and cannot be overruled here: a verdict turns an accepted recipient into a refused one,
 * never the other way round.
 */
import type { SenderTry } from "#evidence/greylist/greylist.ts";
import type { HeloEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { Offence } from "#gate/block-list/offence.ts";
import { formatMailbox, type Mailbox, type ReversePath } from "#mail/address.ts";
import { isPositive, type Reply } from "#mail/reply.ts";
import type { CloseReason, Signal } from "#protocol/smtp/session-events.ts";
import type { NewQuarantined } from "#store/quarantine-row.ts";
import type { Judged, Stage } from "#verdict/decision-record.ts";
import { type Evidence, NO_EVIDENCE } from "#verdict/evidence.ts";
import { judge } from "#verdict/judge.ts";
import { type Filing, filingOf } from "#verdict/parties.ts";
import { rulesForEverybody } from "#verdict/rules.ts";
import { vouchingDomain } from "#verdict/spf-rule.ts";
import type { Verdict } from "#verdict/verdict.ts";
import { beginJudging } from "./begin-judging.ts";
import { DecisionDraft } from "./decision-draft.ts";
import { type ArrivedMessage, EvidenceGathering } from "./evidence-gathering.ts";
import { heloAtOnce } from "./helo-at-once.ts";
import type { Judge, MetClient } from "./judge.ts";
import { MessageScan, type ScanFindings } from "./message-scan.ts";
import { isSpamVerdict, offenceOfSignal } from "./offences.ts";
import { ownFields } from "./own-fields.ts";
import { OwnRefusals } from "./own-refusals.ts";
import type { RecipientDecision } from "./recipient-policy.ts";
import { withId } from "./reply-with-id.ts";
import { slowedReply } from "./slowed-reply.ts";
import type { TransactionJudging } from "./transaction-judging.ts";
import { isForPostmaster, recipientText, type Whose, whoseMail } from "./transaction-parties.ts";
import { whoIsJudged } from "./who-is-judged.ts";

export class Judgement {
  readonly #client: MetClient;
  readonly #judge: Judge;
  readonly #judged: Judged;
  readonly #scan: MessageScan;
  /** Undefined where nobody is judged by the DNS. */
  #gathering: EvidenceGathering | undefined;
  #clientName: string | null = null;
  #account: { readonly id: number; readonly address: string } | null = null;
  #spokeEarly = false;
  #earlyReply: Reply | undefined;
  readonly #own = new OwnRefusals();
  /** Why the open transaction's message was given up. */
  #abandoned: string | undefined;
  #draft: DecisionDraft | undefined;
  /** Of the open transaction; undefined where nobody is judged. */
  #judging: TransactionJudging | undefined;

  constructor(client: MetClient, shared: Judge) {
    this.#client = client;
    this.#judge = shared;
    this.#judged = whoIsJudged(client);
    this.#scan = new MessageScan(client, shared);
  }

  /** Stands in replies: the open transaction's, otherwise the session's. */
  get id(): string {
    return this.#draft?.id ?? this.#client.session;
  }

  /** What a banned client hears in place of the greeting. About anybody else the questions begin. */
  atConnect(): Reply | undefined {
    const blockList = this.#findBan();
    const refusal = blockList === null ? undefined : this.#refuse("connect", { ...NO_EVIDENCE, blockList });
    if (refusal !== undefined || this.#judged !== "judged") return refusal;
    const { address, localAddress } = this.#client;
    this.#gathering = new EvidenceGathering(address, localAddress, this.#judge.gathering);
    return undefined;
  }

  /** The session refuses it by itself, where the rule is enforced: `replying` puts our words in place of its own. */
  spokeEarly(): void {
    this.#spokeEarly = true;
    this.#earlyReply = this.#refuse("connect", { ...NO_EVIDENCE, spokeEarly: true });
  }

  /** What the session says without asking: where that ends a decision it carries its ID, and is in the record. */
  replying(reply: Reply): Reply {
    const [early, abandoned] = [this.#earlyReply, this.#abandoned];
    if (isPositive(reply)) return reply;
    if (early === undefined && abandoned === undefined) return this.#own.said(reply, this.id);
    this.#earlyReply = undefined;
    this.#abandoned = undefined;
    return early ?? this.concluded(reply, abandoned ?? "refused") ?? reply;
  }

  /** The session ended itself, and has said why. */
  ended(reason: CloseReason): void {
    const lastWord = this.#own.lastWord(reason);
    if (lastWord === undefined) return;
    const draft = this.#draft ?? new DecisionDraft(this.id, this.#judge.deps.clock.now(), "helo", null);
    draft.refused(lastWord, reason);
    // An open transaction is recorded when the connection is gone.
    if (draft !== this.#draft && this.#judge.isWorthARecord(this.#client.address)) this.#record(draft);
  }

  /** What needs no look-up is refused where it was said; the rest is judged with the first recipient. */
  named(name: string, claimsToBeUs: HeloEvidence["claimsToBeUs"]): Reply | undefined {
    this.#clientName = name;
    this.#judge.deps.hearName?.(this.#client.address, name, false);
    if (this.#gathering === undefined) return undefined;
    this.#gathering.named(name);
    if (claimsToBeUs === "no" && !this.#gathering.isTelling) return undefined;
    return this.#refuse("helo", { ...NO_EVIDENCE, helo: heloAtOnce(name, claimsToBeUs) });
  }

  loggedIn(account: { readonly id: number; readonly address: string }): void {
    this.#account = account;
    if (this.#clientName !== null) this.#judge.deps.hearName?.(this.#client.address, this.#clientName, true);
  }

  signal(signal: Signal): void {
    const kind = offenceOfSignal(signal);
    if (kind !== undefined) this.#offence({ kind, ...this.#offender() });
  }

  /** MAIL: a transaction begins, and with it a decision. */
  begin(reversePath: ReversePath): void {
    this.#finish();
    this.#abandoned = undefined;
    const { random, clock } = this.#judge.deps;
    const mailFrom = reversePath === null ? "" : formatMailbox(reversePath);
    const draft = new DecisionDraft(random.id(), clock.now(), "mail", mailFrom);
    this.#draft = draft;
    this.#gathering?.sender(reversePath);
    this.#judging = beginJudging(this.#judge, this.#client, {
      draft,
      gathering: this.#gathering,
      clientName: this.#clientName,
      account: this.#account,
      shown: () => ({ spokeEarly: this.#spokeEarly, blockList: this.#findBan() }),
      tried: () => this.#tried(draft),
    });
  }

  /** MAIL was answered by others. */
  senderAnswered(reply: Reply): Reply {
    const draft = this.#draft;
    const said = withId(reply, this.id);
    if (draft === undefined || isPositive(said)) return said;
    draft.refused(said, "sender-refused");
    this.#record(draft);
    this.#draft = undefined;
    return said;
  }

  /** What to say to RCPT. A refusal of relay control stands; an accepted recipient waits for the verdict. */
  async recipient(path: Mailbox | "postmaster", permitted: RecipientDecision): Promise<Reply> {
    const draft = this.#draft;
    if (draft === undefined) return permitted.reply;
    const whose = permitted.accepted ? whoseMail(path, permitted.destination) : [];
    const refusal = permitted.accepted ? await this.#refusalFor(path, whose, draft) : permitted;
    const said = withId(refusal?.reply ?? permitted.reply, draft.id);
    const reason = refusal?.reason ?? null;
    const address = recipientText(path);
    const isFirstRefusal = refusal !== undefined && !draft.hasRefused;
    if (!permitted.accepted) void this.#recipientRefused(permitted.reason, address);
    if (refusal === undefined) {
      draft.isForPostmasterAlone &&= isForPostmaster(path);
      this.#judging?.accept(address, whose);
    }
    if (refusal === undefined && permitted.accepted && permitted.destination.kind === "queue") {
      draft.elsewhere.push(permitted.destination.address);
    }
    draft.addRecipient({ address, accepted: refusal === undefined, reason, reply: said });
    // At once, so that who was just refused is found; what follows is added when the transaction ends.
    if (isFirstRefusal) this.#record(draft);
    return said;
  }

  /** Of the open transaction. */
  readonly draft = (): DecisionDraft | undefined => this.#draft;

  /** Where the accepted message goes for this account. */
  filing(accountId: number): Filing {
    return this.#judging?.filing(accountId) ?? this.#draft?.filing ?? "inbox";
  }

  filingAt = (address: string): Filing => this.#judging?.filingAt(address) ?? this.#draft?.filing ?? "inbox";

  /** How the message is kept back from these accounts; undefined where it cannot be. */
  keepBack(accountIds: readonly number[], nowMs: number): NewQuarantined | undefined {
    const draft = this.#draft;
    const { quarantine } = this.#judge.deps;
    const verdict = this.#judging?.keptBack(accountIds) ?? draft?.verdict;
    if (draft === undefined || verdict == null || quarantine === undefined) return undefined;
    const { sum: score, reasons } = verdict;
    const about = { id: draft.id, client: this.#client.address, messageId: draft.messageId, score, reasons };
    return { ...about, untilMs: nowMs + quarantine.keepMs, accountIds, octetsMax: quarantine.octetsMax };
  }

  /** Was there room to keep it back? Otherwise it is in Junk. */
  keptBack(hasRoom: boolean): void {
    if (this.#draft !== undefined) this.#draft.isQuarantineFull = !hasRoom;
    this.#judge.deps.hearQuarantine?.(hasRoom);
  }

  /** What the last word on the message says in its header, with their CRLF. */
  headerFields(hostname: string): readonly string[] {
    const { standard } = this.#judge.deps.policies;
    const isScored = this.#gathering !== undefined;
    return ownFields(hostname, this.#draft, { standard, isScored, scanned: this.#scan.fields });
  }

  /** Are a message's octets to be read for its signatures? */
  get digests(): boolean {
    return this.#draft?.verdict != null && this.#gathering?.digests === true;
  }

  /** The second look, now that the message is there. What to refuse it with; undefined: let it in. Never rejects. */
  async message(arrived: ArrivedMessage): Promise<Reply | undefined> {
    const draft = this.#draft;
    const judging = this.#judging;
    if (draft === undefined) return undefined;
    const scanning = this.#scan.findings(arrived, draft, this.#clientName);
    if (judging === undefined || draft.verdict === null) return this.#judgeScanned(await scanning, draft);
    await judging.message(arrived, scanning);
    this.#tellSpam(draft);
    return this.#refusalOf(draft);
  }

  /** Users, trusted networks and local programs are asked for nothing but what programs beside us say. */
  #judgeScanned(found: ScanFindings, draft: DecisionDraft): Reply | undefined {
    if (found.antivirus === null && found.milters === null) return undefined;
    draft.evidence = { ...draft.evidence, ...found };
    const policy = this.#judge.deps.policies.standard;
    const verdict = judge(draft.evidence, policy, rulesForEverybody);
    draft.verdict = verdict;
    draft.filing = filingOf({ verdict, policy });
    return this.#refusalOf(draft);
  }

  /** What only postmaster is to have goes to Junk; but no virus goes anywhere. */
  #refusalOf(draft: DecisionDraft): Reply | undefined {
    const { antivirus } = draft.evidence;
    const decisive = draft.isForPostmasterAlone ? this.#forPostmaster({ ...NO_EVIDENCE, antivirus }) : draft.verdict;
    if (decisive === null || decisive.reply === null) return undefined;
    draft.refusedBecause = decisive.reasons[0];
    return decisive.reply;
  }

  /** A whole message is there; `concluded` follows, even when the client does not wait for it. */
  arrived(messageId: string | null): void {
    this.#draft?.arrived(messageId);
  }

  /** The answer to the message; null where the client did not wait for one. Returns it with the decision's ID. */
  concluded(reply: Reply | null, reason: string): Reply | null {
    const draft = this.#draft;
    if (draft === undefined) return reply;
    const said = reply === null ? null : withId(reply, draft.id);
    draft.concluded(said, draft.refusedBecause ?? reason);
    if (draft.isMessageTaken) this.#taken(draft);
    this.#finish();
    return said;
  }

  /** The message was condemned while it arrived; the session says why. */
  abandoned(reason: string): void {
    this.#abandoned = reason;
  }

  /** The connection is over. */
  closed(): void {
    if (this.#abandoned !== undefined) this.concluded(null, this.#abandoned);
    if (this.#draft?.hasArrived !== true) this.#finish();
    this.#gathering?.end();
    this.#scan.end();
  }

  async #refusalFor(
    path: Mailbox | "postmaster",
    whose: readonly Whose[],
    draft: DecisionDraft,
  ): Promise<{ readonly reply: Reply; readonly reason: string } | undefined> {
    const judging = this.#judging;
    if (judging === undefined) return undefined;
    const slowed = this.#gathering === undefined ? undefined : this.#slowed(path);
    if (slowed !== undefined) return slowed;
    const { verdict } = await judging.recipient(recipientText(path), whose);
    this.#tellSpam(draft);
    const { reply, reasons } = isForPostmaster(path) ? this.#forPostmaster(draft.evidence) : verdict;
    return reply === null ? undefined : { reply, reason: reasons[0] ?? "refused" };
  }

  /** A client of a group that misbehaves together: the next one in line is let through, the others come again. */
  #slowed(path: Mailbox | "postmaster"): { readonly reply: Reply; readonly reason: string } | undefined {
    const clientName = this.#clientName ?? "";
    const recipient = recipientText(path);
    const waitMs = this.#judge.deps.mustWait?.({ address: this.#client.address, clientName, recipient });
    if (waitMs === undefined || isForPostmaster(path)) return undefined;
    return { reply: slowedReply(waitMs), reason: "slowed" };
  }

  /** By everybody's policy: one account's is no measure for what a client does to others. */
  #tellSpam(draft: DecisionDraft): void {
    if (draft.isSpamTold || draft.verdict?.disposition !== "reject") return;
    if (!isSpamVerdict(judge({ ...draft.evidence, senderLists: null }, this.#judge.deps.policies.standard))) return;
    draft.isSpamTold = true;
    this.#offence({ kind: "spam", ...this.#offender() });
  }

  /** A message was taken: its sender need not wait the next time, nor need those whom a user here wrote to. */
  #taken(draft: DecisionDraft): void {
    const { greylist, correspondents, policies } = this.#judge.deps;
    const { evidence, verdict, elsewhere } = draft;
    if (this.#account !== null) {
      void greylist?.writtenTo(elsewhere, this.#tried(draft));
      void correspondents?.wrote(this.#account.id, elsewhere);
    }
    if (greylist === undefined || evidence.greylist === null || verdict === null) return;
    const { thresholds } = draft.decidedFor?.policy ?? policies.standard;
    const isSuspicious = verdict.sum >= thresholds.greylist;
    const folder = draft.filing === "inbox" ? "inbox" : "junk";
    void greylist.taken(evidence.greylist, { folder, isSuspicious }, this.#tried(draft));
  }

  #tried({ id, mailFrom }: DecisionDraft): SenderTry {
    const { address } = this.#client;
    return { mailFrom: mailFrom ?? "", client: address, clientName: this.#clientName ?? "", decision: id };
  }

  /** Waits for SPF where that counts; the answer to RCPT does not. Never rejects. */
  async #recipientRefused(reason: string, recipient: string): Promise<void> {
    const offender = this.#offender();
    if (reason === "unknown-recipient") {
      const spf = (await this.#gathering?.spf) ?? null;
      const senderAuthenticated = vouchingDomain(spf) !== null;
      this.#offence({ kind: "unknown-recipient", recipient, senderAuthenticated, ...offender });
    } else if (reason === "relaying-denied" || reason === "routing-operator") {
      this.#offence({ kind: "relay-attempt", recipient, ...offender });
    }
  }

  /** Users have old lists and programs that err; what the operator trusts is not held against anybody either. */
  #offence(offence: Offence): void {
    const { listener, trusted } = this.#client;
    if (listener === "lmtp" || trusted || this.#account !== null) return;
    this.#judge.deps.hearOffence?.(offence);
  }

  #offender(): { readonly address: string; readonly clientName?: string } {
    const { address } = this.#client;
    return this.#clientName === null ? { address } : { address, clientName: this.#clientName };
  }

  /** RFC 5321 §4.5.1: postmaster is to be reached, also by those who were put on a list by mistake. The banned alone are not heard. */
  #forPostmaster({ blockList, antivirus }: Evidence): Verdict {
    return judge({ ...NO_EVIDENCE, blockList, antivirus }, this.#judge.deps.policies.standard);
  }

  #findBan(): Evidence["blockList"] {
    const { listener, trusted, address } = this.#client;
    if (listener === "lmtp" || trusted) return null;
    return this.#judge.deps.findBan(address, listener === "smtp" ? "smtp" : "auth") ?? null;
  }

  /** A refusal outside of transactions; undefined where the policy has nothing against it. */
  #refuse(stage: Stage, evidence: Evidence): Reply | undefined {
    const { policies, clock } = this.#judge.deps;
    const { session, address } = this.#client;
    const verdict = judge(evidence, policies.standard);
    if (verdict.reply === null) return undefined;
    const draft = new DecisionDraft(session, clock.now(), stage, null);
    draft.evidence = evidence;
    draft.verdict = verdict;
    const said = withId(verdict.reply, session);
    draft.refused(said, null);
    if (this.#judge.isWorthARecord(address)) this.#record(draft, "judged");
    return said;
  }

  #finish(): void {
    const draft = this.#draft;
    this.#draft = undefined;
    this.#judging = undefined;
    if (draft?.isWorthARecord === true) this.#record(draft);
    const outcome = draft?.outcome;
    if (outcome !== undefined) this.#judge.deps.hearOutcome?.(outcome);
  }

  #record(draft: DecisionDraft, judged: Judged = this.#judged): void {
    const { sink, policies, settingsName } = this.#judge.deps;
    const { session, listener, address } = this.#client;
    const account = this.#account?.address ?? null;
    const client = { session, listener, address, name: this.#clientName, account, judged };
    sink.record(draft.toRecord(client, policies.standard, settingsName));
  }
}
