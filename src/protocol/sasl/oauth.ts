/** Bearer tokens: OAUTHBEARER (RFC 7628) and XOAUTH2, which was there before it and is what most programs speak. */
import { Buffer } from "node:buffer";
import type { SaslExchange, SaslOffer, SaslStep } from "./exchange.ts";
import { TOKEN_OCTETS_MAX } from "./limits.ts";
import { responseText } from "./response-text.ts";
import { EMPTY_CHALLENGE, malformed, overAfter, REFUSED } from "./steps.ts";

/** What stands between the fields of a response. */
const SEPARATOR = "\u0001";
/** RFC 6750 §2.1: b64token. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

interface TokenClaim {
  readonly username: string | undefined;
  readonly token: string;
}

/** RFC 7628 §3.1: a GS2 header, fields, and an empty one at the end. */
export function startOauthBearer({ tokenScope, tokenDescription }: SaslOffer): SaslExchange {
  return startBearer(readOauthBearer, (why) => ({
    // RFC 6750 §3.1
    status: why === "insufficient-scope" ? "insufficient_scope" : "invalid_token",
    ...(tokenScope === "" ? {} : { scope: tokenScope }),
    ...(tokenDescription === "" ? {} : { "openid-configuration": tokenDescription }),
  }));
}

/** Google's and Microsoft's: `user=`, `auth=`, and an empty one at the end. */
export function startXoauth2({ tokenScope }: SaslOffer): SaslExchange {
  return startBearer(readXoauth2, () => ({ status: "400", schemes: "Bearer", scope: tokenScope }));
}

function startBearer(
  read: (text: string) => TokenClaim | undefined,
  failure: (why: "insufficient-scope" | undefined) => Readonly<Record<string, string>>,
): SaslExchange {
  let phase: "response" | "question" | "failure-told" | "over" = "response";

  /** RFC 7628 §3.2.2: what is wrong is told in a challenge, and the client's answer to it, whatever it is, ends it. */
  function tellFailure(why?: "insufficient-scope"): SaslStep {
    phase = "failure-told";
    return { kind: "challenge", octets: Buffer.from(JSON.stringify(failure(why))) };
  }

  return {
    step(response) {
      if (phase === "failure-told") {
        phase = "over";
        return REFUSED;
      }
      if (phase !== "response") return malformed("finished");
      if (response === undefined) return EMPTY_CHALLENGE;
      phase = "over";
      const decoded = responseText(response);
      if (!decoded.ok) return malformed(decoded.reason);
      if (decoded.text === "") return malformed("empty");
      const claim = read(decoded.text);
      if (claim === undefined) return malformed("bad-message");
      // RFC 7628 §4.3: without a token the client asks what it would take.
      if (claim.token === "" || claim.token.length > TOKEN_OCTETS_MAX) return tellFailure();
      phase = "question";
      return { kind: "question", question: { about: "token", ...claim } };
    },
    answer(answer) {
      if (phase !== "question") throw new Error("an answer without a question");
      if (answer.kind === "refused") return tellFailure(answer.why);
      phase = "over";
      return overAfter(answer);
    },
  };
}

function readOauthBearer(text: string): TokenClaim | undefined {
  const [header = "", ...rest] = text.split(SEPARATOR);
  // RFC 5801 §4: no channel binding (`n`), or none known to us (`y`). `p` is for mechanisms that have it.
  const [, name] = /^[ny],(?:a=([^,]+))?,$/.exec(header) ?? [undefined, null];
  if (name === null) return undefined;
  const username = name === undefined ? undefined : decodedName(name);
  if (name !== undefined && username === undefined) return undefined;
  const token = bearerOf(rest);
  return token === undefined ? undefined : { username, token };
}

/** RFC 5802 §5.1: `=2C` and `=3D` are the comma and the equals sign; no other `=` may stand there. */
export function decodedName(name: string): string | undefined {
  if (name.includes("\0") || /=(?!2C|3D)/.test(name)) return undefined;
  return name.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

function readXoauth2(text: string): TokenClaim | undefined {
  const [user = "", ...rest] = text.split(SEPARATOR);
  const [, username] = /^user=([^\0]+)$/.exec(user) ?? [];
  const token = bearerOf(rest);
  return username === undefined || token === undefined ? undefined : { username, token };
}

/** The token of `auth=Bearer …`; empty for `auth=` alone; undefined for what is no list of fields with one such. */
function bearerOf(fields: readonly string[]): string | undefined {
  if (fields.length < 3 || fields.at(-1) !== "" || fields.at(-2) !== "") return undefined;
  const pairs = fields.slice(0, -2);
  if (!pairs.every((pair) => /^[A-Za-z]+=[^\0]*$/.test(pair))) return undefined;
  const [value, ...others] = pairs.filter((pair) => pair.startsWith("auth=")).map((pair) => pair.slice("auth=".length));
  if (value === undefined || others.length > 0) return undefined;
  return value === "" ? "" : BEARER.exec(value)?.[1];
}
