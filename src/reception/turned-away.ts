/** What a client hears that was refused in the greeting: it may say QUIT, and nothing else is done for it (RFC 5321 §3.1). */
import type { Reply } from "#mail/reply.ts";
import { formatReply } from "#protocol/smtp/reply-format.ts";
import { TURNED_AWAY_LINES_MAX, TURNED_AWAY_OCTETS_MAX } from "./limits.ts";

const LF = 0x0a;
const GOODBYE = "221 2.0.0 Goodbye\r\n";
const ENOUGH = "421 4.7.0 You were refused; closing the connection\r\n";

export class TurnedAway {
  readonly #again: string;
  #lines = 0;
  #octets = 0;
  #line = "";

  constructor(refusal: Reply) {
    this.#again = formatReply({ code: 503, status: "5.5.1", text: `You were refused: ${refusal.text}` });
  }

  /** What to say to these octets, and whether that was the last word. */
  answer(octets: Uint8Array): { readonly text: string; readonly over: boolean } {
    let text = "";
    this.#octets += octets.length;
    if (this.#octets > TURNED_AWAY_OCTETS_MAX) return { text: ENOUGH, over: true };
    for (const octet of octets) {
      if (octet !== LF) {
        this.#line += String.fromCharCode(octet);
        continue;
      }
      const isQuit = /^quit\s*$/i.test(this.#line);
      this.#line = "";
      if (isQuit) return { text: text + GOODBYE, over: true };
      if (++this.#lines > TURNED_AWAY_LINES_MAX) return { text: text + ENOUGH, over: true };
      text += this.#again;
    }
    return { text, over: false };
  }
}
