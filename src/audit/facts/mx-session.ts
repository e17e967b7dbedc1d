/** What a mail host says to strangers on port 25: whom it takes mail for. No message is sent. */

import type { Dialer } from "#ports/dialer.ts";
import { SmtpProbe, type SmtpReply } from "../smtp-probe.ts";
import { randomLocalPart } from "../test-address.ts";
import { type Asked, known, unknown } from "./asked.ts";

export interface MxSessionFacts {
  /** The address that was asked from, as this machine sees it. */
  readonly from: string;
  readonly greeting: SmtpReply;
  readonly relay: readonly RelayAnswer[];
  /** To an address of the domain that nobody has. */
  readonly unknownRecipient: Asked<SmtpReply>;
  /** To postmaster of the domain (RFC 5321 §4.5.1). */
  readonly postmaster: Asked<SmtpReply>;
}

export interface RelayVector {
  /** Stable word. */
  readonly id: string;
  readonly what: string;
  readonly mailFrom: string;
  readonly rcptTo: string;
  /** Taken, it could still be an odd local address. */
  readonly isAmbiguous: boolean;
}

export interface RelayAnswer {
  readonly vector: RelayVector;
  readonly answer: Asked<SmtpReply>;
}

/**
 * @param test the address mail would be relayed to, at a domain that is not the audited one.
 * @param domain the audited one.
 */
export function relayVectors(test: string, domain: string, address: string): readonly RelayVector[] {
  const at = test.lastIndexOf("@");
  const [local, elsewhere] = [test.slice(0, at), test.slice(at + 1)];
  const literal = address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
  const sender = `postern-audit@${elsewhere}`;
  const odd = (id: string, what: string, rcptTo: string): RelayVector => {
    return { id, what, mailFrom: sender, rcptTo, isAmbiguous: true };
  };
  return [
    plain("plain", "a recipient elsewhere", sender, test),
    plain("null-sender", "a recipient elsewhere, from <>", "", test),
    plain("local-sender", "a recipient elsewhere, from an address of the domain", `postmaster@${domain}`, test),
    plain("literal-sender", "a recipient elsewhere, from the host's own address", `a@${literal}`, test),
    plain("source-route", "a source route through the domain", sender, `@${domain}:${test}`),
    odd("percent", "percent routing", `${local}%${elsewhere}@${domain}`),
    odd("percent-literal", "percent routing at the host's address", `${local}%${elsewhere}@${literal}`),
    odd("bang", "a bang path", `${elsewhere}!${local}@${domain}`),
    odd("quoted", "a quoted address", `"${test}"@${domain}`),
    odd("double-at", "two at signs", `${test}@${domain}`),
  ];
}

function plain(id: string, what: string, mailFrom: string, rcptTo: string): RelayVector {
  return { id, what, mailFrom, rcptTo, isAmbiguous: false };
}

interface MxTarget {
  readonly address: string;
  readonly port: number;
  readonly helo: string;
}

/** Vectors tried in one session: servers end one with many errors. */
const VECTORS_PER_SESSION = 4;

export async function gatherMxSession(
  dialer: Dialer,
  target: MxTarget,
  about: {
    readonly domain: string;
    readonly testAddress: string;
    readonly random: string;
    /** Names postmaster alone, whom everybody may write to. */
    readonly isQuiet?: boolean | undefined;
  },
): Promise<Asked<MxSessionFacts>> {
  const first = await inSession(dialer, target, async (probe) => {
    const sender = `postern-audit@${about.testAddress.slice(about.testAddress.lastIndexOf("@") + 1)}`;
    const ask = (local: string): Promise<Asked<SmtpReply>> =>
      tryRecipient(probe, { mailFrom: sender, rcptTo: `${local}@${about.domain}` });
    const unknownRecipient = about.isQuiet ? unknown("not tried") : await ask(randomLocalPart(about.random));
    const { greeting, ownAddress: from } = probe;
    return { from, greeting, unknownRecipient, postmaster: await ask("postmaster") };
  });
  if (first.kind === "unknown") return first;
  if (about.isQuiet) return known({ ...first.value, relay: [] });
  // Last: a server may have had enough of us by then.
  const relay: RelayAnswer[] = [];
  const vectors = relayVectors(about.testAddress, about.domain, target.address);
  for (let at = 0; at < vectors.length; at += VECTORS_PER_SESSION) {
    relay.push(...(await tryVectors(dialer, target, vectors.slice(at, at + VECTORS_PER_SESSION))));
  }
  return known({ ...first.value, relay });
}

async function tryVectors(
  dialer: Dialer,
  target: MxTarget,
  vectors: readonly RelayVector[],
): Promise<readonly RelayAnswer[]> {
  const answers = await inSession(dialer, target, async (probe) => {
    const answered: RelayAnswer[] = [];
    for (const vector of vectors) answered.push({ vector, answer: await tryRecipient(probe, vector) });
    return answered;
  });
  return answers.kind === "known" ? answers.value : vectors.map((vector) => ({ vector, answer: answers }));
}

/** After a greeting and an EHLO that was welcome. */
async function inSession<Value>(
  dialer: Dialer,
  target: MxTarget,
  run: (probe: SmtpProbe) => Promise<Value>,
): Promise<Asked<Value>> {
  const opened = await SmtpProbe.open(dialer, target);
  if (!opened.ok) return unknown(opened.problem);
  const probe = opened.value;
  try {
    const { greeting } = probe;
    if (greeting.code !== 220) return unknown(`turned away at the greeting: ${greeting.lines.join(" ")}`);
    const hello = await probe.ehlo(target.helo);
    if (!hello.ok) return unknown(hello.problem);
    if (hello.value.code !== 250) return unknown(`EHLO was refused: ${hello.value.lines.join(" ")}`);
    return known(await run(probe));
  } finally {
    probe.close();
  }
}

/** The reply to RCPT, or to MAIL where that was refused. A server that has had enough is not asked again. */
async function tryRecipient(
  probe: SmtpProbe,
  { mailFrom, rcptTo }: Pick<RelayVector, "mailFrom" | "rcptTo">,
): Promise<Asked<SmtpReply>> {
  const mail = await probe.ask(`MAIL FROM:<${mailFrom}>`);
  if (!mail.ok) return unknown(mail.problem);
  if (mail.value.code === 421) return unknown(`the server ended the session: ${mail.value.lines.join(" ")}`);
  const reply = mail.value.code === 250 ? await probe.ask(`RCPT TO:<${rcptTo}>`) : mail;
  if (!reply.ok) return unknown(reply.problem);
  if (reply.value.code === 421) return unknown(`the server ended the session: ${reply.value.lines.join(" ")}`);
  await probe.ask("RSET");
  return known(reply.value);
}
