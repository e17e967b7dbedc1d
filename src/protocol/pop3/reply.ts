/** Replies as they go over the wire (RFC 1939 §3), with response codes (RFC 2449 §8, RFC 3206). */

/** `AUTH`: the credentials; `SYS/TEMP`: our trouble, try again. `IN-USE` and `LOGIN-DELAY` are never said here. */
export type ResponseCode = "AUTH" | "SYS/TEMP";

export function okReply(text: string): string {
  return `+OK ${text}\r\n`;
}

export function errorReply(text: string, code?: ResponseCode): string {
  return code === undefined ? `-ERR ${text}\r\n` : `-ERR [${code}] ${text}\r\n`;
}

/** A SASL challenge (RFC 5034 §4). @param challenge base64. */
export function challengeReply(challenge: string): string {
  return `+ ${challenge}\r\n`;
}
