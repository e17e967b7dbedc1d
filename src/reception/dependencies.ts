/** What a listener's reception is wired to. */
import type { EarlyTalkers } from "#gate/early-talkers.ts";
import type { AccountSessions } from "#identity/account-sessions.ts";
import type { Authenticator } from "#identity/authenticator.ts";
import type { Directory } from "#identity/directory.ts";
import type { ReturnAddresses } from "#identity/return-address.ts";
import type { SendingLimits } from "#identity/sending-limits.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import type { Reply } from "#mail/reply.ts";
import type { Clock } from "#ports/clock.ts";
import type { Endpoint } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginPlaces } from "#ports/login-places.ts";
import type { Random } from "#ports/random.ts";
import type { Spool } from "#ports/spool.ts";
import type { Placed, Store } from "#store/store.ts";
import type { Judge } from "./judge.ts";
import type { ListenerProtocol } from "./listener-session.ts";
import type { OtherNodes } from "./recipient-policy.ts";
import type { ReceptionSettings } from "./settings.ts";

export interface SmtpDependencies {
  readonly protocol: ListenerProtocol;
  readonly settings: ReceptionSettings;
  readonly store: Pick<Store, "deliver">;
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly logins: LoginPlaces;
  /** Reverse-paths of mail that is passed on. Without it none is. */
  readonly returns?: ReturnAddresses;
  /** Counts what users send, and says when it is enough. Without it nobody is counted. */
  readonly sending?: SendingLimits;
  /** Ends sessions whose login no longer holds. */
  readonly accountSessions?: AccountSessions;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Is STARTTLS to be had where TLS is not there from the start? By default on all listeners but LMTP's. */
  readonly startTls?: boolean;
  /** False: others stand behind the address, so that it is not trusted though the settings list it. Absent: never. */
  readonly mayTrust?: (address: string) => boolean;
  /** Shared between listeners where given. */
  readonly earlyTalkers?: EarlyTalkers;
  /** Are few connections left? Idle clients make room then. */
  readonly isUnderLoad?: () => boolean;
  /** Judges clients and what they send, and records decisions. Without it nobody is judged. */
  readonly judge?: Judge;
  /** Absent: no other node has told us of its recipients. */
  readonly otherNodes?: OtherNodes;
  /** Hears of mail from strangers that was stored; to return at once. */
  readonly onStored?: (stored: StoredMail) => void;
  /** Asked before the greeting: a reply (421 4.7.0) is said in its place. For connection limits and the block list. */
  readonly refuseClient?: (remote: Endpoint) => Reply | undefined;
}

export interface StoredMail {
  readonly message: string;
  readonly receivedMs: number;
  /** Domain of the author, empty where there is none; proven where it stands behind the message (DMARC). */
  readonly sender: string;
  readonly isProven: boolean;
  /** Canonical addresses, or `postmaster`. */
  readonly recipients: readonly string[];
  /** Empty for `<>`. */
  readonly mailFrom: string;
  readonly index: MessageIndex;
  readonly placed: readonly Placed[];
}
