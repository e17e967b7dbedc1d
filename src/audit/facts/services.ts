/** What the mail ports of a host offer before and after TLS, seen without a password. */
import type { Dialer } from "#ports/dialer.ts";
import { LineProbe, type ProbeProblem } from "../line-probe.ts";
import { anyCertificate } from "../smtp-probe.ts";
import { type Asked, known, unknown } from "./asked.ts";
import { type Service, type Talk, talkFor } from "./talk.ts";
import { gatherTransport, type TransportFacts } from "./transport.ts";

export interface ServiceFacts {
  readonly service: Service;
  /** `closed`: nothing listens there. */
  readonly state: "open" | "closed" | ProbeProblem;
  readonly greeting: string;
  /** In clear; undefined where TLS comes first. In capitals. */
  readonly inClear: Asked<readonly string[]> | undefined;
  /** What it says to a password in clear, where it announces that it takes one. Undefined: not tried. */
  readonly clearLogin: Asked<string> | undefined;
  readonly insideTls: Asked<readonly string[]>;
  readonly transport: TransportFacts | undefined;
}

export interface ServiceLook {
  /** Said in EHLO. */
  readonly helo: string;
  /** Tries no log-in in clear and no old TLS. */
  readonly isQuiet?: boolean | undefined;
}

export async function gatherService(
  dialer: Dialer,
  service: Service,
  { helo, isQuiet = false }: ServiceLook,
): Promise<ServiceFacts> {
  const talk = talkFor(service, helo);
  const opened = await LineProbe.open(dialer, service);
  if (!opened.ok) {
    const state = opened.problem === "refused" ? "closed" : opened.problem;
    return { service, state, ...NOTHING_SEEN };
  }
  const probe = opened.value;
  try {
    return await look(dialer, service, talk, probe, isQuiet);
  } finally {
    probe.close();
  }
}

const NOTHING_SEEN = {
  greeting: "",
  inClear: undefined,
  clearLogin: undefined,
  insideTls: unknown("no connection"),
  transport: undefined,
} as const;

async function look(
  dialer: Dialer,
  service: Service,
  talk: Talk,
  probe: LineProbe,
  isQuiet: boolean,
): Promise<ServiceFacts> {
  const { serverName, implicitTls } = service;
  if (implicitTls) {
    const secured = await probe.startTls(anyCertificate(serverName));
    if (!secured.ok) return { service, state: "no-connection", ...NOTHING_SEEN };
  }
  probe.start();
  const greeting = await talk.greeting(probe);
  if (typeof greeting === "string") return { service, state: greeting as ProbeProblem, ...NOTHING_SEEN };
  const first = await talk.capabilities(probe);
  const capabilities: Asked<readonly string[]> = typeof first === "string" ? unknown(first) : known(first);
  const seen = {
    service,
    state: "open",
    greeting: greeting.join(" "),
    inClear: implicitTls ? undefined : capabilities,
    clearLogin: implicitTls || isQuiet ? undefined : await tryClearLogin(service, probe, capabilities),
  } as const;
  const offersTls = implicitTls || (capabilities.kind === "known" && capabilities.value.some(isTlsWord));
  return {
    ...seen,
    insideTls: implicitTls ? capabilities : offersTls ? await insideTls(dialer, talk) : unknown("no TLS offered"),
    transport: offersTls ? await gatherTransport(dialer, talk, { isQuiet }) : undefined,
  };
}

function isTlsWord(capability: string): boolean {
  return capability === "STARTTLS" || capability === "STLS";
}

async function insideTls(dialer: Dialer, talk: Talk): Promise<Asked<readonly string[]>> {
  const opened = await LineProbe.open(dialer, talk);
  if (!opened.ok) return unknown(opened.problem);
  const probe = opened.value;
  probe.start();
  try {
    const hello = await talk.hello(probe);
    if (hello !== undefined) return unknown(hello);
    const begun = await probe.ask(talk.begin ?? "", talk.isLast);
    if (!begun.ok || !talk.mayBegin(begun.value)) return unknown("TLS was refused");
    const secured = await probe.startTls(anyCertificate(talk.serverName));
    if (!secured.ok) return unknown(secured.problem.code);
    const capabilities = await talk.capabilities(probe);
    return typeof capabilities === "string" ? unknown(capabilities) : known(capabilities);
  } finally {
    probe.close();
  }
}

/** Whether a log-in is begun at all in clear: a name is said, never a password. */
async function tryClearLogin(
  { protocol }: Service,
  probe: LineProbe,
  capabilities: Asked<readonly string[]>,
): Promise<Asked<string> | undefined> {
  if (capabilities.kind === "unknown") return undefined;
  const line = {
    smtp: "AUTH LOGIN",
    imap: "b1 AUTHENTICATE PLAIN",
    pop3: "USER postern-audit",
  }[protocol];
  const isLast =
    protocol === "imap" ? (text: string) => !text.startsWith("* ") : (text: string) => !/^\d{3}-/.test(text);
  const answer = await probe.ask(line, isLast);
  if (!answer.ok) return unknown(answer.problem);
  const said = answer.value.at(-1) ?? "";
  // Takes back what was begun.
  if (said.startsWith("334") || said.startsWith("+ ") || said === "+") await probe.ask("*", isLast);
  return known(said);
}
