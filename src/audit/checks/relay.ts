/** Protection 1: mail for others is not passed on for strangers. */
import { isPrivateAddress } from "#mail/ip-address.ts";
import type { Asked } from "../facts/asked.ts";
import type { AuditFacts } from "../facts/facts.ts";
import type { MxSessionFacts, RelayAnswer } from "../facts/mx-session.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";
import { shownReply } from "../shown.ts";
import type { SmtpReply } from "../smtp-probe.ts";

export function checkRelay({ sessions, inside, intrusive }: AuditFacts): readonly Finding[] {
  const findings = [...sessions].flatMap(([address, session]) => ofHost(address, session));
  if (findings.length === 0) {
    findings.push(
      notChecked("relay", "No mail host could be talked to", "Run the audit from where port 25 outward is open."),
    );
  }
  return [...findings, ...(intrusive === undefined ? [] : smuggling(intrusive.smuggling)), ...selfTest(inside)];
}

function ofHost(address: string, session: Asked<MxSessionFacts>): readonly Finding[] {
  if (session.kind === "unknown") {
    return [
      notChecked(
        "relay",
        `${address} could not be asked whether it relays: ${session.why}`,
        "Try again later, or from another address: some hosts do not talk to everybody.",
      ),
    ];
  }
  const { relay, from } = session.value;
  if (relay.length === 0) return [notChecked("relay", `${address} was not asked whether it relays`, "Run the audit.")];
  const taken = relay.filter(isTaken);
  const plain = taken.filter(({ vector }) => !vector.isAmbiguous);
  if (plain.length > 0) return [openRelay(address, from, plain)];
  const denied = relay.filter(({ answer }) => answer.kind === "known" && isDeniedForNow(answer.value));
  if (denied.length > 0) {
    const [first] = denied;
    return [
      found("warn", "relay-temporary", `${address} refuses mail for other domains, but only for now`, {
        evidence: first === undefined ? [] : [line(first)],
        remedy: "Refuse it for good (550 5.7.1; Postfix: reject_unauth_destination): senders come again for days.",
      }),
    ];
  }
  const open = relay.filter(({ answer }) => answer.kind === "unknown" || isTemporary(answer.value.code));
  const findings: Finding[] = [];
  if (taken.length > 0) {
    findings.push(
      found("warn", "relay-routing", `${address} takes recipients that could be meant as routes to other domains`, {
        evidence: taken.map(line),
        remedy: "Refuse %, ! and @ in local parts, unless such an address exists here; look whether the mail left.",
      }),
    );
  }
  if (open.length > 0) {
    findings.push(
      notChecked(
        "relay",
        `${address} did not say whether it relays in ${open.length} of ${relay.length} cases (${line(open[0]!)})`,
        "A foreign recipient should be refused for good (550 5.7.1). Where this is a greylist, run the audit again later.",
      ),
    );
  }
  return findings.length > 0
    ? findings
    : [passed("relay", `${address} refuses mail for other domains${asWhom(address, from)}`, relay.map(line))];
}

/**
 * Servers trust their own machine and their own network: taken from there, mail is not yet taken from strangers. An own private
 * address says nothing of that where the server's is public: whoever is behind a router of their own has one.
 */
function openRelay(address: string, from: string, taken: readonly RelayAnswer[]): Finding {
  const evidence = taken.map(line);
  if (isNear(address, from)) {
    return notChecked(
      "relay",
      `${address} takes mail for other domains${asWhom(address, from)}: that says nothing of strangers`,
      "Run the audit from a machine in another network.",
      evidence,
    );
  }
  const behindRouter = isPrivateAddress(from)
    ? ` This machine's address is ${from}: if both are behind one router, the server may have taken it for one of its own network; run the audit from outside.`
    : "";
  return found("fail", "relay-open", `${address} takes mail for other domains from strangers: an open relay`, {
    evidence,
    remedy: `Refuse recipients of other domains unless the client has logged in (Postfix: reject_unauth_destination).${behindRouter}`,
  });
}

function isNear(address: string, from: string): boolean {
  return from === address || isPrivateAddress(address);
}

function asWhom(address: string, from: string): string {
  if (from === address) return " from its own machine";
  return isNear(address, from) ? ` from its own network (${from})` : "";
}

function isTaken({ answer }: RelayAnswer): boolean {
  return answer.kind === "known" && answer.value.code >= 200 && answer.value.code < 300;
}

function isDeniedForNow({ code, lines }: SmtpReply): boolean {
  return isTemporary(code) && /relay/i.test(lines.join(" "));
}

function isTemporary(code: number): boolean {
  return code >= 400 && code < 500;
}

function line({ vector, answer }: RelayAnswer): string {
  const said = answer.kind === "known" ? shownReply(answer.value) : answer.why;
  return `${vector.what}, MAIL FROM:<${vector.mailFrom}> RCPT TO:<${vector.rcptTo}>: ${said}`;
}

function smuggling(byAddress: NonNullable<AuditFacts["intrusive"]>["smuggling"]): readonly Finding[] {
  return [...byAddress].map(([address, answers]) => {
    const taken = [...answers].filter(
      ([, answer]) => answer.kind === "known" && answer.value === "took-it-for-the-end",
    );
    if (taken.length > 0) {
      const ends = taken.map(([end]) => end);
      return found(
        "fail",
        "smuggling",
        `${address} takes ${ends.join(", ")} for the end of a message: mail can be smuggled in`,
        {
          remedy:
            "Let only CRLF.CRLF end a message and refuse bare CR and LF (Postfix: smtpd_forbid_bare_newline = normalize).",
        },
      );
    }
    const isKnown = [...answers.values()].every(({ kind }) => kind === "known");
    if (isKnown) return passed("smuggling", `${address} takes only CRLF.CRLF for the end of a message`);
    return notChecked(
      "smuggling",
      `${address} took no test message`,
      "Give --recipient an address that takes mail there.",
    );
  });
}

function selfTest(inside: AuditFacts["inside"]): readonly Finding[] {
  if (inside === undefined) return [];
  const { relaySelfTest } = inside;
  if (relaySelfTest === "passed") return [passed("relay-self-test", "The server's own relay test passed")];
  return [
    found("fail", "relay-self-test", `${relaySelfTest} of the server's own relay vectors got a wrong answer`, {
      remedy: "Run `postern selftest` and look at `[relay]` in the settings.",
    }),
  ];
}
