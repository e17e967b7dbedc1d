/** How a host is to be spoken to: in clear, with TLS if it works, or with TLS that must stand a test. */
import type { OutgoingTls, TlsProblem } from "#ports/dialer.ts";
import type { Host } from "../routing/hosts.ts";
import type { TlsPolicySetting } from "../routing/settings.ts";
import { type AppliedPolicy, appliedDane, appliedSts } from "./applied-policy.ts";
import { type DaneResolver, findDane } from "./dane.ts";
import { allowsMx, type StsPolicy } from "./mta-sts-policy.ts";

export type PolicyName = "dane" | "mta-sts" | "mta-sts-testing" | "verify" | "encrypt" | "opportunistic" | "none";

export type TlsPlan =
  | {
      readonly kind: "plan";
      readonly policy: PolicyName;
      /** Without TLS that passes, nothing is sent. */
      readonly required: boolean;
      /** Of the handshake; absent: there is none. */
      readonly tls: Pick<OutgoingTls, "serverName" | "trust" | "mustPass"> | undefined;
      /** Goes on, and is reported (MTA-STS testing). */
      readonly breach?: TlsProblem;
      /** What the domain published and this follows; absent where it did not. */
      readonly applied?: AppliedPolicy;
    }
  /** This host gets nothing: now, or (REQUIRETLS) ever. */
  | {
      readonly kind: "not-here";
      readonly policy: PolicyName;
      readonly isFinal: boolean;
      readonly enhanced: string;
      readonly text: string;
      /** RFC 8460 §4.3. */
      readonly resultType: "dnssec-invalid" | "dane-required" | "validation-failure" | undefined;
      readonly applied?: AppliedPolicy;
    };

export interface PlanQuestion {
  /** Of the recipients. */
  readonly domain: string;
  readonly host: Host;
  readonly port: number;
  readonly setting: TlsPolicySetting;
  /** Of the domain; undefined where it has none, or where its MX are not used. */
  readonly sts: StsPolicy | undefined;
  readonly requireTls: boolean;
  readonly resolver: DaneResolver;
  /** Monotonic clock. */
  readonly deadlineMs: number;
}

/** DANE before MTA-STS (RFC 8461 §2) before what the weather allows. */
export async function planTls(question: PlanQuestion): Promise<TlsPlan> {
  const plan = await planBySetting(question);
  if (!question.requireTls || plan.kind === "not-here") return plan;
  return withRequireTls(plan, question);
}

async function planBySetting(question: PlanQuestion): Promise<TlsPlan> {
  const { host, setting, sts, domain } = question;
  switch (setting) {
    case "none":
      return { kind: "plan", policy: "none", required: false, tls: undefined };
    case "opportunistic":
      return opportunistic(host);
    case "encrypt":
      return { kind: "plan", policy: "encrypt", required: true, tls: anyCertificate(host) };
    case "verify":
      return { kind: "plan", policy: "verify", required: true, tls: authorities(host, true) };
    case "dane":
      return (
        (await byDane(question)) ??
        notHere("dane", "4.7.5", `${host.name} has no TLSA records, and the settings ask for DANE`, "dane-required", {
          domain: host.name,
          lines: [],
          mx: [],
        })
      );
    case "auto": {
      // RFC 8461 §2: a policy that asks for more does not take DANE's place.
      const dane = await byDane(question);
      if (dane !== undefined) return dane;
      return sts === undefined || sts.mode === "none" ? opportunistic(host) : bySts(host, sts, domain);
    }
  }
}

async function byDane({ host, port, resolver, deadlineMs }: PlanQuestion): Promise<TlsPlan | undefined> {
  const finding = await findDane(host, port, resolver, deadlineMs);
  switch (finding.kind) {
    case "none":
      return undefined;
    case "unavailable":
      return notHere(
        "dane",
        "4.7.5",
        `No answer for the TLSA records of ${host.name} (${finding.cause})`,
        "dnssec-invalid",
        { domain: host.name, lines: [], mx: [] },
      );
    case "unusable": {
      const applied = appliedDane(finding.base, finding.records);
      return { kind: "plan", policy: "dane", required: true, tls: anyCertificate({ name: finding.base }), applied };
    }
    case "records": {
      const { base, records } = finding;
      // RFC 7672 §3.2.2: the name of the records first; the host's own and its domain's stand behind the same signatures.
      const names = [...new Set([base, host.name, ...host.domains])];
      const trust = { kind: "dane", records, names } as const;
      const applied = appliedDane(base, records);
      return { kind: "plan", policy: "dane", required: true, tls: { serverName: base, trust }, applied };
    }
  }
}

function bySts(host: Host, sts: StsPolicy, domain: string): TlsPlan {
  const applied = appliedSts(domain, sts);
  const isAllowed = allowsMx(sts, host.name);
  if (sts.mode !== "enforce") {
    const breach = isAllowed ? {} : { breach: { kind: "validation-failure", code: "MX-NOT-IN-POLICY" } as const };
    const tls = authorities(host, false);
    return { kind: "plan", policy: "mta-sts-testing", required: false, tls, applied, ...breach };
  }
  if (!isAllowed) {
    const text = `The MTA-STS policy does not name ${host.name}`;
    return notHere("mta-sts", "4.7.5", text, "validation-failure", applied);
  }
  return { kind: "plan", policy: "mta-sts", required: true, tls: authorities(host, true), applied };
}

/** RFC 8689 §4.2.1: a certificate that passes, and a host whose name is known from a signed zone or a policy. */
function withRequireTls(plan: TlsPlan & { readonly kind: "plan" }, { host, sts, setting }: PlanQuestion): TlsPlan {
  if (plan.tls?.trust.kind === "dane" || (plan.required && plan.tls?.trust.kind === "authorities")) return plan;
  const isNameKnown = host.nameAuthenticated || (setting === "auto" && sts !== undefined && allowsMx(sts, host.name));
  if (isNameKnown && setting !== "none") {
    return { kind: "plan", policy: "verify", required: true, tls: authorities(host, true) };
  }
  return {
    kind: "not-here",
    policy: plan.policy,
    isFinal: true,
    enhanced: "5.7.30",
    text: `REQUIRETLS: nothing vouches for ${host.name} as a host of the domain`,
    resultType: undefined,
  };
}

function opportunistic(host: Host): TlsPlan {
  return { kind: "plan", policy: "opportunistic", required: false, tls: anyCertificate(host) };
}

function anyCertificate({ name }: Pick<Host, "name">): Pick<OutgoingTls, "serverName" | "trust"> {
  return { serverName: name, trust: { kind: "any" } };
}

function authorities({ name }: Host, mustPass: boolean): Pick<OutgoingTls, "serverName" | "trust" | "mustPass"> {
  return { serverName: name, trust: { kind: "authorities", names: [name] }, mustPass };
}

function notHere(
  policy: PolicyName,
  enhanced: string,
  text: string,
  resultType: "dnssec-invalid" | "dane-required" | "validation-failure",
  applied: AppliedPolicy,
): TlsPlan {
  return { kind: "not-here", policy, isFinal: false, enhanced, text, resultType, applied };
}
