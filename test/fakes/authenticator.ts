/** An authenticator that knows passwords alone: PLAIN and LOGIN inside TLS. */
import type { Authenticator, LoginResult, PasswordAttempt } from "#identity/authenticator.ts";
import { saslOffer } from "#identity/sasl-offer.ts";

/** @param sentInClear gathers what was refused unread. */
export function passwordsOnly(
  verifyPassword: (attempt: PasswordAttempt) => Promise<LoginResult>,
  sentInClear: PasswordAttempt[] = [],
): Authenticator {
  return {
    offer: (connection) =>
      saslOffer(connection, { scram: false, scramSha1: false, tokens: false, tokenScope: "", tokenDescription: "" }),
    verifyPassword,
    async answer(question, { protocol, remoteAddress }) {
      if (question.about !== "password") throw new Error(`not offered: ${question.about}`);
      const { username, password } = question;
      const result = await verifyPassword({ username, password, protocol, remoteAddress });
      if (result.ok) return { kind: "accepted", identity: result.identity };
      return { kind: result.problem === "unavailable" ? "unavailable" : "refused" };
    },
    sentInClear: (attempt) => void sentInClear.push(attempt),
  };
}
