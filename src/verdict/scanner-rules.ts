/**
 * A virus scanner and milters: what programs beside us found in a message. A virus is refused. A message that should have been
 * looked at and was not is deferred or taken as the settings say; either way there is a finding.
 */
import type { MilterResult, Unavailable } from "#evidence/scanners/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short } from "./finding.ts";
import type { Policy, WhenUnavailable } from "./policy.ts";
import type { Disposition, Finding } from "./verdict.ts";

const NOTHING_TO_DO = "nothing is wrong with it, your server will try again by itself";

export function antivirusRule({ antivirus }: Evidence, { unscanned }: Policy): readonly Finding[] {
  const result = antivirus?.result;
  switch (result?.kind) {
    case undefined:
    case "clean":
      return [];
    case "found": {
      const detail = `the message carries ${short(result.name)}`;
      return [finding("virus", 0, { detail, remedy: "send it without the infected file" }, { asks: "reject" })];
    }
    case "unavailable":
      return [notScanned("not-scanned", "the message could not be scanned for viruses", result, unscanned.antivirus)];
  }
}

export function milterRule({ milters }: Evidence, { unscanned }: Policy): readonly Finding[] {
  return (milters?.milters ?? []).flatMap((one) => {
    const { milter, result } = one;
    if (result.kind === "decided") return milterFindings(result, milters?.leavesServer === true);
    const asked = unscanned.milters[milter] ?? "defer";
    return [notScanned("not-filtered", "the message could not be shown to a filter", result, asked)];
  });
}

function notScanned(reason: string, what: string, { why }: Unavailable, asked: WhenUnavailable): Finding {
  const remedy = asked === "defer" ? NOTHING_TO_DO : "";
  return finding(reason, 0, { detail: `${what} (${why})`, remedy }, { asks: asked });
}

/**
 * What a milter would throw away, or keep back, is kept back in quarantine: mail that was taken is not lost without a word. Of
 * mail for other servers nothing can be kept back, and it is refused.
 */
function milterFindings(result: MilterResult, leavesServer: boolean): readonly Finding[] {
  const aside: Disposition = leavesServer ? "reject" : "quarantine";
  const findings = [...decided(result, aside)];
  if (result.quarantine !== null) {
    const detail = `a filter wants it kept back: ${short(result.quarantine)}`;
    findings.push(finding("milter-quarantine", 0, { detail, remedy: "" }, { asks: aside }));
  }
  if (result.saysSpam !== null) {
    const detail = `a filter calls it spam (${short(result.saysSpam)})`;
    findings.push(finding("milter-spam", 0, { detail, remedy: "" }, { asks: "junk" }));
  }
  return findings;
}

function decided({ decision, reply }: MilterResult, aside: Disposition): readonly Finding[] {
  switch (decision) {
    case "continue":
    case "accept":
      return [];
    case "reject":
      return says("milter-reject", "a filter refuses the message", "reject");
    case "tempfail":
      return says("milter-tempfail", "a filter wants it to be sent again later", "defer");
    case "discard":
      return says("milter-discard", "a filter would throw the message away", aside);
    case "reply":
      return reply === null ? [] : [ownWords(reply)];
  }
}

function says(reason: string, detail: string, asks: Disposition): readonly Finding[] {
  return [finding(reason, 0, { detail, remedy: "" }, { asks })];
}

function ownWords({ code, status, text }: NonNullable<MilterResult["reply"]>): Finding {
  const asks = code >= 500 ? "reject" : "defer";
  const detail = text === "" ? "a filter refuses the message" : text;
  // 421 would close the connection, which is not the filter's.
  const codes = code === 421 ? {} : { says: { code, status: status ?? (code >= 500 ? "5.7.1" : "4.7.1") } as const };
  return { ...finding("milter-reply", 0, { detail, remedy: "" }, { asks }), ...codes };
}
