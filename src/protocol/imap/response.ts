/** What the server says, as values (RFC 3501 §7). `encode.ts` makes octets of it; FETCH has a file of its own. */
import type { MailboxName, StatusItem } from "./command.ts";

/** Ascending UIDs or message numbers; written as compact ranges. */
type NumberList = readonly number[] | Uint32Array;

export type Response =
  | {
      readonly kind: "tagged";
      readonly tag: string;
      readonly status: "OK" | "NO" | "BAD";
      readonly code?: ResponseCode;
      readonly text: string;
    }
  | {
      readonly kind: "untagged";
      readonly status: "OK" | "NO" | "BAD" | "BYE" | "PREAUTH";
      readonly code?: ResponseCode;
      readonly text: string;
    }
  /** `+ text` */
  | { readonly kind: "continue"; readonly text: string }
  /** `+ base64` (RFC 3501 §6.2.2). */
  | { readonly kind: "challenge"; readonly octets: Uint8Array }
  | { readonly kind: "capability"; readonly capabilities: readonly string[] }
  | { readonly kind: "enabled"; readonly capabilities: readonly string[] }
  | { readonly kind: "id"; readonly fields: readonly (readonly [string, string | null])[] | null }
  | {
      readonly kind: "namespace";
      readonly personal: readonly Namespace[];
      readonly others: readonly Namespace[];
      readonly shared: readonly Namespace[];
    }
  | ListResponse
  | {
      readonly kind: "status";
      readonly mailbox: MailboxName;
      readonly values: readonly (readonly [StatusItem, number])[];
    }
  | { readonly kind: "flags"; readonly flags: readonly string[] }
  | { readonly kind: "exists"; readonly count: number }
  | { readonly kind: "recent"; readonly count: number }
  | { readonly kind: "expunge"; readonly sequence: number }
  | { readonly kind: "vanished"; readonly earlier: boolean; readonly uids: NumberList }
  /** `modSeq`: RFC 7162 §3.1.5. */
  | { readonly kind: "search"; readonly numbers: NumberList; readonly modSeq?: number }
  | EsearchResponse;

export interface Namespace {
  readonly prefix: string;
  readonly separator: string | null;
}

export interface ListResponse {
  readonly kind: "list" | "lsub";
  /** `\HasChildren`, `\Sent`, … */
  readonly attributes: readonly string[];
  /** `null`: a flat name. */
  readonly separator: string | null;
  readonly mailbox: MailboxName;
  /** CHILDINFO (RFC 5258 §3.5), such as `SUBSCRIBED`. */
  readonly childInfo?: readonly string[];
  /** OLDNAME (RFC 9051 §6.3.9.7). */
  readonly oldName?: MailboxName;
}

/** RFC 4731. What was not asked for or does not exist is left out. */
export interface EsearchResponse {
  readonly kind: "esearch";
  readonly tag: string;
  readonly uid: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly all?: NumberList;
  readonly count?: number;
  readonly modSeq?: number;
}

export type ResponseCode =
  | {
      readonly name:
        | "ALERT"
        | "PARSE"
        | "READ-ONLY"
        | "READ-WRITE"
        | "TRYCREATE"
        | "UIDNOTSTICKY"
        | "NOMODSEQ"
        | "CLOSED";
    }
  /** RFC 5530. */
  | {
      readonly name:
        | "UNAVAILABLE"
        | "AUTHENTICATIONFAILED"
        | "AUTHORIZATIONFAILED"
        | "EXPIRED"
        | "PRIVACYREQUIRED"
        | "CONTACTADMIN"
        | "NOPERM"
        | "INUSE"
        | "EXPUNGEISSUED"
        | "CORRUPTION"
        | "SERVERBUG"
        | "CLIENTBUG"
        | "CANNOT"
        | "LIMIT"
        | "OVERQUOTA"
        | "ALREADYEXISTS"
        | "NONEXISTENT";
    }
  /** RFC 7889, 5182, 3516, 6154, 9051. */
  | { readonly name: "TOOBIG" | "NOTSAVED" | "UNKNOWN-CTE" | "USEATTR" | "HASCHILDREN" }
  | { readonly name: "BADCHARSET"; readonly charsets: readonly string[] }
  | { readonly name: "CAPABILITY"; readonly capabilities: readonly string[] }
  | { readonly name: "PERMANENTFLAGS"; readonly flags: readonly string[] }
  | { readonly name: "UIDNEXT" | "UIDVALIDITY" | "UNSEEN" | "HIGHESTMODSEQ"; readonly value: number }
  | { readonly name: "APPENDUID"; readonly uidValidity: number; readonly uid: number }
  /** RFC 4315. Both in the same order, `from[i]` became `to[i]`. */
  | { readonly name: "COPYUID"; readonly uidValidity: number; readonly from: NumberList; readonly to: NumberList }
  /** RFC 7162 §3.1.3: UIDs for UID STORE, else message numbers. */
  | { readonly name: "MODIFIED"; readonly set: NumberList };

export interface EncodeOptions {
  /** UTF8=ACCEPT was enabled (RFC 6855): names and strings go out as UTF-8 in quotes. */
  readonly utf8: boolean;
}
