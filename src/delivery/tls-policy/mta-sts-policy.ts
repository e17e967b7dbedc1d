/** What a domain publishes about TLS at its hosts: the record and the policy of MTA-STS (RFC 8461 §3). Pure. */
import { failed, ok, type Result } from "#mail/result.ts";
import { MAX_AGE_SECONDS_MAX, MX_PATTERNS_MAX } from "./limits.ts";

export interface StsPolicy {
  readonly mode: "enforce" | "testing" | "none";
  readonly maxAgeSeconds: number;
  /** Host names in lower case; `*.` in front stands for one label. */
  readonly mx: readonly string[];
}

/** The `id` of the TXT record; undefined: there is none, or more than one (RFC 8461 §3.1). */
export function readStsRecord(texts: readonly string[]): string | undefined {
  const records = texts.filter((text) => /^v=STSv1[\t ]*(?:;|$)/.test(text));
  const [, id] = /;[\t ]*id[\t ]*=[\t ]*([A-Za-z0-9]{1,32})[\t ]*(?:;|$)/.exec(records[0] ?? "") ?? [];
  return records.length === 1 ? id : undefined;
}

/** @param text of the policy file. The problem is for people. */
export function readStsPolicy(text: string): Result<StsPolicy, string> {
  const fields = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const [, key, value = ""] = /^[\t ]*([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[\t ]*:[\t ]*(.*?)[\t ]*$/.exec(line) ?? [];
    if (key === undefined) return failed("a line that is no field");
    fields.set(key, [...(fields.get(key) ?? []), value]);
  }
  // RFC 8461 §3.2: of a field that stands twice the first counts; `mx` may stand often.
  const first = (key: string): string => fields.get(key)?.[0] ?? "";
  if (first("version") !== "STSv1") return failed("not version STSv1");
  const mode = first("mode");
  if (mode !== "enforce" && mode !== "testing" && mode !== "none") return failed("no known mode");
  if (!/^[0-9]{1,10}$/.test(first("max_age"))) return failed("no max_age");
  const maxAgeSeconds = Math.min(Number(first("max_age")), MAX_AGE_SECONDS_MAX);
  const mx = (fields.get("mx") ?? []).map((pattern) => pattern.toLowerCase().replace(/\.$/, ""));
  if (mx.length > MX_PATTERNS_MAX) return failed("too many mx");
  if (mode !== "none" && !mx.some(isPattern)) return failed("no mx");
  return ok({ mode, maxAgeSeconds, mx: mx.filter(isPattern) });
}

/** RFC 8461 §4.1: the name itself, or one label in place of the star. */
export function allowsMx({ mx }: StsPolicy, host: string): boolean {
  const name = host.toLowerCase();
  return mx.some((pattern) => {
    if (!pattern.startsWith("*.")) return pattern === name;
    const dot = name.indexOf(".");
    return dot > 0 && name.slice(dot) === pattern.slice(1);
  });
}

function isPattern(pattern: string): boolean {
  return /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(pattern);
}
