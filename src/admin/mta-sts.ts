import type { MtaStsSettings } from "./web-settings.ts";

/** The policy file of RFC 8461 §3.2, which other servers fetch before they send. */
export function mtaStsPolicy({ mode, maxAgeSeconds, mx }: MtaStsSettings): string {
  const lines = ["version: STSv1", `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), `max_age: ${maxAgeSeconds}`];
  return lines.map((line) => `${line}\r\n`).join("");
}
