/** EXTERNAL (RFC 4422 appendix A): the certificate of the TLS handshake speaks; the response may say for whom. */
import type { SaslExchange } from "./exchange.ts";
import { responseText } from "./response-text.ts";
import { EMPTY_CHALLENGE, malformed, overAfter } from "./steps.ts";

export function startExternal(): SaslExchange {
  let over = false;
  return {
    step(response) {
      if (over) return malformed("finished");
      if (response === undefined) return EMPTY_CHALLENGE;
      over = true;
      const decoded = responseText(response);
      if (!decoded.ok) return malformed(decoded.reason);
      if (decoded.text.includes("\0")) return malformed("bad-nul");
      const username = decoded.text === "" ? undefined : decoded.text;
      return { kind: "question", question: { about: "certificate", username } };
    },
    answer: overAfter,
  };
}
