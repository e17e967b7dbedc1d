/** What is announced, and when: nothing here that does not work, nothing a client could not use at that moment. */
import { credentialChannel } from "#identity/credential-channel.ts";

const ALWAYS = ["IMAP4rev1", "LITERAL+", "ID", "ENABLE"];

const AFTER_LOGIN = [
  "IDLE",
  "NAMESPACE",
  "UIDPLUS",
  "UNSELECT",
  "CHILDREN",
  "LIST-EXTENDED",
  "LIST-STATUS",
  "SPECIAL-USE",
  "CREATE-SPECIAL-USE",
  "STATUS=SIZE",
  "ESEARCH",
  "SEARCHRES",
  "WITHIN",
  "CONDSTORE",
  "QRESYNC",
  "MOVE",
  "BINARY",
  "UTF8=ACCEPT",
];

/** Capabilities that ENABLE switches on (RFC 5161). */
export const ENABLEABLE = ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT"] as const;

export function capabilities(state: {
  readonly tlsEstablished: boolean;
  readonly authenticated: boolean;
  readonly messageSizeOctetsMax: number;
  /** Asked only while a credential may be taken. */
  readonly mechanisms: () => readonly string[];
}): readonly string[] {
  if (state.authenticated) return [...ALWAYS, ...AFTER_LOGIN, `APPENDLIMIT=${state.messageSizeOctetsMax}`];
  const channel = credentialChannel({ protocol: "imap", tlsEstablished: state.tlsEstablished });
  if (channel !== "open") return [...ALWAYS, "STARTTLS", "LOGINDISABLED"];
  return [...ALWAYS, "SASL-IR", ...state.mechanisms().map((mechanism) => `AUTH=${mechanism}`)];
}
