/** The header fields in which mail programs and Sieve scripts look for a verdict. Those a sender brings along are taken off. */
import type { Policy } from "#verdict/policy.ts";
import type { Verdict } from "#verdict/verdict.ts";

/** With CRLF. A message for Junk, or worse, says so in the field that filters ask for first. */
export function spamFields({ sum, reasons }: Verdict, isSpam: boolean, { thresholds }: Policy): readonly string[] {
  const tests = reasons.length === 0 ? "none" : reasons.join(",");
  const status = `X-Spam-Status: ${isSpam ? "Yes" : "No"}, score=${sum} required=${thresholds.junk}\r\n\ttests=${tests}\r\n`;
  return isSpam ? ["X-Spam-Flag: YES\r\n", status] : [status];
}
