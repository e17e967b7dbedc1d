/** PLAIN (RFC 4616): `[authzid] NUL authcid NUL passwd` in one response. */
import type { SaslExchange, SaslProblem, SaslStep } from "./exchange.ts";
import { responseText } from "./response-text.ts";

export function startPlain(): SaslExchange {
  let over = false;
  return {
    step(response) {
      if (over) return malformed("finished");
      if (response === undefined) return { kind: "challenge", octets: new Uint8Array(0) };
      over = true;
      return readPlain(response);
    },
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
  if (!isSameName(authorizationId, username)) return malformed("other-authorization-id");
  return { kind: "credentials", username, password, authorizationId };
}

function isSameName(authorizationId: string, username: string): boolean {
  if (authorizationId === "") return true;
  return authorizationId.normalize("NFC").toLowerCase() === username.normalize("NFC").toLowerCase();
}

function malformed(reason: SaslProblem): SaslStep {
  return { kind: "malformed", reason };
}
