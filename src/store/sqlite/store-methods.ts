/** Which half of the embedded store answers which method: all a caller in another thread needs to know. */
import type { Store } from "../store.ts";

export type StoreMethod = Exclude<keyof Store, "onEvent" | "close">;

export const storeMethods = {
  findAddress: "reader",
  findAccount: "reader",
  listAccounts: "reader",
  createAccount: "writer",
  updateAccount: "writer",
  removeAccount: "writer",
  listAliases: "reader",
  putAlias: "writer",
  removeAlias: "writer",
  listDomains: "reader",
  putDomain: "writer",
  removeDomain: "writer",
  listDisabled: "reader",
  setDisabled: "writer",
  listCredentials: "reader",
  putCredential: "writer",
  removeCredential: "writer",
  listScramKeys: "reader",
  putScramKeys: "writer",
  removeScramKeys: "writer",
  readScramSalt: "reader",
  markExposed: "writer",
  noteCredentialUses: "writer",
  findTotp: "reader",
  putTotp: "writer",
  claimTotpAttempt: "writer",
  takeTotpStep: "writer",
  confirmTotp: "writer",
  takeRecoveryCode: "writer",
  removeTotp: "writer",
  listPasskeys: "reader",
  listPasskeyLinks: "reader",
  findPasskeyLink: "reader",
  putPasskeyLink: "writer",
  putPasskeyChallenge: "writer",
  takePasskeyChallenge: "writer",
  putPasskey: "writer",
  notePasskeyUse: "writer",
  removePasskey: "writer",
  deliver: "writer",
  appendMessage: "writer",
  listFolders: "reader",
  findFolder: "reader",
  createFolder: "writer",
  removeFolder: "writer",
  renameFolder: "writer",
  setSubscribed: "writer",
  listSubscriptions: "reader",
  listUids: "reader",
  fetchRows: "reader",
  readContent: "reader",
  readContents: "reader",
  changeFlags: "writer",
  copyMessages: "writer",
  expunge: "writer",
  changesSince: "reader",
  claimRecent: "writer",
  search: "reader",
  claimQueued: "writer",
  markFinishing: "writer",
  settleQueued: "writer",
  recoverQueue: "writer",
  changeQueued: "writer",
  listQueue: "reader",
  findQueued: "reader",
  countQueue: "reader",
  nextQueueTurn: "reader",
  findSuppressed: "reader",
  listSuppressed: "reader",
  removeSuppressed: "writer",
  pruneQueue: "writer",
  putDecisions: "writer",
  findDecisions: "reader",
  pruneDecisions: "writer",
  listBlockList: "reader",
  putBlockList: "writer",
  removeBlockList: "writer",
  pruneBlockList: "writer",
  putLogins: "writer",
  listLogins: "reader",
  findGreylist: "reader",
  listGreylist: "reader",
  countGreylist: "reader",
  putGreylistTry: "writer",
  putGreylistKnown: "writer",
  pruneGreylist: "writer",
  listDkimKeys: "reader",
  changeDkimKeys: "writer",
  listQuarantine: "reader",
  findQuarantined: "reader",
  countQuarantine: "reader",
  releaseQuarantined: "writer",
  removeQuarantined: "writer",
  pruneQuarantine: "writer",
  listSenders: "reader",
  putSender: "writer",
  removeSender: "writer",
  putCorrespondents: "writer",
  findCorrespondents: "reader",
  countCorrespondents: "reader",
  listPairNodes: "reader",
  putPairNode: "writer",
  removePairNode: "writer",
  putPairProgress: "writer",
  listRecipientLists: "reader",
  putRecipientList: "writer",
  confirmRecipientList: "writer",
  changedBlockList: "reader",
  mergeBlockList: "writer",
  findHandOn: "reader",
  findHandedOver: "reader",
  prunePair: "writer",
  findSendingUse: "reader",
  listSendingMinutes: "reader",
  listSendingHolds: "reader",
  findSendingIncident: "reader",
  listSending: "reader",
  markSendingTold: "writer",
  quietSending: "writer",
  announceSending: "writer",
  pruneSending: "writer",
  putReport: "writer",
  listReports: "reader",
  findReport: "reader",
  addReportTallies: "writer",
  listTalliedDomains: "reader",
  listReportTallies: "reader",
  claimReport: "writer",
  pruneReports: "writer",
  statistics: "reader",
} as const satisfies Record<StoreMethod, "reader" | "writer">;

type MethodsOf<Half extends "reader" | "writer"> = {
  [Method in StoreMethod]: (typeof storeMethods)[Method] extends Half ? Method : never;
}[StoreMethod];

export type ReaderMethod = MethodsOf<"reader">;
export type WriterMethod = MethodsOf<"writer">;

/** What the writer does for each of its methods, inside a transaction. */
export type WriterOperations = {
  readonly [Method in WriterMethod]: (...args: Parameters<Store[Method]>) => Awaited<ReturnType<Store[Method]>>;
};
export type ReaderOperations = Pick<Store, ReaderMethod>;

export interface StoreOperation {
  readonly method: WriterMethod;
  readonly args: readonly unknown[];
}

/** The writer or the reader, wherever it runs. Rejects with what the method threw. */
export type CallHalf = (method: StoreMethod, args: readonly unknown[]) => Promise<unknown>;

export function isWriterMethod(method: string): method is WriterMethod {
  return Object.hasOwn(storeMethods, method) && storeMethods[method as StoreMethod] === "writer";
}

export function isReaderMethod(method: string): method is ReaderMethod {
  return Object.hasOwn(storeMethods, method) && storeMethods[method as StoreMethod] === "reader";
}

/** A `Store` whose methods are answered by the two halves. */
export function storeClient(
  halves: { readonly reader: CallHalf; readonly writer: CallHalf },
  rest: Pick<Store, "onEvent" | "close">,
): Store {
  const methods = Object.entries(storeMethods).map(([method, half]) => [
    method,
    (...args: unknown[]) => halves[half](method as StoreMethod, args),
  ]);
  return { ...(Object.fromEntries(methods) as Omit<Store, "onEvent" | "close">), ...rest };
}
