/** STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 §6.2). No credential is looked at outside TLS; guessing is slow and short. */
import { credentialChannel } from "#identity/credential-channel.ts";
import type { Command } from "#protocol/imap/command.ts";
import { type AuthenticateAnswer, parseAuthenticateAnswer } from "#protocol/imap/parse-session.ts";
import { type ClearPassword, clearPassword } from "#protocol/sasl/clear-password.ts";
import { type SaslAnswer, type SaslQuestion, type SaslStep, startSasl } from "#protocol/sasl/exchange.ts";
import { responseText } from "#protocol/sasl/response-text.ts";
import { overAfter } from "#protocol/sasl/steps.ts";
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
  const user = responseText(command.user);
  const password = responseText(command.password);
  const isText = user.ok && password.ok;
  if (!isOpen(session))
    return refuseInClear(session, isText ? { username: user.text, password: password.text } : undefined);
  if (!isText) return failure(session);
  const question = { about: "password", username: user.text, password: password.text } as const;
  return conclude(session, overAfter(await ask(session, question)));
}

export async function authenticate(
  session: Session,
  command: Command & { readonly name: "AUTHENTICATE" },
): Promise<Completion> {
  const { mechanism } = command;
  const initialResponse = command.initialResponse ?? undefined;
  if (!isOpen(session)) return refuseInClear(session, clearPassword(mechanism, initialResponse));
  const exchange = startSasl(mechanism, session.saslOffer());
  if (exchange === undefined) return refused({ name: "CANNOT" }, "No such mechanism");
  let step = exchange.step(initialResponse);
  while (step.kind !== "over") {
    if (step.kind === "question") {
      step = exchange.answer(await ask(session, step.question));
      continue;
    }
    session.output.send({ kind: "challenge", octets: step.octets });
    const answer = await readAnswer(session);
    if (answer.kind === "cancel") return bad("AUTHENTICATE cancelled");
    if (answer.kind === "bad") return bad("Not base64");
    step = exchange.step(answer.octets);
  }
  return conclude(session, step);
}

function ask(session: Session, question: SaslQuestion): Promise<SaslAnswer> {
  const { remote, tls, dependencies } = session;
  return dependencies.authenticator.answer(question, { protocol: "imap", remoteAddress: remote.address, tls });
}

function conclude(session: Session, step: SaslStep): Completion | Promise<Completion> {
  if (step.kind !== "over") throw new Error("the exchange goes on");
  const { outcome } = step;
  switch (outcome.kind) {
    case "accepted":
      return admit(session, outcome.identity);
    case "refused":
      return failure(session);
    case "unavailable":
      return refused({ name: "UNAVAILABLE" }, "Cannot check passwords now");
    case "malformed":
      return bad("Malformed credentials");
  }
}

function isOpen({ tls }: Session): boolean {
  return credentialChannel({ protocol: "imap", tlsEstablished: tls !== undefined }) === "open";
}

/** Refused unread, whatever it holds. A password in it has been seen by others, and that is told. */
function refuseInClear(session: Session, sent: ClearPassword | undefined): Completion {
  const remoteAddress = session.remote.address;
  if (sent !== undefined) session.dependencies.authenticator.sentInClear({ ...sent, protocol: "imap", remoteAddress });
  return refused({ name: "PRIVACYREQUIRED" }, "Use TLS before you send a password");
}

async function readAnswer(session: Session): Promise<AuthenticateAnswer> {
  session.reader.expectLine();
  const event = await session.nextEvent();
  if (event?.kind === "close") session.bye(null, event.text);
  return event?.kind === "line" ? parseAuthenticateAnswer(event.octets) : { kind: "cancel" };
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
