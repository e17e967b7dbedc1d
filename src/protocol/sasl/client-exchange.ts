/** SASL (RFC 4422) from the client's side: the best mechanism that both know, and what it says. */
import { Buffer } from "node:buffer";
import { startScramClient } from "./client-scram.ts";

export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
  /** For SCRAM: printable characters without a comma, never used before. */
  readonly nonce: string;
}

export interface SaslClient {
  readonly mechanism: string;
  /** Said with the command; undefined: the server asks first. */
  readonly initialResponse: Uint8Array | undefined;
  /** Undefined: this is no challenge of the mechanism, and the exchange is to be ended. */
  respond(challenge: Uint8Array): Uint8Array | undefined;
  /** May success be believed? SCRAM: only from a server that has shown it knows the password's hash. */
  mayBelieveSuccess(): boolean;
}

/** Undefined: there is none in common. @param offered in capitals. */
export function startSaslClient(offered: readonly string[], credentials: SaslCredentials): SaslClient | undefined {
  for (const [mechanism, start] of MECHANISMS) if (offered.includes(mechanism)) return start(credentials);
  return undefined;
}

/** The best first: a server that is not who it says hears no password from SCRAM. */
const MECHANISMS: ReadonlyMap<string, (credentials: SaslCredentials) => SaslClient> = new Map([
  ["SCRAM-SHA-256", startScramClient],
  ["PLAIN", startPlainClient],
  ["LOGIN", startLoginClient],
]);

function startPlainClient({ username, password }: SaslCredentials): SaslClient {
  return {
    mechanism: "PLAIN",
    initialResponse: Buffer.from(`\0${username}\0${password}`),
    respond: () => undefined,
    mayBelieveSuccess: () => true,
  };
}

function startLoginClient({ username, password }: SaslCredentials): SaslClient {
  const answers = [Buffer.from(username), Buffer.from(password)];
  return {
    mechanism: "LOGIN",
    initialResponse: undefined,
    respond: () => answers.shift(),
    mayBelieveSuccess: () => answers.length === 0,
  };
}
