/** What setup puts into the store: the administrator's account, and the keys that sign mail. */
import type { Settings } from "#config/settings.ts";
import { askWhereItBelongs } from "../administer.ts";
import type { DomainKeys } from "../dkim-controls.ts";
import { problemSentence } from "../problem-words.ts";
import { counted } from "../wording.ts";
import type { SetupPlan } from "./plan.ts";
import type { SetupReport } from "./report.ts";

/** The password of an account that was made; undefined: it was there, or is elsewhere. */
export async function placeAccount(
  { admin, domain }: SetupPlan,
  settings: Settings,
  report: SetupReport,
): Promise<string | undefined> {
  const name = "account";
  if (!settings.domains.some((one) => admin.endsWith(`@${one.name}`))) {
    report.add({ kind: "kept", name, says: `no account for ${admin}: it is not an address of ${domain}` });
    return undefined;
  }
  const known = await askWhereItBelongs(settings, "account-show", { address: admin });
  if (known.kind === "answered" && known.outcome.ok) {
    report.add({ kind: "kept", name, says: `the account ${admin}` });
    return undefined;
  }
  const made =
    known.kind === "unanswered" ? known : await askWhereItBelongs(settings, "account-add", { address: admin });
  if (made.kind === "answered" && made.outcome.ok) {
    report.add({ kind: "made", name, says: `the account ${admin}` });
    return made.outcome.value.password;
  }
  const says = made.kind === "unanswered" ? made.message : problemSentence(admin, problemOf(made.outcome));
  report.add({ kind: "fail", name, says, remedy: "Run setup as the user that owns the data, or as root." });
  return undefined;
}

export async function placeKeys(
  { domain }: SetupPlan,
  settings: Settings,
  report: SetupReport,
): Promise<DomainKeys["keys"] | undefined> {
  const name = "dkim";
  const asked = await askWhereItBelongs(settings, "dkim-show", { name: domain });
  if (asked.kind === "answered" && asked.outcome.ok) {
    const { keys } = asked.outcome.value;
    report.add({ kind: "kept", name, says: `${counted(keys.length, "key")} that sign mail, or will do so next` });
    return keys;
  }
  const says = asked.kind === "unanswered" ? asked.message : problemSentence(domain, problemOf(asked.outcome));
  report.add({ kind: "fail", name, says, remedy: "Run setup as the user that owns the data, or as root." });
  return undefined;
}

function problemOf(outcome: { readonly ok: true } | { readonly ok: false; readonly problem: string }): string {
  return outcome.ok ? "" : outcome.problem;
}
