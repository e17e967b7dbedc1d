/** What is negotiated with a milter (libmilter/mfdef.h, protocol version 6). */

export const PROTOCOL_VERSION = 6;
/** The oldest that is spoken: before it there was no negotiation of steps. */
export const PROTOCOL_VERSION_MIN = 2;
/** From here on there is a command for DATA. */
export const VERSION_WITH_DATA = 4;

/** What a milter may change. */
export const ACTION = { addHeaders: 0x01, quarantine: 0x20 } as const;
/**
 * All that is offered. The message is in the spool when milters see it, judged by its own header and addressed to those
 * whom we have accepted: neither body nor recipients nor fields of the sender's change any more.
 */
export const ACTIONS_OFFERED = ACTION.addHeaders | ACTION.quarantine;

/** Steps that a milter need not be told of, and those that it does not answer. */
export const STEP = {
  noConnect: 0x01,
  noHelo: 0x02,
  noMail: 0x04,
  noRecipients: 0x08,
  noBody: 0x10,
  noHeaders: 0x20,
  noEndOfHeaders: 0x40,
  noReplyHeader: 0x80,
  noUnknown: 0x100,
  noData: 0x200,
  /** It may say that it has seen enough of the body. */
  skip: 0x400,
  noReplyConnect: 0x1000,
  noReplyHelo: 0x2000,
  noReplyMail: 0x4000,
  noReplyRecipient: 0x8000,
  noReplyData: 0x10000,
  noReplyUnknown: 0x20000,
  noReplyEndOfHeaders: 0x40000,
  noReplyBody: 0x80000,
  /** Values of header fields come with the blanks in front of them: a signature may cover these. */
  leadingSpace: 0x100000,
} as const;

export const STEPS_OFFERED = Object.values(STEP).reduce((all, flag) => all | flag, 0);

/** What was agreed on. */
export interface Agreement {
  readonly version: number;
  readonly actions: number;
  readonly steps: number;
}
