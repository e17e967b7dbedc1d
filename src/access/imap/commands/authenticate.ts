/** STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 §6.2). No credential is looked at outside TLS; guessing is slow and short. */
import { credentialChannel } from "#identity/credential-channel.ts";
import type { Command } from "#protocol/imap/command.ts";
import { type AuthenticateAnswer, parseAuthenticateAnswer } from "#protocol/imap/parse-session.ts";
import { type SaslStep, startSasl } from "#protocol/sasl/exchange.ts";
import { responseText } from "#protocol/sasl/response-text.ts";
import { LOGIN_FAILURE_DELAY_MS, LOGIN_FAILURES_MAX } from "../../limits.ts";
import { bad, type Completion, done, type Login, refused, type Session } from "../session.ts";

export async function startTls(session: Session, _command: unknown, tag: string): Promise<Completion | "answered"> {
  if (session.tls !== undefined) return bad("STARTTLS: TLS is already established");
  if (session.reader.pendingOctets > 0) {
    // What was sent in the clear behind STARTTLS would be taken for the client's own words inside TLS (RFC 9051 §11.1).
    session.endReason = "octets-behind-starttls";
    session.drop();
    return "answered";
  }
  session.output.send({ kind: "tagged", tag, status: "OK", text: "Begin TLS negotiation now" });
  await session.startTls();
  return "answered";
}

export async function login(session: Session, command: Command & { readonly name: "LOGIN" }): Promise<Completion> {
  const closed = closedChannel(session);
  if (closed !== undefined) return closed;
  const user = responseText(command.user);
  const password = responseText(command.password);
  if (!user.ok || !password.ok) return failure(session);
  return verify(session, user.text, password.text);
}

export async function authenticate(
  session: Session,
  command: Command & { readonly name: "AUTHENTICATE" },
): Promise<Completion> {
  const closed = closedChannel(session);
  if (closed !== undefined) return closed;
  const exchange = startSasl(command.mechanism);
  if (exchange === undefined) return refused({ name: "CANNOT" }, "No such mechanism");
  let step = exchange.step(command.initialResponse ?? undefined);
  while (step.kind === "challenge") {
    session.output.send({ kind: "challenge", octets: step.octets });
    const answer = await readAnswer(session);
    if (answer.kind === "cancel") return bad("AUTHENTICATE cancelled");
    if (answer.kind === "bad") return bad("Not base64");
    step = exchange.step(answer.octets);
  }
  return concludeExchange(session, step);
}

function concludeExchange(
  session: Session,
  step: Exclude<SaslStep, { kind: "challenge" }>,
): Completion | Promise<Completion> {
  switch (step.kind) {
    case "credentials":
      return verify(session, step.username, step.password);
    case "malformed":
      return step.reason === "other-authorization-id" ? failure(session) : bad("Malformed credentials");
  }
}

function closedChannel(session: Session): Completion | undefined {
  const channel = credentialChannel({ protocol: "imap", tlsEstablished: session.tls !== undefined });
  if (channel === "open") return undefined;
  return refused({ name: "PRIVACYREQUIRED" }, "Use TLS before you send a password");
}

async function readAnswer(session: Session): Promise<AuthenticateAnswer> {
  session.reader.expectLine();
  const event = await session.nextEvent();
  if (event?.kind === "close") session.bye(null, event.text);
  return event?.kind === "line" ? parseAuthenticateAnswer(event.octets) : { kind: "cancel" };
}

async function verify(session: Session, username: string, password: string): Promise<Completion> {
  const { authenticator } = session.dependencies;
  const remoteAddress = session.remote.address;
  const result = await authenticator.verifyPassword({ username, password, protocol: "imap", remoteAddress });
  if (result.ok) return admit(session, result.identity);
  switch (result.problem) {
    case "invalid-credentials":
      return failure(session);
    case "unavailable":
      return refused({ name: "UNAVAILABLE" }, "Cannot check passwords now");
  }
}

function admit(session: Session, identity: Login): Completion {
  const place = session.admit(identity);
  // Not like a wrong password: a person who hears that one changes it for nothing.
  if (!place.ok) return refused({ name: "LIMIT" }, place.text);
  session.log.info("imap-login", { account: identity.address, remote: session.remote.address });
  return done("Logged in", { name: "CAPABILITY", capabilities: session.capabilities() });
}

/** The same words and the same wait whatever was wrong. */
async function failure(session: Session): Promise<Completion> {
  session.loginFailures++;
  session.log.info("imap-login-failed", { remote: session.remote.address, failures: session.loginFailures });
  await session.sleep(LOGIN_FAILURE_DELAY_MS * session.loginFailures);
  if (session.loginFailures >= LOGIN_FAILURES_MAX) {
    session.endReason = "login-failures";
    session.bye(null, "Too many failed logins");
  }
  return refused({ name: "AUTHENTICATIONFAILED" }, "Authentication failed");
}
