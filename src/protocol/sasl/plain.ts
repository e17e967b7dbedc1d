/** PLAIN (RFC 4616): `[authzid] NUL authcid NUL passwd` in one response. */
import type { SaslExchange, SaslStep } from "./exchange.ts";
import { responseText } from "./response-text.ts";
import { EMPTY_CHALLENGE, isOneself, malformed, overAfter, REFUSED } from "./steps.ts";

export function startPlain(): SaslExchange {
  let over = false;
  return {
    step(response) {
      if (over) return malformed("finished");
      if (response === undefined) return EMPTY_CHALLENGE;
      over = true;
      return readPlain(response);
    },
    answer: overAfter,
  };
}

function readPlain(response: Uint8Array): SaslStep {
  const decoded = responseText(response);
  if (!decoded.ok) return malformed(decoded.reason);
  if (decoded.text === "") return malformed("empty");
  const parts = decoded.text.split("\0");
  const [authorizationId = "", username = "", password = ""] = parts;
  if (parts.length !== 3) return malformed("bad-nul");
  if (username === "" || password === "") return malformed("empty");
  // Well-formed and not granted: the answer to a wrong password, before the password is looked at.
  if (!isOneself(authorizationId, username)) return REFUSED;
  return { kind: "question", question: { about: "password", username, password } };
}
