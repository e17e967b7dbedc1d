/** LOGIN: never standardised, still what older clients speak (draft-murchison-sasl-login). Prompt, user, prompt, password. */
import { Buffer } from "node:buffer";
import type { SaslExchange, SaslProblem, SaslStep } from "./exchange.ts";
import { responseText } from "./response-text.ts";
import { malformed, overAfter } from "./steps.ts";

// Clients compare these with what others say, to the letter: VXNlcm5hbWU6 and UGFzc3dvcmQ6 on the wire.
const USERNAME_PROMPT = Buffer.from("Username:");
const PASSWORD_PROMPT = Buffer.from("Password:");

type Phase =
  | { readonly awaits: "username" }
  | { readonly awaits: "password"; readonly username: string }
  | { readonly awaits: "nothing" };

export function startLogin(): SaslExchange {
  let phase: Phase = { awaits: "username" };

  function fail(reason: SaslProblem): SaslStep {
    phase = { awaits: "nothing" };
    return malformed(reason);
  }

  return {
    step(response) {
      if (phase.awaits === "nothing") return fail("finished");
      // Some clients give the user as initial response, others wait to be asked.
      if (response === undefined && phase.awaits === "username") return { kind: "challenge", octets: USERNAME_PROMPT };
      const decoded = responseText(response ?? new Uint8Array(0));
      if (!decoded.ok) return fail(decoded.reason);
      if (decoded.text === "") return fail("empty");
      if (decoded.text.includes("\0")) return fail("bad-nul");
      if (phase.awaits === "username") {
        phase = { awaits: "password", username: decoded.text };
        return { kind: "challenge", octets: PASSWORD_PROMPT };
      }
      const { username } = phase;
      phase = { awaits: "nothing" };
      return { kind: "question", question: { about: "password", username, password: decoded.text } };
    },
    answer: overAfter,
  };
}
